import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRow, newApiUser, newUser } from '../../testing/accounts.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findCredential, findDataKey, listSealedCredentials } from '../accounts/accounts.store.ts';
import { getAccount } from '../accounts/listing.service.ts';
import { editCollection } from '../collections/collections.service.ts';
import { openSecret } from '../credentials/new-credential.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { createTaxiiService, editTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { editAccount } from './editing.service.ts';
import { moveAccount } from './moving.service.ts';

let number = 0;

describe.each(ENGINES)('moving an account to another organization on %s', (engine) => {
  let app: TestApp;
  let from: Awaited<ReturnType<typeof newOrganization>>;
  let to: typeof from;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  beforeEach(async () => {
    from = await newOrganization(app, { users: 10, apiUsers: 10, taxiiUsers: 10 });
    to = await newOrganization(app, { users: 10, apiUsers: 10, taxiiUsers: 10 });
  });
  afterAll(async () => await app?.close());

  it.each(['Administrator', 'Operations Administrator'] as const)('is done by the %s', async (who) => {
    const user = await newUser(app, from);
    const by = await newPerson(app, who, from);
    const { version, consequences } = await moveAccount(app, by, {
      account: user.id,
      organization: to.id,
      version: 1,
    });
    expect(await getAccount(app, to.administrator, { account: user.id })).toMatchObject({
      organization: { id: to.id },
      version,
    });
    expect((await refusalOf(getAccount(app, from.administrator, { account: user.id }))).code).toBe(
      'not_found',
    );
    expect(consequences.map(({ code }) => code)).toEqual(['seat_taken']);
  });

  it.each([
    ['Organization Administrator', 'forbidden'],
    ['Accounts Administrator', 'forbidden'],
    ['Super User', 'forbidden'],
    ['Standard User', 'not_found'],
  ] as const)('is refused to the %s (%s)', async (who, code) => {
    const user = await newUser(app, from);
    const by = await newPerson(app, who, from);
    expect((await refusalOf(moveAccount(app, by, { account: user.id, organization: to.id }))).code).toBe(
      code,
    );
    expect((await accountRow(app, user.id)).organization_id).toBe(from.id);
  });

  it('is refused on one’s own account, and on one that ranks above', async () => {
    const operations = await newPerson(app, 'Operations Administrator', from);
    const administrator = await newPerson(app, 'Administrator', from);
    for (const { accountId } of [operations, administrator]) {
      const move = moveAccount(app, operations, { account: accountId, organization: to.id });
      expect((await refusalOf(move)).code).toBe('forbidden');
    }
  });

  it('takes a seat there, and frees its own', async () => {
    const full = await newOrganization(app, { users: 1 });
    const user = await newUser(app, from);
    const move = (organization: number) => moveAccount(app, app.operator, { account: user.id, organization });
    expect(await refusalOf(move(full.id))).toMatchObject({
      code: 'limit_reached',
      details: { limit: 'users', max: 1 },
    });
    await move(to.id);
    await newUser(app, from);
  });

  it('leaves groups, individual Community roles and sessions behind', async () => {
    const community = await createOwner(app, app.operator, {
      kind: 'community',
      name: `Exchange ${++number}`,
    });
    for (const organization of [from.id, to.id])
      await addMember(app, app.operator, { owner: community.id, organization, defaultRole: 'User' });
    const user = await newUser(app, from);
    await createUserGroup(app, from.administrator, {
      organization: from.id,
      name: 'Night shift',
      members: [user.id],
    });
    await giveCommunityRole(app, { accountId: user.id }, community, 'Director');
    await moveAccount(app, app.operator, { account: user.id, organization: to.id });
    expect((await getAccount(app, to.administrator, { account: user.id })).groups).toEqual([]);
    const roles = await app.db.read
      .selectFrom('account_roles')
      .selectAll()
      .where('account_id', '=', user.id)
      .execute();
    expect(roles).toEqual([]);
  });

  it('keeps a Secret Key usable: it is encrypted for the new organization', async () => {
    const user = await newApiUser(app, from);
    await moveAccount(app, app.operator, { account: user.id, organization: to.id });
    const [sealed] = await listSealedCredentials(app.db.read, user.id);
    if (sealed === undefined) throw new Error('no Secret Key');
    const wrapped = await findDataKey(app.db.read, to.id);
    const holder = { id: user.id, organization_id: to.id };
    expect(openSecret(app, holder, sealed, wrapped)).toBe(user.secretKey);
    expect(await findCredential(app.db.read, user.id, sealed.id)).toBeDefined();
  });

  it('keeps a narrowed TAXII user narrowed, to what the new organization reaches', async () => {
    const user = await createTaxiiUser(app, app.operator, {
      userName: `moved-${++number}`,
      organization: from.id,
      onlyOwners: [from.id],
    });
    await moveAccount(app, app.operator, { account: user.id, organization: to.id });
    expect((await getAccount(app, to.administrator, { account: user.id })).onlyOwners).toEqual([]);
  });

  it('is refused to a TAXII user whose service the new organization may not use', async () => {
    const service = await createTaxiiService(app, app.operator, {
      name: `Feed ${++number}`,
      path: `feed-${number}`,
    });
    const user = await createTaxiiUser(app, app.operator, {
      userName: `bound-${number}`,
      organization: from.id,
      service: service.id,
    });
    await editTaxiiService(app, app.operator, { service: service.id, changes: { organizations: [from.id] } });
    const move = moveAccount(app, app.operator, { account: user.id, organization: to.id });
    expect((await refusalOf(move)).code).toBe('conflict');
  });

  it('is refused while it is responsible for something, which is handed over first', async () => {
    const user = await newUser(app, from);
    await editCollection(app, app.operator, {
      collection: from.collectionId,
      changes: { responsible: user.id },
    });
    const move = moveAccount(app, app.operator, { account: user.id, organization: to.id });
    expect((await refusalOf(move)).code).toBe('heirs_required');
  });

  it('item 82: is refused to the last active Organization Administrator, and not to a disabled one', async () => {
    const { accountId } = from.administrator;
    await newUser(app, from);
    const move = () => moveAccount(app, app.operator, { account: accountId, organization: to.id });
    expect(await refusalOf(move())).toMatchObject({
      code: 'conflict',
      details: { reason: 'last_organization_administrator' },
    });
    const second = await newPerson(app, 'Organization Administrator', from);
    await editAccount(app, app.operator, { account: accountId, changes: { disabled: true } });
    await move();
    expect((await accountRow(app, second.accountId)).organization_id).toBe(from.id);
  });

  it('item 82: is refused to the last Administrator where the new organization is disabled', async () => {
    const own = await openTestApp(engine);
    try {
      const home = await newOrganization(own, { users: 10 });
      const closed = await newOrganization(own, { users: 10 });
      await setOrganizationPermissions(own, own.operator, { organization: closed.id, disabled: true });
      const { accountId } = await newPerson(own, 'Administrator', home);
      const move = moveAccount(own, own.operator, { account: accountId, organization: closed.id });
      expect(await refusalOf(move)).toMatchObject({
        code: 'conflict',
        details: { reason: 'last_administrator' },
      });
    } finally {
      await own.close();
    }
  });

  it('is told to both organizations, with the one before and after', async () => {
    const user = await newUser(app, from);
    await moveAccount(app, app.operator, { account: user.id, organization: to.id });
    for (const organization of [from, to]) {
      const events = (await auditTrail(app, organization.id)).filter(
        ({ action }) => action === 'account.move',
      );
      expect(events.map(({ details }) => details)).toEqual([
        { organization: { before: from.name, after: to.name } },
      ]);
    }
  });

  it('is refused from an older version, and to where it is', async () => {
    const user = await newUser(app, from);
    const stale = moveAccount(app, app.operator, { account: user.id, organization: to.id, version: 7 });
    expect((await refusalOf(stale)).code).toBe('stale');
    const nowhere = moveAccount(app, app.operator, { account: user.id, organization: from.id });
    expect((await refusalOf(nowhere)).code).toBe('conflict');
  });
});
