import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountDetails, AccountItem } from '../../../contract/accounts.ts';
import type { AuditEventShown } from '../../../contract/audit.ts';
import type { OrganizationView } from '../../../contract/organizations.ts';
import type { MemberAccountView, OwnerView } from '../../../contract/owners.ts';
import type { CollectionUsage, OrganizationUsage } from '../../../contract/usage.ts';
import { openApp } from '../../app.ts';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { operator, testConfig } from '../../testing/test-app.ts';
import { createDemoClock } from './clock.ts';
import { FIRST_DAY, type Populated, populate } from './populate.ts';

type Page<Item> = { items: Item[]; next: string | null };

describe('the instance of the demo', () => {
  let app: Awaited<ReturnType<typeof openApp>>;
  let removeData: () => Promise<void>;
  let server: RunningServer;
  let demo: Populated;
  let administrator: RestClient;
  let accounts: AccountItem[];
  let organizations: OrganizationView[];
  const get = async <Body>(path: string, as = administrator) => (await as.request<Body>('GET', path)).body;
  const signedIn = async (role: string) => {
    const client = restClient(server.url);
    const { email = '', password = '' } = demo.signIns.find((each) => each.role === role) ?? {};
    await client.signIn(email, password);
    return client;
  };

  beforeAll(async () => {
    const { config, remove } = await testConfig('sqlite');
    removeData = remove;
    const clock = createDemoClock();
    clock.goTo(FIRST_DAY);
    app = await openApp({ ...config, logLevel: 'warn' }, { replace: { clock } });
    demo = await populate(app, clock, operator(), { samples: true, isStopped: () => false });
    server = await startServer(app);
    administrator = await signedIn('Administrator');
    accounts = (await get<Page<AccountItem>>('/accounts?limit=1000')).items;
    organizations = (await get<Page<OrganizationView>>('/organizations?limit=1000')).items;
  }, 60_000);
  afterAll(async () => {
    await server?.close(1000);
    await app?.close();
    await removeData?.();
  });

  it('shows accounts of every kind and state', async () => {
    const kinds = new Set(accounts.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['user', 'read_only', 'api', 'taxii']));
    const home = accounts.filter(({ organization }) => organization.name === 'Tarnholm Line');
    expect(home.filter(({ kind }) => kind === 'user' || kind === 'read_only').length).toBeGreaterThan(55);
    const states = new Set(home.map(({ status }) => `${status.state} ${status.lockedBy ?? ''}`.trim()));
    expect(states).toEqual(
      new Set(['active', 'disabled', 'expired', 'locked administrator', 'locked system']),
    );
    const now = Date.now();
    const day = 86_400_000;
    const since = (instant: string | null) => (now - Date.parse(instant ?? '')) / day;
    const found = {
      invited: home.filter(({ pendingLink }) => pendingLink?.purpose === 'invitation').length,
      secondFactor: home.filter(({ authenticator }) => authenticator !== null).length,
      factorDemanded: home.filter(({ mfaResetRequired }) => mfaResetRequired).length,
      termsDemanded: home.filter((each) => each.termsOfServiceAcceptanceRequired).length,
      neverUsed: home.filter(({ lastUsedAt }) => lastUsedAt === null).length,
      unused: home.filter(({ lastUsedAt }) => since(lastUsedAt) > 90).length,
      usedLately: home.filter(({ lastUsedAt }) => since(lastUsedAt) < 30).length,
      expiresSoon: home.filter(({ expiresAt }) => since(expiresAt) < 0 && since(expiresAt) > -14).length,
      credentialExpiresSoon: home.filter(({ credentialExpiresAt: end }) => since(end) < 0 && since(end) > -14)
        .length,
    };
    expect(Object.entries(found).filter(([, count]) => count === 0)).toEqual([]);
  });

  it('shows API users with a token, bound credentials, narrowed TAXII users, groups and their members', async () => {
    const of = async (kind: AccountItem['kind']) =>
      await Promise.all(
        accounts.filter((each) => each.kind === kind).map(({ id }) => get<AccountDetails>(`/accounts/${id}`)),
      );
    const tokens = (await of('api')).flatMap(({ credentials }) => credentials);
    expect(new Set(tokens.map(({ kind }) => kind))).toEqual(new Set(['secret_key', 'api_token']));
    expect(tokens.some(({ lastUsedAt }) => lastUsedAt !== null)).toBe(true);
    const machines = await of('taxii');
    expect(machines.filter(({ onlyOwners }) => onlyOwners !== null).length).toBeGreaterThan(1);
    const keys = machines.flatMap(({ credentials }) => credentials);
    expect(keys.some((key) => key.allowedNetworks !== null && key.readOnly)).toBe(true);
    const home = organizations.find(({ name }) => name === 'Tarnholm Line');
    const groups = await get<Page<unknown>>(`/organizations/${home?.id}/groups`);
    expect(groups.items.length).toBeGreaterThan(3);
  });

  it('shows organizations that are disabled, over a limit and nearly full, and members in several Community roles', async () => {
    expect(organizations.length).toBeGreaterThan(5);
    expect(organizations.filter(({ disabled }) => disabled)).toHaveLength(1);
    expect(organizations.filter(({ overUse }) => (overUse?.users ?? 0) > 0)).toHaveLength(1);
    const isNearlyFull = ({ limits, used }: OrganizationView) =>
      limits !== null && used !== null && limits.users - used.users === 1;
    expect(organizations.filter(isNearlyFull)).toHaveLength(1);
    const roles = new Set<string>();
    const anonymous: boolean[] = [];
    for (const path of ['/communities', '/sources']) {
      for (const owner of (await get<Page<OwnerView>>(path)).items) {
        anonymous.push(owner.anonymous);
        const members = await get<Page<MemberAccountView>>(`${path}/${owner.id}/accounts?limit=1000`);
        for (const { role } of members.items) roles.add(role);
      }
    }
    expect(anonymous).toEqual([true, false]);
    expect(roles).toEqual(
      new Set(['Banned', 'Subscriber', 'User', 'Commenter', 'Contributor', 'Editor', 'Director']),
    );
  });

  it('shows polls and additions of every one of the last thirty days, from several TAXII users', async () => {
    const organization = await signedIn('Organization Administrator');
    const home = organizations.find(({ name }) => name === 'Tarnholm Line');
    const usage = await get<OrganizationUsage>(`/organizations/${home?.id}/usage`, organization);
    expect(usage.series.polls.slice(0, -1).every((polls) => polls > 10)).toBe(true);
    expect(usage.taxiiUsers.filter(({ total }) => total.objectsServed > 0).length).toBeGreaterThan(4);
    for (const { collectionId } of demo.owners) {
      const { series, readers } = await get<CollectionUsage>(`/collections/${collectionId}/usage`);
      expect(series.objectsAdded.filter((added) => added > 0).length).toBeGreaterThan(6);
      expect(readers.length).toBeGreaterThan(3);
    }
  });

  it('shows an audit trail of months, in the order of time, that verifies', async () => {
    const { items } = await get<Page<AuditEventShown>>('/audit?limit=1000');
    const times = items.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set(items.map(({ action }) => action)).size).toBeGreaterThan(10);
    const oldest = await get<Page<AuditEventShown>>(
      `/audit?limit=1&until=${new Date(Date.now() - 200 * 86_400_000).toISOString()}`,
    );
    expect(oldest.items).toHaveLength(1);
    const verified = await administrator.request('POST', '/audit/verification', {});
    expect(verified).toMatchObject({ status: 200, body: { isIntact: true } });
  });
});
