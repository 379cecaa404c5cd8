import { createAccess } from '../server/access/access.ts';
import { openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { createApiUser } from '../server/features/account-creation/api-users.service.ts';
import { createOrganization } from '../server/features/owners/owners.service.ts';
import { signedOnce, signedWithBody } from '../server/testing/api-client.ts';
import { startTaxiway } from './children.ts';
import { openConnection } from './http-client.ts';
import { count, median } from './report.ts';
import { type Bench, inTurns, medianRatio, type Prepared } from './rows-common.ts';

const TARGET = '/api/v2/whoami';
const CONNECTIONS = 8;

/** What it costs that an API user says with each request who it is: requests per second, beside a request that nobody signs. */
export async function apiRequests(bench: Bench, { small }: Prepared): Promise<void> {
  const user = await newUser(small.settings);
  const server = await startTaxiway(small.settings, small.logFile);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => await openConnection(server.port)),
  );
  try {
    const ms = bench.quick ? 700 : 2000;
    const perSecond = async (target: string, headers: () => Record<string, string>): Promise<number> => {
      const begun = performance.now();
      let done = 0;
      await Promise.all(
        connections.map(async (connection) => {
          while (performance.now() - begun < ms) {
            const lines = Object.entries(headers()).map(([name, value]) => `${name}: ${value}\r\n`);
            const { status } = await connection.send(
              `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`,
            );
            if (status !== 200) throw new Error(`a request was answered with ${status}`);
            done++;
          }
        }),
      );
      return done / ((performance.now() - begun) / 1000);
    };
    const ways: [string, () => Record<string, string>][] = [
      ['signed under the first version', () => signedOnce(user, 'GET', TARGET)],
      ['signed under the second version, each nonce stored', () => signedWithBody(user, 'GET', TARGET)],
      ['with a token', () => ({ Authorization: `TC-Token ${user.token}` })],
    ];
    const [unsigned = [], ...rates] = await inTurns(bench.quick ? 3 : 9, [
      async () => await perSecond('/healthz', () => ({})),
      ...ways.map(
        ([, headers]) =>
          async () =>
            await perSecond(TARGET, headers),
      ),
    ]);
    for (const [index, [what]] of ways.entries()) {
      const measured = rates[index] ?? [];
      bench.report({
        what: `requests of an API user per second, ${what}, against /healthz, which nobody signs`,
        taxiway: `${count(median(measured))} requests/s`,
        beside: `${count(median(unsigned))} requests/s`,
        ratio: medianRatio(measured, unsigned),
      });
    }
  } finally {
    for (const connection of connections) connection.close();
    await server.stop();
  }
}

async function newUser(settings: Prepared['small']['settings']) {
  const app = await openApp(readConfig(settings));
  const operator = { access: createAccess({ kind: 'operator', name: 'bench' }) };
  try {
    const organization = await createOrganization(app, operator, {
      name: 'Bench API',
      limits: { apiUsers: 10 },
    });
    return await createApiUser(app, operator, {
      organization: organization.id,
      firstName: 'Bench',
      lastName: 'Script',
      organizationRole: 'Standard User',
      tokenExpirationDays: 2,
    });
  } finally {
    await app.close();
  }
}
