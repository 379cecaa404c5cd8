import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ActivityItem, AuditEventShown, AuditVerification } from '../../../contract/audit.ts';
import { parseCsv } from '../../csv.ts';
import { startServer } from '../../serving.ts';
import { auditTrail, newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';

type Page<Item> = { items: Item[]; next: string | null };

describe.each(ENGINES)('the audit trail over REST on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    other = await newOrganization(app);
    server = await startServer(app);
  });
  afterAll(async () => {
    await server?.close(1000);
    await app?.close();
  });

  const as = async (person: Person, of: { id: number } = organization) => {
    const someone = await newPersonWithPassword(app, person, of);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return client;
  };
  const own = () => `/organizations/${organization.id}`;

  it('a server that starts signs how far the trail went', async () => {
    await vi.waitFor(() =>
      expect(app.logged.filter((line) => line.includes('"audit checkpoint"'))).toHaveLength(1),
    );
    const rows = await app.db.read.selectFrom('audit_checkpoints').select('sequence').execute();
    expect(rows.map((row) => row.sequence)).toEqual([1]);
  });

  it('item 119: is listed for an Organization Administrator, page by page and filtered, and no other', async () => {
    const client = await as('Organization Administrator');
    const first = await client.request<Page<AuditEventShown>>('GET', `${own()}/audit?limit=1&outcome=done`);
    expect(first.status).toBe(200);
    expect(first.body.items).toMatchObject([{ organizationId: organization.id, outcome: 'done' }]);
    const created = await client.request<Page<AuditEventShown>>(
      'GET',
      `${own()}/audit?action=organization.create&since=2020-01-01T00:00:00Z`,
    );
    expect(created.body.items).toMatchObject([{ targetName: organization.name, actorAccountId: null }]);
    for (const path of [`/organizations/${other.id}/audit`, '/organizations/4711/audit'])
      expect((await client.request('GET', path)).status).toBe(404);
    expect((await client.request('GET', '/audit')).status).toBe(403);
    expect((await client.request('GET', `${own()}/audit?limit=0`)).status).toBe(400);
    expect((await client.request('GET', `${own()}/audit?whose=mine`)).status).toBe(400);
  });

  it('of the instance is listed for an Administrator, and for an organization of it', async () => {
    const client = await as('Administrator', other);
    const all = await client.request<Page<AuditEventShown>>('GET', '/audit?limit=1000');
    expect(new Set(all.body.items.map((event) => event.organizationId))).toEqual(
      new Set([organization.id, other.id]),
    );
    const one = await client.request<Page<AuditEventShown>>('GET', `/audit?organization=${organization.id}`);
    expect(new Set(one.body.items.map((event) => event.organization))).toEqual(new Set([organization.name]));
    expect((await (await as('Standard User')).request('GET', '/audit')).status).toBe(403);
  });

  it('is exported as a file, and refused with an error that can be read', async () => {
    const client = await as('Organization Administrator');
    const csv = await client.request<string>('GET', `${own()}/audit/export.csv`);
    expect(csv.status).toBe(200);
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe(
      `attachment; filename="audit-${organization.id}.csv"`,
    );
    expect(parseCsv(csv.body).length).toBeGreaterThan(1);
    const jsonl = await client.request<string>('GET', `${own()}/audit/export.jsonl?action=audit.export`);
    expect(jsonl.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const events = jsonl.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { details: unknown });
    expect(events.map((line) => line.details)).toEqual([
      { format: 'csv' },
      { action: 'audit.export', format: 'jsonl' },
    ]);
    const before = await auditTrail(app, other.id);
    for (const path of [
      `/organizations/${other.id}/audit/export.csv`,
      `/organizations/${other.id}/audit/export.jsonl`,
    ])
      expect(await client.request('GET', path)).toMatchObject({
        status: 404,
        body: { error: { code: 'not_found' } },
      });
    // Item 76: the attempt leaves nothing there.
    expect(await auditTrail(app, other.id)).toEqual(before);
    for (const path of ['/audit/export.csv', '/audit/export.jsonl'])
      expect(await client.request('GET', path)).toMatchObject({ status: 403 });
    const administrator = await as('Operations Administrator', other);
    expect((await administrator.request<string>('GET', '/audit/export.csv')).body).toContain(
      organization.name,
    );
  });

  it('is verified for those who may see it', async () => {
    const client = await as('Organization Administrator');
    const body = { organization: organization.id };
    const reply = await client.request<AuditVerification>('POST', '/audit/verification', body);
    expect(reply).toMatchObject({ status: 200, body: { isIntact: true, chains: 1, problems: [] } });
    expect((await client.request('POST', '/audit/verification', { organization: other.id })).status).toBe(
      404,
    );
    expect((await client.request('POST', '/audit/verification', {})).status).toBe(403);
    const administrator = await as('Administrator', other);
    const all = await administrator.request<AuditVerification>('POST', '/audit/verification', {});
    expect(all).toMatchObject({ status: 200, body: { isIntact: true, checkpoints: 1 } });
  });

  it('shows its activity to every member of the organization, and to nobody of another', async () => {
    const member = await as('Read Only User');
    const reply = await member.request<Page<ActivityItem>>('GET', `${own()}/activity?limit=2`);
    expect(reply.status).toBe(200);
    expect(Object.keys(reply.body.items[0] ?? {})).not.toContain('details');
    expect((await (await as('Standard User', other)).request('GET', `${own()}/activity`)).status).toBe(404);
  });

  it('tells a stranger nothing', async () => {
    for (const path of ['/audit', `${own()}/audit`, `${own()}/activity`, '/audit/export.csv'])
      expect((await restClient(server.url).request('GET', path)).status).toBe(401);
  });
});
