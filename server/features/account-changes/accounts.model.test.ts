import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountChanges } from '../../../contract/accounts.ts';
import {
  type AccountKind,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  SYSTEM_ROLE_RANK,
  type SystemRole,
} from '../../../contract/roles.ts';
import { createAccess } from '../../access/access.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { fresh } from '../../testing/accounts.ts';
import { newOrganization, newPerson } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createApiUser } from '../account-creation/api-users.service.ts';
import { createReadOnlyUser, createUser } from '../account-creation/people.service.ts';
import { createOwner, setLimits } from '../owners/owners.service.ts';
import { deleteAccount } from './deletion.service.ts';
import { editAccount, previewEdit } from './editing.service.ts';

/** An account as the rules see it: what the article says, in as few words as will do. */
type ModelAccount = {
  id: number;
  kind: AccountKind;
  systemRole: SystemRole;
  organizationRole: OrganizationRole;
  locked: boolean;
  disabled: boolean;
  expires: boolean;
  hasOwnCommunityRole: boolean;
};
type Model = { accounts: ModelAccount[]; limits: { users: number; apiUsers: number } };

const PEOPLE_ROLES = [
  'User',
  'Administrator',
  'Operations Administrator',
  'Accounts Administrator',
  'Community Leader',
  'Super User',
  'Read Only User',
] as const satisfies SystemRole[];
const API_ROLES = ['Api User', 'Exchange Admin'] as const satisfies SystemRole[];
const READ_ONLY_ROLES: readonly OrganizationRole[] = ['Read Only User', 'Read Only Commenter'];

type Command =
  | { do: 'create'; by: number; form: 'user' | 'read_only'; systemRole?: SystemRole; role: OrganizationRole }
  | { do: 'createApi'; by: number; systemRole?: SystemRole; role: OrganizationRole }
  | { do: 'edit'; by: number; target: number; changes: AccountChanges }
  | { do: 'delete'; by: number; target: number }
  | { do: 'limit'; limit: 'users' | 'apiUsers'; to: number }
  | { do: 'communityRole'; target: number };

/** Who acts, and on whom: counted around among those who are there. The operator is one of them. */
const someone = fc.nat(30);
const systemRole = fc.constantFrom<SystemRole>(...PEOPLE_ROLES, ...API_ROLES);
const organizationRole = fc.constantFrom<OrganizationRole>(...ORGANIZATION_ROLES);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const changes: fc.Arbitrary<AccountChanges> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ systemRole }) },
  { weight: 2, arbitrary: fc.record({ organizationRole }) },
  { weight: 1, arbitrary: fc.record({ systemRole, organizationRole }) },
  { weight: 2, arbitrary: fc.record({ disabled: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ locked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constantFrom({ expiresAt: '2098-01-01T00:00:00Z' }, { expiresAt: null }) },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        by: someone,
        form: fc.constantFrom('user' as const, 'read_only' as const),
        systemRole: maybe(fc.constantFrom<SystemRole>(...PEOPLE_ROLES)),
        role: organizationRole,
      })
      .map((each) => ({ do: 'create' as const, ...each }) as Command),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        by: someone,
        systemRole: maybe(fc.constantFrom<SystemRole>(...API_ROLES, 'User')),
        role: organizationRole,
      })
      .map((each) => ({ do: 'createApi' as const, ...each }) as Command),
  },
  {
    weight: 7,
    arbitrary: fc
      .record({ by: someone, target: someone, changes })
      .map((each) => ({ do: 'edit' as const, ...each })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ by: someone, target: someone })
      .map((each) => ({ do: 'delete' as const, ...each })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ limit: fc.constantFrom('users' as const, 'apiUsers' as const), to: fc.nat(8) })
      .map((each) => ({ do: 'limit' as const, ...each })),
  },
  { weight: 2, arbitrary: someone.map((target) => ({ do: 'communityRole' as const, target })) },
);

const isActive = (account: ModelAccount) => !account.locked && !account.disabled;
const isLasting = (account: ModelAccount) => isActive(account) && !account.expires;
const administers = (account: ModelAccount) =>
  account.kind === 'user' && account.organizationRole === 'Organization Administrator';
const seatsOf = (model: Model, kind: AccountKind) =>
  model.accounts.filter((account) => account.kind === kind).length;
const kindOf = (role: SystemRole): AccountKind => {
  if (role === 'Api User' || role === 'Exchange Admin') return 'api';
  return role === 'Read Only User' ? 'read_only' : 'user';
};

function rolesGoTogether(role: SystemRole, inOrganization: OrganizationRole): boolean {
  if (role === 'Super User') return inOrganization === 'Organization Administrator';
  return role !== 'Read Only User' || READ_ONLY_ROLES.includes(inOrganization);
}

/** `undefined` is the operator. */
type By = ModelAccount | undefined;
const rank = (by: By) => (by === undefined ? 100 : SYSTEM_ROLE_RANK[by.systemRole]);
const isHigh = (by: By) =>
  by === undefined || by.systemRole === 'Administrator' || by.systemRole === 'Operations Administrator';
const mayAdminister = (by: By) =>
  isHigh(by) ||
  by?.systemRole === 'Accounts Administrator' ||
  by?.systemRole === 'Super User' ||
  by?.organizationRole === 'Organization Administrator';

function hasRoom(model: Model, kind: AccountKind): boolean {
  if (kind === 'user') return seatsOf(model, 'user') < model.limits.users;
  return kind !== 'api' || seatsOf(model, 'api') < model.limits.apiUsers;
}

/** Whether the account may be created, and as what. */
function created(
  model: Model,
  by: By,
  form: AccountKind,
  asked: SystemRole | undefined,
  role: OrganizationRole,
) {
  if (by !== undefined && !isActive(by)) return undefined;
  const systemRoleOf = {
    user: 'User',
    read_only: 'Read Only User',
    api: 'Api User',
    taxii: 'Taxii User',
  } as const;
  const chosen = asked ?? systemRoleOf[form];
  const kind = kindOf(chosen);
  const isAllowed =
    mayAdminister(by) &&
    (asked === undefined || (isHigh(by) && SYSTEM_ROLE_RANK[asked] <= rank(by))) &&
    (form === 'api') === (kind === 'api') &&
    rolesGoTogether(chosen, role) &&
    hasRoom(model, kind);
  return isAllowed ? { kind, systemRole: chosen, organizationRole: role } : undefined;
}

/** Whether somebody is left to administer once `before` has become `after`, or has gone. */
function leavesSomebody(model: Model, before: ModelAccount, after: ModelAccount | undefined): boolean {
  if (!isActive(before)) return true;
  const others = model.accounts.filter((account) => account.id !== before.id);
  const stops = after === undefined || !isActive(after) || (after.expires && !before.expires);
  const losesInstance =
    before.systemRole === 'Administrator' && (stops || after?.systemRole !== 'Administrator');
  if (losesInstance && !others.some((each) => each.systemRole === 'Administrator' && isLasting(each)))
    return false;
  const losesOrganization = administers(before) && (stops || after === undefined || !administers(after));
  if (!losesOrganization || others.some((each) => administers(each) && isLasting(each))) return true;
  return after === undefined && others.length === 0;
}

/** The account as the edit would make it; undefined when the edit is refused. */
function edited(
  model: Model,
  by: By,
  target: ModelAccount,
  wanted: AccountChanges,
): ModelAccount | undefined {
  if (by !== undefined && !isActive(by)) return undefined;
  // All that is changed here is nobody's own to change.
  if (by === target || !mayAdminister(by) || SYSTEM_ROLE_RANK[target.systemRole] > rank(by)) return undefined;
  if (wanted.locked !== undefined && target.kind === 'api') return undefined;
  const after = { ...target };
  if (wanted.systemRole !== undefined) {
    if (!isHigh(by) || SYSTEM_ROLE_RANK[wanted.systemRole] > rank(by)) return undefined;
    if ((kindOf(wanted.systemRole) === 'api') !== (target.kind === 'api')) return undefined;
    after.systemRole = wanted.systemRole;
    after.kind = kindOf(wanted.systemRole);
    if (after.systemRole !== target.systemRole) after.hasOwnCommunityRole = false;
    // The Organization role follows, where the present one does not go with it.
    if (after.systemRole === 'Super User') after.organizationRole = 'Organization Administrator';
    if (after.systemRole === 'Read Only User' && !READ_ONLY_ROLES.includes(after.organizationRole))
      after.organizationRole = 'Read Only User';
  }
  if (wanted.organizationRole !== undefined) after.organizationRole = wanted.organizationRole;
  if (!rolesGoTogether(after.systemRole, after.organizationRole)) return undefined;
  if (after.kind !== target.kind && !hasRoom(model, after.kind)) return undefined;
  after.locked = wanted.locked ?? after.locked;
  after.disabled = wanted.disabled ?? after.disabled;
  if (wanted.expiresAt !== undefined) after.expires = wanted.expiresAt !== null;
  return leavesSomebody(model, target, after) ? after : undefined;
}

function mayDelete(model: Model, by: By, target: ModelAccount): boolean {
  if (by !== undefined && !isActive(by)) return false;
  if (by === target || !mayAdminister(by) || SYSTEM_ROLE_RANK[target.systemRole] > rank(by)) return false;
  return leavesSomebody(model, target, undefined);
}

describe.each(ENGINES)('any sequence of changes of accounts on %s', (engine) => {
  let app: TestApp;
  let community: { id: number };
  beforeAll(async () => {
    app = await openTestApp(engine);
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Everybody' });
  });
  afterAll(async () => await app?.close());

  /** An instance in which there is one organization, as far as accounts go, with three people. */
  const begin = async () => {
    await inTransaction(app.db, async (tx) => {
      await tx.deleteFrom('account_roles').execute();
      await tx
        .updateTable('accounts')
        .set({ deleted_at: app.clock.now(), user_name_key: null })
        .where('deleted_at', 'is', null)
        .execute();
    });
    const organization = await newOrganization(app, { users: 6, apiUsers: 1 });
    const people = [
      organization.administrator,
      await newPerson(app, 'Administrator', organization),
      await newPerson(app, 'Operations Administrator', organization),
    ];
    const model: Model = { accounts: [], limits: { users: 6, apiUsers: 1 } };
    for (const { accountId, access } of people) {
      if (access.actor.kind !== 'account') throw new Error('no account');
      const { systemRole: role, organizationRole: inOrganization } = access.actor;
      model.accounts.push({
        id: accountId,
        kind: 'user',
        systemRole: role,
        organizationRole: inOrganization,
        locked: false,
        disabled: false,
        expires: false,
        hasOwnCommunityRole: false,
      });
    }
    return { organization, model };
  };

  const callerOf = (by: By, organizationId: number): Caller =>
    by === undefined
      ? app.operator
      : {
          access: createAccess({
            kind: 'account',
            accountId: by.id,
            name: `account ${by.id}`,
            organizationId,
            systemRole: by.systemRole,
            organizationRole: by.organizationRole,
          }),
        };

  /** What is stored, in the words of the model. */
  const stored = async (organizationId: number): Promise<ModelAccount[]> => {
    const rows = await app.db.read
      .selectFrom('accounts')
      .leftJoin('account_roles', 'account_roles.account_id', 'accounts.id')
      .selectAll('accounts')
      .select('account_roles.role')
      .where('organization_id', '=', organizationId)
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      systemRole: row.system_role,
      organizationRole: row.organization_role,
      locked: row.locked_at !== null,
      disabled: row.disabled_at !== null,
      expires: row.expires_at !== null,
      hasOwnCommunityRole: row.role !== null,
    }));
  };

  const outcomeOf = async <T>(work: Promise<T>): Promise<T | AppError> =>
    await work.catch((error: unknown) => {
      if (error instanceof AppError && error.code !== 'internal' && error.code !== 'unavailable')
        return error;
      throw error;
    });
  const REFUSED = expect.any(AppError);
  const DONE = expect.not.objectContaining({ code: expect.anything() });

  const carryOut = async (model: Model, organization: { id: number }, step: Command): Promise<void> => {
    const pick = (index: number) => model.accounts[index % model.accounts.length];
    const actor = (index: number): By =>
      index % (model.accounts.length + 1) === 0 ? undefined : pick(index - 1);
    if (step.do === 'limit') {
      model.limits[step.limit] = step.to;
      await setLimits(app, app.operator, {
        organization: organization.id,
        limits: { [step.limit]: step.to },
      });
      return;
    }
    if (step.do === 'create' || step.do === 'createApi') {
      const by = actor(step.by);
      const form = step.do === 'createApi' ? 'api' : step.form;
      const expected = created(model, by, form, step.systemRole, step.role);
      const caller = callerOf(by, organization.id);
      const input = {
        organization: organization.id,
        firstName: 'Mo',
        lastName: 'Del',
        organizationRole: step.role,
        ...(step.systemRole === undefined ? {} : { systemRole: step.systemRole }),
      };
      const email = `${fresh('model')}@example.com`;
      const outcome = await outcomeOf<{ id: number }>(
        form === 'api'
          ? createApiUser(app, caller, input)
          : form === 'user'
            ? createUser(app, caller, { ...input, email })
            : createReadOnlyUser(app, caller, { ...input, email }),
      );
      expect(outcome).toEqual(expected === undefined ? REFUSED : DONE);
      if (expected === undefined || outcome instanceof AppError) return;
      model.accounts.push({
        id: outcome.id,
        ...expected,
        locked: false,
        disabled: false,
        expires: false,
        hasOwnCommunityRole: false,
      });
      return;
    }
    const target = pick(step.target);
    if (target === undefined) return;
    if (step.do === 'communityRole') {
      if (target.hasOwnCommunityRole) return;
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('account_roles')
          .values({ account_id: target.id, owner_id: community.id, role: 'Director' })
          .execute(),
      );
      target.hasOwnCommunityRole = true;
      return;
    }
    const by = actor(step.by);
    const caller = callerOf(by, organization.id);
    if (step.do === 'delete') {
      const isExpected = mayDelete(model, by, target);
      const outcome = await outcomeOf(deleteAccount(app, caller, { account: target.id }));
      expect(outcome).toEqual(isExpected ? DONE : REFUSED);
      if (isExpected) model.accounts = model.accounts.filter((account) => account !== target);
      return;
    }
    const after = edited(model, by, target, step.changes);
    const input = { account: target.id, changes: step.changes };
    const seen = await outcomeOf(previewEdit(app, caller, input));
    const outcome = await outcomeOf(editAccount(app, caller, input));
    expect(outcome).toEqual(after === undefined ? REFUSED : DONE);
    if (seen instanceof AppError || outcome instanceof AppError) expect(seen).toEqual(outcome);
    else expect(seen.consequences).toEqual(outcome.consequences);
    if (after !== undefined) Object.assign(target, after);
  };

  it('does what the rules say: seats, ranks, kinds and Community roles are as they must be, and somebody is left to administer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25, size: 'max' }), async (steps) => {
        const { organization, model } = await begin();
        for (const step of steps) {
          const before = structuredClone(model);
          await carryOut(model, organization, step);
          const accounts = await stored(organization.id);
          expect(accounts).toEqual(model.accounts);
          for (const [kind, limit] of [
            ['user', 'users'],
            ['api', 'apiUsers'],
          ] as const)
            expect(seatsOf(model, kind)).toBeLessThanOrEqual(
              Math.max(model.limits[limit], seatsOf(before, kind)),
            );
          for (const account of accounts) expect(account.kind).toBe(kindOf(account.systemRole));
          expect(accounts.some((each) => each.systemRole === 'Administrator' && isLasting(each))).toBe(true);
          expect(accounts.some((each) => administers(each) && isLasting(each))).toBe(true);
        }
      }),
      { numRuns: engine === 'sqlite' ? 100 : 15, seed: 1 },
    );
  }, 120_000);
});
