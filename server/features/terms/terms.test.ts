import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OwnTerms, TermsAcceptance } from '../../../contract/terms.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { auditTrail, newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { getAccount } from '../accounts/listing.service.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { publishTerms } from './terms.service.ts';

const SWITCH = 'termsOfServiceRequireNewUserToAccept';

describe.each(ENGINES)('the terms of service on %s', (engine) => {
  let app: TestApp;
  let second: Awaited<ReturnType<TestApp['reopen']>>;
  let servers: Awaited<ReturnType<typeof startServer>>[] = [];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
    servers = [await startServer(app), await startServer(second)];
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await second?.close();
    await app?.close();
  });

  async function signedIn(person: Person = 'Standard User', changes?: object, process = 0) {
    const someone = await newPersonWithPassword(app, person, organization);
    if (changes !== undefined)
      await inTransaction(app.db, (tx) =>
        tx.updateTable('accounts').set(changes).where('id', '=', someone.accountId).execute(),
      );
    const browser = restClient(servers[process]?.url ?? '');
    await browser.signIn(someone.userName, someone.password);
    return { ...someone, browser };
  }
  const own = async (browser: RestClient) =>
    (await browser.request<OwnTerms>('GET', '/terms-of-service')).body;
  const accept = (browser: RestClient, version: number) =>
    browser.request('POST', '/session/terms-of-service', { version });
  const required = async (browser: RestClient) =>
    (await browser.request<{ requiredActions: string[] }>('GET', '/session')).body.requiredActions;
  const publish = (text: string, mustBeAccepted = false) =>
    publishTerms(app, app.operator, { text, mustBeAccepted });

  it('are none at first: nobody is asked for them, and nobody accepts them', async () => {
    const { browser } = await signedIn('Standard User', { terms_acceptance_required: 1 });
    expect(await own(browser)).toEqual({ current: null, accepted: null, mustAccept: false });
    expect(await required(browser)).toEqual([]);
    expect((await accept(browser, 1)).status).toBe(409);
    const administrator = await signedIn('Administrator');
    expect((await administrator.browser.request('GET', '/terms-of-service/versions/1')).status).toBe(404);
  });

  it('are published in versions, by an Administrator, and each is told in the audit trail', async () => {
    const { browser, userName } = await signedIn('Administrator');
    const first = await browser.request('POST', '/terms-of-service', {
      text: '# Terms\n\nBe kind. 🕊\n',
      version: 0,
    });
    expect(first).toMatchObject({
      status: 201,
      body: { version: 1, publishedBy: userName, mustBeAccepted: false },
    });
    expect(
      (await browser.request('POST', '/terms-of-service', { text: 'Other.', version: 0 })).body,
    ).toMatchObject({
      error: { code: 'stale', version: 1 },
    });
    expect((await browser.request('GET', '/terms-of-service/versions/1')).body).toMatchObject({
      version: 1,
      text: '# Terms\n\nBe kind. 🕊\n',
    });
    const [event] = (await auditTrail(app)).filter(({ action }) => action === 'terms.publish');
    expect(event).toMatchObject({ target_kind: 'terms_of_service', target_id: '1', actor_name: userName });
    await publish('Be kinder.');
    await publish('Be kindest.');
    const page = (
      await browser.request<{ items: object[]; next: string }>('GET', '/terms-of-service/versions?limit=2')
    ).body;
    expect(page.items).toMatchObject([{ version: 3 }, { version: 2 }]);
    const rest = await browser.request('GET', `/terms-of-service/versions?limit=2&after=${page.next}`);
    expect(rest.body).toMatchObject({ items: [{ version: 1 }], next: null });
  });

  it.each([
    ['empty', ' \n', 'must not be empty'],
    ['longer than 100 kB', 'ä'.repeat(50_001), 'must have at most 100 kB'],
    ['with control characters', 'a\u0007b', 'must not contain control characters'],
  ])('are refused when they are %s', async (_, text, message) => {
    const { browser } = await signedIn('Administrator');
    expect((await browser.request('POST', '/terms-of-service', { text })).body).toMatchObject({
      error: { code: 'invalid_input', problems: [{ path: 'text', message }] },
    });
  });

  it.each([
    'Operations Administrator',
    'Accounts Administrator',
    'Organization Administrator',
    'Standard User',
  ] as const)('are not published by a %s', async (person) => {
    const { browser } = await signedIn(person);
    expect((await browser.request('POST', '/terms-of-service', { text: 'Mine.' })).status).toBe(403);
    const status = person === 'Operations Administrator' ? 200 : 403;
    for (const path of ['versions', 'versions/1', 'acceptances'])
      expect((await browser.request('GET', `/terms-of-service/${path}`)).status).toBe(status);
  });

  it('can be demanded of everybody only while new users must accept them', async () => {
    const { browser } = await signedIn('Administrator');
    const refused = await browser.request('POST', '/terms-of-service', {
      text: 'All.',
      mustBeAccepted: true,
    });
    expect(refused.body).toMatchObject({
      error: { problems: [{ path: 'mustBeAccepted', message: expect.stringContaining(SWITCH) }] },
    });
  });

  it('must be accepted by whoever is asked to, before the session reaches anything else', async () => {
    const { version } = await publish('To be accepted by new users.');
    const { browser, accountId, userName } = await signedIn('Administrator', {
      terms_acceptance_required: 1,
    });
    expect(await required(browser)).toEqual(['accept_terms']);
    expect((await browser.request('GET', '/settings')).body).toMatchObject({
      error: { code: 'action_required' },
    });
    expect(await own(browser)).toMatchObject({
      current: { version, text: 'To be accepted by new users.' },
      accepted: null,
      mustAccept: true,
    });
    const before = browser.cookie;
    expect(await accept(browser, version)).toMatchObject({ status: 200, body: { requiredActions: [] } });
    expect(browser.cookie).not.toBe(before);
    expect((await browser.request('GET', '/settings')).status).toBe(200);
    expect(await own(browser)).toMatchObject({ accepted: { version }, mustAccept: false });
    expect(await getAccount(app, app.operator, { account: accountId })).toMatchObject({
      termsAcceptedVersion: version,
      termsAcceptedAt: expect.any(String),
      termsOfServiceAcceptanceRequired: false,
    });
    const list = await browser.request<{ items: TermsAcceptance[] }>(
      'GET',
      `/terms-of-service/acceptances?account=${accountId}`,
    );
    expect(list.body.items).toEqual([
      {
        account: { id: accountId, userName, organization: organization.name },
        version,
        acceptedAt: expect.any(String),
        address: '127.0.0.1',
      },
    ]);
  });

  it('are accepted once however often that is said, and told in the audit trail once', async () => {
    const { version } = await publish('Once.');
    const { browser, accountId } = await signedIn();
    for (let time = 0; time < 3; time++) expect((await accept(browser, version)).status).toBe(200);
    const events = (await auditTrail(app, organization.id)).filter(
      ({ action, actor_account_id: id }) => action === 'terms.accept' && id === accountId,
    );
    expect(events).toMatchObject([{ outcome: 'done', details: { version } }]);
  });

  it('are accepted as they were shown, and not where another version counts meanwhile', async () => {
    const { version } = await publish('Shown.');
    const { browser } = await signedIn('Standard User', { terms_acceptance_required: 1 });
    await publish('Published while it was read.');
    expect((await accept(browser, version)).body).toMatchObject({ error: { code: 'stale' } });
    expect(await required(browser)).toEqual(['accept_terms']);
    expect((await accept(browser, version + 1)).status).toBe(200);
    expect((await accept(browser, version)).status).toBe(409);
  });

  it('are demanded of everybody by a version that must be accepted, at the next request, until that is done', async () => {
    const { version } = await publish('Voluntary.');
    const { browser } = await signedIn();
    await accept(browser, version);
    await setSetting(app, app.operator, { name: SWITCH, value: true });
    await publish('Everybody.', true);
    await resetSetting(app, app.operator, { name: SWITCH });
    expect(await required(browser)).toEqual(['accept_terms']);
    await publish('A later one, voluntary.');
    expect(await required(browser)).toEqual(['accept_terms']);
    expect((await accept(browser, version + 2)).body).toMatchObject({ requiredActions: [] });
    await publish('Another voluntary one.');
    expect(await required(browser)).toEqual([]);
  });

  it('accepted in two processes at once are accepted once; published in two at once they have two numbers', async () => {
    const latest = (await publish('Twice.')).version;
    const { userName, password, accountId } = await newPersonWithPassword(app, 'Standard User', organization);
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set({ terms_accepted_version: latest - 1 })
        .where('id', '=', accountId)
        .execute(),
    );
    const browsers = servers.map((server) => restClient(server.url));
    for (const browser of browsers) await browser.signIn(userName, password);
    const replies = await Promise.all(browsers.map((browser) => accept(browser, latest)));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
    const rows = app.db.read.selectFrom('terms_acceptances').selectAll().where('account_id', '=', accountId);
    expect(await rows.execute()).toHaveLength(1);
    const published = await Promise.all(
      [app, second].map((each) => publishTerms(each, app.operator, { text: 'At once.' })),
    );
    expect(published.map(({ version }) => version).sort((a, b) => a - b)).toEqual([latest + 1, latest + 2]);
  });

  it('are listed with who accepted them, page by page, the latest first', async () => {
    const { version } = await publish('Listed.');
    const names: string[] = [];
    for (let count = 0; count < 5; count++) {
      const { browser, userName } = await signedIn();
      expect((await accept(browser, version)).status).toBe(200);
      names.unshift(userName);
    }
    const { browser } = await signedIn('Operations Administrator');
    await accept(browser, version);
    const found: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const path: string = `/terms-of-service/acceptances?version=${version}&limit=2${after === '' ? '' : `&after=${after}`}`;
      const { body }: { body: { items: TermsAcceptance[]; next: string | null } } = await browser.request(
        'GET',
        path,
      );
      expect(body.items.length).toBeLessThanOrEqual(2);
      found.push(...body.items.map(({ account }) => account.userName));
      after = body.next;
    }
    expect(found.slice(1)).toEqual(names);
  });

  it('item 128: are listed after nothing but the end of a page, also where it was made by hand', async () => {
    const { version } = await publish('Paged.');
    const { browser } = await signedIn('Operations Administrator');
    await accept(browser, version);
    const made = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const whole = Number.MAX_SAFE_INTEGER;
    for (const [list, right, wrong] of [
      ['versions', whole, [0.5, 1e300, '1', null, [1]]],
      [
        'acceptances',
        [whole, whole, whole],
        [[0.5, 1, 1], [1, 0.5, 1], [1, 1, 0.5], [1e300, 1, 1], [1, 1], ['1', 1, 1], {}],
      ],
    ] as const) {
      const path = `/terms-of-service/${list}?after=`;
      expect((await browser.request('GET', `${path}${made(right)}`)).status, list).toBe(200);
      for (const parts of wrong) {
        const { status, body } = await browser.request('GET', `${path}${made(parts)}`);
        expect([status, JSON.stringify(body)], `${list} ${JSON.stringify(parts)}`).toEqual([
          400,
          expect.stringContaining('must be the \\"next\\" of a page of this list'),
        ]);
      }
    }
  });

  it('are not shown to whoever is not signed in', async () => {
    const stranger = restClient(servers[0]?.url ?? '');
    expect((await stranger.request('GET', '/terms-of-service')).status).toBe(401);
    expect((await accept(stranger, 1)).status).toBe(401);
  });
});
