import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountRights, PlaceKind } from '../../../contract/rights.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { newApiUser } from '../../testing/accounts.ts';
import {
  giveCommunityRole,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  refusalOf,
} from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { updateAccount } from '../accounts/accounts.store.ts';
import { getAccount } from '../accounts/listing.service.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { createTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { explainAccount } from './rights.service.ts';

describe.each(ENGINES)('the rights of an account on %s', (engine) => {
  let app: TestApp;
  let home: Awaited<ReturnType<typeof newOrganization>>;
  let root: Caller;
  beforeAll(async () => {
    app = await openTestApp(engine);
    home = await newOrganization(app);
    root = await newPerson(app, 'Administrator', home);
  });
  afterAll(async () => app.close());

  const right = (rights: AccountRights, kind: PlaceKind, permission: string, owner?: { id: number }) =>
    rights.places
      .find((place) => place.kind === kind && (owner === undefined || place.owner?.id === owner.id))
      ?.rights.find((each) => each.permission === permission);
  const change = async (id: number, changes: Parameters<typeof updateAccount>[2]) =>
    await inTransaction(app.db, (tx) => updateAccount(tx, id, changes));
  let number = 0;
  const sharedWith = async (organization: { id: number }, defaultRole: 'User' | 'Editor' | 'Banned') => {
    const owner = await createOwner(app, app.operator, { kind: 'community', name: `Circle ${++number}` });
    await addMember(app, app.operator, { owner: owner.id, organization: organization.id, defaultRole });
    return owner;
  };

  it('are told with every place, and where each role comes from', async () => {
    const owner = await sharedWith(home, 'Editor');
    const person = await newPerson(app, 'Standard User', home);
    const group = await createUserGroup(app, app.operator, {
      organization: home.id,
      name: 'Night shift',
      members: [person.accountId],
    });
    const rights = await explainAccount(app, root, person.accountId);
    expect(rights).toMatchObject({
      account: { id: person.accountId, kind: 'user', organization: { id: home.id, name: home.name } },
      systemRole: 'User',
      organizationRole: 'Standard User',
      withheld: null,
      groups: [{ id: group.id, name: 'Night shift' }],
      groupsNote: 'User groups give no rights: they name accounts together.',
      machine: null,
      more: false,
    });
    expect(rights.places.map(({ kind }) => kind)).toEqual([
      'instance',
      'account',
      'organization',
      'community',
      'other_organizations',
      'other_owners',
    ]);
    expect(right(rights, 'community', 'intelligence.delete', owner)).toMatchObject({
      granted: true,
      through: [
        {
          kind: 'community_role',
          name: 'Editor',
          from: 'the Community role Editor, by the default role of their organization there',
        },
      ],
    });
    await giveCommunityRole(app, person, owner, 'Commenter');
    const now = await explainAccount(app, root, person.userName, { permission: 'intelligence.delete' });
    expect(right(now, 'community', 'intelligence.delete', owner)).toMatchObject({
      granted: false,
      through: [],
    });
    expect(now.places.flatMap((place) => place.rights.map(({ permission }) => permission))).toEqual([
      'intelligence.delete',
      'intelligence.delete',
      'intelligence.delete',
      'intelligence.delete',
    ]);
  });

  it('are told to those who see the account: itself, and administrators of its organization', async () => {
    const person = await newPerson(app, 'Standard User', home);
    const other = await newPerson(app, 'Standard User', home);
    const foreign = await newOrganization(app);
    expect(await explainAccount(app, person, person.accountId)).toMatchObject({ systemRole: 'User' });
    expect(await explainAccount(app, home.administrator, person.accountId)).toMatchObject({
      systemRole: null,
    });
    for (const asker of [other, foreign.administrator])
      expect((await refusalOf(explainAccount(app, asker, person.accountId))).code).toBe('not_found');
    expect((await refusalOf(explainAccount(app, root, 999_999))).code).toBe('not_found');
  });

  it('leave open what only the System role could give, for those who may not see it', async () => {
    const asker = home.administrator;
    const told = async (person: 'Administrator' | 'Accounts Administrator' | 'Operations Administrator') => {
      const { account, ...rights } = await explainAccount(
        app,
        asker,
        (await newPerson(app, person, home)).accountId,
      );
      return rights;
    };
    const administrator = await told('Administrator');
    expect(await told('Accounts Administrator')).toEqual(administrator);
    expect(await told('Operations Administrator')).toEqual(administrator);
    const instance = administrator.places.find(({ kind }) => kind === 'instance');
    expect(instance?.rights.find(({ permission }) => permission === 'settings.edit')?.granted).toBeNull();
    const full = await explainAccount(app, root, (await newPerson(app, 'Administrator', home)).accountId);
    expect(right(full, 'instance', 'settings.edit')).toMatchObject({
      granted: true,
      through: [{ kind: 'system_role', name: 'Administrator' }],
    });
  });

  it('leave out communities and sources that the asker may not know of', async () => {
    const person = await newPerson(app, 'Standard User', home);
    const secret = await createOwner(app, app.operator, { kind: 'source', name: 'Secret source' });
    await giveCommunityRole(app, person, secret, 'User');
    const kinds = async (asker: Caller) =>
      (await explainAccount(app, asker, person.accountId)).places.map(({ owner }) => owner?.id);
    expect(await kinds(root)).toContain(secret.id);
    expect(await kinds(person)).toContain(secret.id);
    expect(await kinds(home.administrator)).not.toContain(secret.id);
    expect(JSON.stringify(await explainAccount(app, home.administrator, person.accountId))).not.toContain(
      'Secret source',
    );
  });

  it('are withheld while the account is locked, disabled or expired, or its organization disabled', async () => {
    const organization = await newOrganization(app);
    const person = await newPerson(app, 'Standard User', organization);
    const now = app.clock.now();
    const withheld = async () => {
      const rights = await explainAccount(app, root, person.accountId);
      const read = right(rights, 'organization', 'intelligence.read');
      expect(read).toMatchObject({ granted: rights.withheld === null, withheld: rights.withheld });
      expect(read?.through).toHaveLength(1);
      return rights.withheld;
    };
    expect(await withheld()).toBeNull();
    await change(person.accountId, { locked_at: now });
    expect(await withheld()).toBe('The account is locked.');
    await change(person.accountId, { expires_at: now - 1 });
    expect(await withheld()).toBe('The account is locked.');
    await change(person.accountId, { locked_at: null });
    expect(await withheld()).toBe('The account is expired.');
    await change(person.accountId, { expires_at: null, disabled_at: now });
    expect(await withheld()).toBe('The account is disabled.');
    await change(person.accountId, { disabled_at: null });
    await setOrganizationPermissions(app, app.operator, { organization: organization.id, disabled: true });
    expect(await withheld()).toBe('Their organization is disabled.');
  });

  it('of an Accounts Administrator follow the setting accountsAdministratorManagesMembers', async () => {
    const person = await newPerson(app, 'Accounts Administrator', home);
    const create = async () =>
      right(await explainAccount(app, root, person.accountId), 'organization', 'account.create');
    expect(await create()).toMatchObject({ granted: true });
    const setting = { name: 'accountsAdministratorManagesMembers' } as const;
    await setSetting(app, app.operator, { ...setting, value: false });
    expect(await create()).toMatchObject({
      granted: false,
      withheld: expect.stringContaining('while the system setting'),
    });
    await setSetting(app, app.operator, { ...setting, value: true });
  });

  it('of a TAXII user name only owners that the asker may see, here and with the account', async () => {
    const organization = await newOrganization(app);
    const seen = await sharedWith(organization, 'Editor');
    const hidden = await sharedWith(organization, 'Editor');
    const { id } = await createTaxiiUser(app, organization.administrator, {
      userName: `narrow-${engine}`,
      organization: organization.id,
      onlyOwners: [organization.id, seen.id, hidden.id],
    });
    const told = async (caller: Caller) => {
      const { onlyOwners } = await getAccount(app, caller, { account: id });
      const { machine } = await explainAccount(app, caller, id);
      expect(machine?.onlyOwners).toEqual(onlyOwners);
      return onlyOwners?.map(({ name }) => name);
    };
    const all = [organization.name, seen.name, hidden.name];
    expect(await told(organization.administrator)).toEqual(all);
    await giveCommunityRole(app, organization.administrator, hidden, 'Banned');
    expect(await told(organization.administrator)).toEqual([organization.name, seen.name, null]);
    expect(JSON.stringify(await explainAccount(app, organization.administrator, id))).not.toContain(
      hidden.name,
    );
    expect(await told(await newPerson(app, 'Organization Administrator', organization))).toEqual(all);
    expect(await told(root)).toEqual(all);
    expect(await told(app.operator)).toEqual(all);
    // An edit that keeps what it cannot name is possible, by the id.
    const onlyOwners = [seen.id, hidden.id];
    await editAccount(app, organization.administrator, { account: id, changes: { onlyOwners } });
    expect(await told(organization.administrator)).toEqual([seen.name, null]);
  });

  it('of a TAXII user are those of its service, its allow-list and its credentials', async () => {
    const organization = await newOrganization(app);
    const owner = await sharedWith(organization, 'Editor');
    const other = await sharedWith(organization, 'Editor');
    await createTaxiiService(app, app.operator, {
      name: `Service ${engine}`,
      path: `service-${engine}`,
      organizations: [organization.id],
    });
    const { id } = await createTaxiiUser(app, organization.administrator, {
      userName: `siem-${engine}`,
      organization: organization.id,
      service: `service-${engine}`,
      onlyOwners: [owner.id],
    });
    const explained = async () => await explainAccount(app, organization.administrator, id);
    const rights = await explained();
    expect(rights.machine).toMatchObject({
      service: { name: `Service ${engine}`, path: `service-${engine}` },
      serviceWhyNot: null,
      onlyOwners: [{ id: owner.id, name: owner.name }],
      credentials: [{ kind: 'password', readOnly: false, bounds: [] }],
    });
    expect(right(rights, 'community', 'intelligence.read', owner)).toMatchObject({ granted: true });
    expect(right(rights, 'community', 'intelligence.read', other)).toMatchObject({
      granted: false,
      withheld: 'It is not on the allow-list of the TAXII user (onlyOwners).',
    });
    expect(right(rights, 'community', 'intelligence.create', owner)).toMatchObject({
      granted: false,
      withheld: 'Its collection does not accept writing over TAXII.',
    });
    expect(right(rights, 'instance', 'exchange.connect')).toMatchObject({
      granted: true,
      through: [{ kind: 'system_role', name: null, from: 'its role on the instance' }],
    });
    await inTransaction(app.db, async (tx) => {
      await tx.updateTable('collections').set({ writable: 1 }).where('owner_id', '=', owner.id).execute();
    });
    expect(right(await explained(), 'community', 'intelligence.create', owner)?.granted).toBe(true);
    const bindings = { read_only: 1, allowed_networks: '["192.0.2.0/24"]' };
    await inTransaction(app.db, async (tx) => {
      await tx.updateTable('credentials').set(bindings).where('account_id', '=', id).execute();
    });
    const bound = await explained();
    expect(bound.machine?.credentials[0]?.bounds).toEqual([
      'It may only read.',
      'It may only be used from 192.0.2.0/24.',
    ]);
    expect(right(bound, 'community', 'intelligence.create', owner)).toMatchObject({
      granted: false,
      withheld: 'Each of its credentials may only read.',
    });
    await inTransaction(app.db, async (tx) => {
      await tx
        .deleteFrom('taxii_service_organizations')
        .where('organization_id', '=', organization.id)
        .execute();
    });
    expect((await explained()).withheld).toBe(
      `Its organization may not use its TAXII service "Service ${engine}".`,
    );
  });

  it('of an API user end with its last credential', async () => {
    const { id } = await newApiUser(app, await newOrganization(app, { apiUsers: 5 }));
    const explained = async () => await explainAccount(app, root, id);
    expect(right(await explained(), 'instance', 'api.connect')).toMatchObject({ granted: true });
    await inTransaction(app.db, async (tx) => {
      await tx.deleteFrom('credentials').where('account_id', '=', id).execute();
    });
    expect(await explained()).toMatchObject({ withheld: 'It has no credential that is valid.' });
  });

  it('are answered over HTTP', async () => {
    const server = await startServer(app);
    try {
      const person = await newPersonWithPassword(app, 'Standard User', home);
      const client = restClient(server.url);
      await client.signIn(person.userName, person.password);
      const path = `/accounts/${person.accountId}/rights`;
      const { status, body } = await client.request<AccountRights>(
        'GET',
        `${path}?permission=account.profile`,
      );
      expect(status).toBe(200);
      expect(body.places).toMatchObject([{ kind: 'account', rights: [{ granted: true }] }]);
      expect((await client.request('GET', `/accounts/${home.administrator.accountId}/rights`)).status).toBe(
        404,
      );
      expect((await client.request('GET', `${path}?role=x`)).status).toBe(400);
    } finally {
      await server.close(1000);
    }
  });
});
