import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { fresh } from '../../testing/accounts.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { csvOf } from '../../testing/bulk.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';

describe.each(ENGINES)('importing and exporting accounts over REST on %s', (engine) => {
  let app: TestApp;
  let server: RunningServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let rest: RestClient;
  let member: RestClient;
  const signedIn = async (person: Parameters<typeof newPersonWithPassword>[1]): Promise<RestClient> => {
    const { userName, password } = await newPersonWithPassword(app, person, organization);
    const client = restClient(server.url);
    await client.signIn(userName, password);
    return client;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 20, taxiiUsers: 20 });
    server = await startServer(app);
    rest = await signedIn('Organization Administrator');
    member = await signedIn('Standard User');
  });
  afterAll(async () => {
    await server?.close(500);
    await app?.close();
  });

  const accounts = (id = organization.id) => `/organizations/${id}/accounts`;
  const siem = () => ({ kind: 'taxii', userName: fresh('siem') });

  it('an Organization Administrator tries a file, imports it, and takes it out again', async () => {
    const csv = csvOf([siem(), siem()]);
    const tried = await rest.request('POST', `${accounts()}/import`, { csv, dryRun: true });
    expect(tried).toMatchObject({ status: 200, body: { dryRun: true, counts: { create: 2 } } });
    expect(JSON.stringify(tried.body)).not.toContain('password');
    const done = await rest.request('POST', `${accounts()}/import`, { csv });
    expect(done).toMatchObject({ status: 200, body: { dryRun: false, counts: { create: 2 } } });
    expect(done.headers.get('cache-control')).toBe('no-store');
    const file = await rest.request<string>('GET', `${accounts()}/export.csv?kind=taxii`);
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(file.headers.get('content-disposition')).toBe(
      `attachment; filename="accounts-${organization.id}.csv"`,
    );
    const again = await rest.request('POST', `${accounts()}/import`, { csv: file.body });
    expect(again.body).toMatchObject({ counts: { create: 0, unchanged: 2, error: 0 } });
    const json = await rest.request<unknown[]>('GET', `${accounts()}/export.json?kind=taxii`);
    expect(json.body).toHaveLength(2);
    expect(json.headers.get('content-disposition')).toContain('.json');
  });

  it('is told of every wrong row at once, and nothing is changed', async () => {
    const good = siem();
    const csv = csvOf([good, { ...siem(), disabled: 'perhaps' }, { kind: 'king', userName: 'x' }]);
    const refused = await rest.request('POST', `${accounts()}/import`, { csv });
    expect(refused.status).toBe(422);
    const { report, code } = refused.body.error as { code: string; report: { rows: { outcome: string }[] } };
    expect(code).toBe('unprocessable');
    expect(report.rows.map(({ outcome }) => outcome)).toEqual(['create', 'error', 'error']);
    const list = await rest.request<{ items: unknown[] }>('GET', `${accounts()}?search=${good.userName}`);
    expect(list.body.items).toEqual([]);
  });

  it('takes files larger than other requests may be', async () => {
    const csv = `kind,userName\r\n${'\r\n'.repeat(1_500_000)}`;
    expect((await rest.request('POST', `${accounts()}/import`, { csv, dryRun: true })).status).toBe(200);
  });

  it('refuses a body of very many members in a few words, whoever sends it', async () => {
    const members = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`field${i}`, 0]));
    for (const [client, count, problem] of [
      [member, 100_000, 'The body has more than 50000 members and elements.'],
      [member, 20_000, 'field0: is unknown here; field1: is unknown here'],
    ] as const) {
      const reply = await client.request('POST', `${accounts()}/import`, members(count));
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_input' } } });
      expect(reply.body.error).toHaveProperty('message', expect.stringContaining(problem));
      expect(JSON.stringify(reply.body).length).toBeLessThan(20_000);
    }
  });

  it('answers 403 to a Standard User, and 404 about an organization that is not theirs', async () => {
    const other = await newOrganization(app);
    const body = { csv: csvOf([siem()]) };
    for (const [client, id, status] of [
      [member, organization.id, 403],
      [member, other.id, 404],
      [rest, other.id, 404],
      [restClient(server.url), organization.id, 401],
    ] as const) {
      expect((await client.request('POST', `${accounts(id)}/import`, body)).status).toBe(status);
      expect((await client.request('POST', `${accounts(id)}/import`, { ...body, dryRun: true })).status).toBe(
        status,
      );
      expect((await client.request('GET', `${accounts(id)}/export.csv`)).status).toBe(status);
      expect((await client.request('GET', `${accounts(id)}/export.json`)).status).toBe(status);
    }
  });
});
