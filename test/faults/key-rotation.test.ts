import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { importObjects } from '../../server/features/intelligence/import.service.ts';
import { queueMail } from '../../server/features/mail/outbox.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { newApiUser } from '../../server/testing/accounts.ts';
import {
  environmentOf,
  type RunningProcess,
  startCommand,
  startServerProcess,
} from '../../server/testing/processes.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { type Instance, openInstance } from './instance.ts';
import { madeObject, random } from './processes/taxii-client.ts';

const YOUNG = Buffer.alloc(32, 8).toString('base64url');
const MAILS = 1000;
const OBJECTS = 60;

/** A request of an API user, signed with its Secret Key. */
async function whoami(url: string, user: { accessId: string; secretKey?: string }): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', user.secretKey ?? '')
    .update(`/api/v2/whoami:GET:${timestamp}`)
    .digest('base64');
  return await fetch(`${url}/api/v2/whoami`, {
    headers: { Authorization: `TC ${user.accessId}:${signature}`, Timestamp: timestamp },
  });
}

describe.each(ENGINES)('a rotation of the master key on %s', (engine) => {
  let instance: Instance;
  const running: RunningProcess[] = [];
  afterEach(async () => {
    for (const process of running.splice(0)) await process.end();
    await instance?.close();
  });

  /** The keys that the environment of a process holds on PostgreSQL, the newest first; on SQLite they are in the file. */
  const environmentWith = (...masterKeys: string[]): Record<string, string> =>
    engine === 'sqlite'
      ? {}
      : { TAXIWAY_MASTER_KEY: [...masterKeys, environmentOf(instance.app.config).TAXIWAY_MASTER_KEY].join() };

  const taxiway = (args: string[], environment: Record<string, string>) => {
    const process = startCommand(instance.app.config, args, environment);
    running.push(process);
    return process;
  };

  it('item 104: goes on while a client reads page after page, which notices nothing', {
    timeout: 90_000,
  }, async () => {
    instance = await openInstance(engine);
    const { app, owner, authorization } = instance;
    const lines = Array.from({ length: OBJECTS }, (_, number) =>
      JSON.stringify(madeObject(1, number, 0, 20)),
    );
    const source = (async function* () {
      yield Buffer.from(lines.join('\n'));
    })();
    await importObjects(app, app.operator, { owner: owner.name }, source);
    // On PostgreSQL the process knows the new key already, and uses the old one.
    const { TAXIWAY_MASTER_KEY: old } = environmentOf(app.config);
    const environment: Record<string, string> =
      engine === 'sqlite' ? {} : { TAXIWAY_MASTER_KEY: `${old},${YOUNG}` };
    const server = await startServerProcess(app.config, { environment });
    running.push(server);
    const headers = { Accept: 'application/taxii+json;version=2.1', Authorization: authorization };
    const signing = await newApiUser(app, owner);
    let pages = 0;
    let isOver = false;
    const poll = async () => {
      while (!isOver) {
        const seen: string[] = [];
        let next = '';
        do {
          const answer = await fetch(
            `${server.url}/intel/collections/${owner.collectionId}/objects/?limit=7${next}`,
            { headers },
          );
          expect(answer.status).toBe(200);
          const page = (await answer.json()) as { objects: { id: string }[]; next?: string };
          seen.push(...page.objects.map(({ id }) => id));
          next = page.next === undefined ? '' : `&next=${page.next}`;
          pages++;
        } while (next !== '');
        expect(new Set(seen).size).toBe(OBJECTS);
        expect((await whoami(server.url, signing)).status).toBe(200);
      }
    };
    const client = poll();
    for (let count = 0; count < 2; count++) {
      const process = taxiway(['keys', 'rotate'], environmentWith(YOUNG));
      expect([await process.ended, process.stderr()]).toEqual([{ code: 0, signal: null }, '']);
    }
    isOver = true;
    await client;
    expect(pages).toBeGreaterThan(20);
  });

  it('item 104: leaves everything readable when it is killed in the middle, and is done by the next one', {
    timeout: 120_000,
  }, async () => {
    instance = await openInstance(engine);
    const { app } = instance;
    const dice = random(Number(process.env.TAXIWAY_TEST_SEED ?? randomInt(2 ** 31)));
    await setSetting(app, app.operator, { name: 'mailServerHost', value: 'mail.example.org' });
    await setSetting(app, app.operator, { name: 'mailFrom', value: 'taxiway@example.org' });
    await newApiUser(app, instance.owner);
    await inTransaction(app.db, async (tx) => {
      const message = { purpose: 'test', subject: 'A mail', paragraphs: ['It takes its time.'] };
      for (let count = 0; count < MAILS; count++)
        await queueMail(app, tx, { account: null, to: 'jane@example.org', message });
    });
    const keys: string[] = [];
    const rotate = () => {
      keys.unshift(randomBytes(32).toString('base64url'));
      return taxiway(['keys', 'rotate'], environmentWith(...keys));
    };
    // How long a whole one takes tells when to kill.
    const started = performance.now();
    expect((await rotate().ended).code).toBe(0);
    const milliseconds = performance.now() - started;
    let killed = 0;
    for (let round = 0; round < 4; round++) {
      const process = rotate();
      await sleep(milliseconds * (0.4 + dice.below(55) / 100));
      const { signal } = await process.end();
      if (signal === 'SIGKILL') killed++;
      const verified = taxiway(['keys', 'verify', '--json'], environmentWith(...keys));
      await verified.ended;
      expect(JSON.parse(verified.stdout())).toEqual({ secrets: MAILS + 2, closed: [] });
    }
    expect(killed).toBeGreaterThan(0);
    expect((await rotate().ended).code).toBe(0);
    const listed = taxiway(['keys', 'list', '--json'], environmentWith(...keys));
    await listed.ended;
    const [first, ...older] = (JSON.parse(listed.stdout()) as { keys: object[] }).keys;
    expect(first).toMatchObject({ dataKeys: 1, mails: MAILS });
    for (const key of older) expect(key).toMatchObject({ dataKeys: 0, mails: 0 });
  });
});
