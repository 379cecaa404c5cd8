import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailItem, MailTest } from '../../../contract/mail.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import {
  auditTrail,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
} from '../../testing/builders.ts';
import { startMailServer, type TestMailServer, useMailServer } from '../../testing/mail-server.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { resetSetting } from '../settings/settings.service.ts';
import { queueMail } from './outbox.ts';

type List = { items: MailItem[]; next: string | null };

describe.each(ENGINES)('mail over REST on %s', (engine) => {
  let app: TestApp;
  let mails: TestMailServer;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: RestClient;
  const signedIn = async (person: Person) => {
    const someone = await newPersonWithPassword(app, person, organization);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return client;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    mails = await startMailServer();
    server = await startServer(app);
    organization = await newOrganization(app);
    administrator = await signedIn('Administrator');
  });
  afterAll(async () => {
    await server.close(1000);
    await mails.close();
    await app.close();
  });
  const queue = async (to: string) => {
    const { accountId } = await newPerson(app, 'Standard User', organization);
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: { id: accountId, organization_id: organization.id },
        to,
        message: { purpose: 'test', subject: 'canary subject', paragraphs: ['canary text'] },
      }),
    );
  };
  const list = async (query = '') => (await administrator.request<List>('GET', `/mail${query}`)).body;

  it('a test is refused while no mail server is configured', async () => {
    const reply = await administrator.request('POST', '/mail/test', { to: 'ana@example.org' });
    expect(reply).toMatchObject({
      status: 409,
      body: { error: { message: 'Mail is not configured: set mailServerHost and mailFrom first.' } },
    });
  });

  it('a test is sent at once, tells what the server answered, and leaves an event', async () => {
    await useMailServer(app, mails);
    const taken = await administrator.request<MailTest>('POST', '/mail/test', { to: 'ana@example.org' });
    expect(taken).toMatchObject({ status: 200, body: { sent: true } });
    expect(taken.body.answer).toMatch(/^The mail server took it: 250/);
    expect(mails.received).toMatchObject([{ to: ['ana@example.org'] }]);
    mails.behave = { refuseRecipient: '550 no such mailbox' };
    const refused = await administrator.request('POST', '/mail/test', { to: 'ben@example.org' });
    mails.behave = {};
    expect(refused).toMatchObject({
      status: 200,
      body: { sent: false, answer: 'The mail server refused the recipient: 550 no such mailbox' },
    });
    const events = (await auditTrail(app)).filter(({ action }) => action === 'mail.test');
    expect(events.filter(({ outcome }) => outcome === 'done').map(({ target_name }) => target_name)).toEqual([
      'ana@example.org',
      'ben@example.org',
    ]);
  });

  it('item 45: a test goes to one address, and to nothing that is more than that', async () => {
    for (const to of [
      'ana@example.org, ben@example.org',
      'ana@example.org\r\nBcc: ben@example.org',
      'Ana <ana@example.org>',
      '',
    ])
      expect((await administrator.request('POST', '/mail/test', { to })).status, to).toBe(400);
  });

  it('a running server sends what is queued, lists what became of it without what it says, and sends again what was given up', async () => {
    await queue('first@example.org');
    await expect.poll(async () => (await list('?state=sent')).items.length, { timeout: 10_000 }).toBe(1);
    mails.behave = { refuseRecipient: '550 no such mailbox' };
    await queue('second@example.org');
    await expect.poll(async () => (await list('?state=failed')).items.length, { timeout: 10_000 }).toBe(1);
    mails.behave = {};
    await resetSetting(app, app.operator, { name: 'mailServerHost' });
    const { items } = await list();
    expect(items).toMatchObject([
      {
        state: 'failed',
        purpose: 'test',
        recipient: 'second@example.org',
        organizationId: organization.id,
        attempts: 1,
        nextAttemptAt: null,
        sentAt: null,
        error: 'The mail server refused the recipient: 550 no such mailbox',
      },
      { state: 'sent', recipient: 'first@example.org', failedAt: null, error: null },
    ]);
    expect(JSON.stringify(items)).not.toContain('canary');
    const [failed, sent] = items;
    const first = await list('?limit=1');
    expect(first.items).toEqual([failed]);
    expect(await list(`?limit=1&after=${first.next}`)).toEqual({ items: [sent], next: null });
    const retried = await administrator.request('POST', `/mail/${failed?.id}/retry`);
    expect(retried).toMatchObject({ status: 200, body: { state: 'waiting', failedAt: null } });
    expect((await list('?state=waiting')).items).toEqual([retried.body]);
    expect((await administrator.request('POST', `/mail/${sent?.id}/retry`)).status).toBe(409);
    expect((await administrator.request('POST', '/mail/999999/retry')).status).toBe(404);
    await useMailServer(app, mails);
    await expect.poll(async () => (await list('?state=sent')).items.length, { timeout: 10_000 }).toBe(2);
  });

  it('the outbox is seen by the Operations Administrator, who neither tests nor retries, and by nobody below', async () => {
    const operations = await signedIn('Operations Administrator');
    const ordinary = await signedIn('Organization Administrator');
    const { id } = (await list()).items[0] ?? { id: 0 };
    expect((await operations.request('GET', '/mail')).status).toBe(200);
    expect((await ordinary.request('GET', '/mail')).status).toBe(403);
    for (const client of [operations, ordinary]) {
      expect((await client.request('POST', '/mail/test', { to: 'ana@example.org' })).status).toBe(403);
      expect((await client.request('POST', `/mail/${id}/retry`)).status).toBe(403);
    }
    const nobody = restClient(server.url);
    expect((await nobody.request('GET', '/mail')).status).toBe(401);
  });
});
