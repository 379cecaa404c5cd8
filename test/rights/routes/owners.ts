import { inTransaction } from '../../../server/db/transaction.ts';
import type { Thing, ThingName, World } from '../world.ts';
import { row } from './edits.ts';
import {
  fresh,
  type Need,
  type Operation,
  onInstance,
  onOrganization,
  type Routes,
  versionOf,
} from './operation.ts';

/** A membership of Guest in the owner, there before the request; or none. */
const guestIn = (isMember: boolean) => async (world: World, owner: Thing) => {
  const key = { owner_id: Number(owner.id), organization_id: world.guest.id };
  await inTransaction(world.app.db, async (tx) => {
    await tx
      .deleteFrom('memberships')
      .where('owner_id', '=', key.owner_id)
      .where('organization_id', '=', key.organization_id)
      .execute();
    if (isMember)
      await tx
        .insertInto('memberships')
        .values({ ...key, default_role: 'User' })
        .execute();
  });
};

function shared(kind: 'community' | 'source'): Record<string, readonly Operation[]> {
  const path = kind === 'community' ? '/communities' : '/sources';
  const empty: ThingName = kind === 'community' ? 'emptyCommunity' : 'emptySource';
  const member = (isMember: boolean, body?: unknown): NonNullable<Operation['send']> => {
    return async ({ world, thing }) => {
      await guestIn(isMember)(world, thing);
      // By name: a Director learns of no organization by its id.
      return { params: { owner: thing.id, organization: world.guest.name }, ...(body ? { body } : {}) };
    };
  };
  const account = (body?: unknown): NonNullable<Operation['send']> => {
    // By pseudonym: profile anonymity is on.
    return async ({ world, thing }) => ({
      params: { owner: thing.id, account: (await row(world, await world.thing('user'))).pseudonym },
      ...(body ? { body } : {}),
    });
  };
  return {
    [`GET ${path}`]: [{ on: ['instance'] }],
    [`POST ${path}`]: [
      { on: ['instance'], needs: ['owner.create'], send: () => ({ body: { name: fresh('Owner') } }) },
    ],
    [`GET ${path}/:owner`]: [{ on: [kind, empty] }],
    [`PATCH ${path}/:owner`]: [
      {
        on: [kind],
        needs: ['owner.edit'],
        send: async ({ world, thing }) => ({
          body: { version: await versionOf(world, 'owners', thing), description: null },
        }),
      },
      {
        does: 'profile anonymity off',
        on: [empty],
        needs: ['owner.edit', 'owner.revealNames'],
        send: async ({ world, thing }) => {
          await inTransaction(world.app.db, (tx) =>
            tx.updateTable('owners').set({ anonymous: 1 }).where('id', '=', Number(thing.id)).execute(),
          );
          return { body: { version: await versionOf(world, 'owners', thing), anonymous: false } };
        },
      },
    ],
    [`DELETE ${path}/:owner`]: [
      { on: [empty], needs: ['owner.delete'], usesUp: true },
      { does: 'with members', on: [kind], needs: ['owner.delete'], status: 409 },
    ],
    [`GET ${path}/:owner/members`]: [{ on: [kind], needs: [`${kind}.viewMembers`] }],
    [`PUT ${path}/:owner/members/:organization`]: [
      { on: [kind], needs: ['owner.members'], send: member(false, { defaultRole: 'Subscriber' }) },
    ],
    [`DELETE ${path}/:owner/members/:organization`]: [
      { on: [kind], needs: ['owner.members'], send: member(true) },
    ],
    [`GET ${path}/:owner/accounts`]: [{ on: [kind], needs: [`${kind}.viewMembers`] }],
    [`PUT ${path}/:owner/accounts/:account`]: [
      { on: [kind], needs: ['owner.members'], send: account({ role: 'Commenter' }) },
    ],
    [`DELETE ${path}/:owner/accounts/:account`]: [{ on: [kind], needs: ['owner.members'], send: account() }],
  };
}

const organizationVersion = async (world: World, { id }: Thing) =>
  (
    await world.app.db.read
      .selectFrom('organizations')
      .select('version')
      .where('owner_id', '=', Number(id))
      .executeTakeFirstOrThrow()
  ).version;

/** An edit of the organization, with the version that it has now. */
const ofOrganization = (
  needs: readonly Need[],
  fields: Record<string, unknown>,
  does?: string,
): Operation => ({
  ...(does === undefined ? {} : { does }),
  on: ['organization'],
  needs,
  send: async ({ world, thing }) => ({
    body: { version: await organizationVersion(world, thing), ...fields },
  }),
});

export const OWNERS: Routes = {
  'GET /organizations': [{ on: ['instance'] }],
  'POST /organizations': [
    {
      ...onInstance('organization.create'),
      send: () => ({ body: { name: fresh('Organization') } }),
    },
    {
      does: 'with limits',
      on: ['instance'],
      needs: ['organization.create', 'organization.limit.other'],
      send: () => ({ body: { name: fresh('Organization'), limits: { users: 3 } } }),
    },
  ],
  'GET /organizations/:organization': [{ on: ['organization', 'emptyOrganization'] }],
  'PATCH /organizations/:organization': [ofOrganization(['organization.edit'], { description: null })],
  'DELETE /organizations/:organization': [
    { on: ['emptyOrganization'], needs: ['organization.delete'], usesUp: true },
    { does: 'with accounts', on: ['organization'], needs: ['organization.delete'], status: 409 },
  ],
  'PUT /organizations/:organization/limits': [
    ofOrganization(['organization.limit.taxiiUsers'], { limits: { taxiiUsers: 999_999 } }, 'TAXII users'),
    ofOrganization(['organization.limit.other'], { limits: { users: 999_999 } }, 'users'),
    ofOrganization(
      ['organization.limit.other'],
      { limits: { apiUsers: 999_999, taxiiUsers: 999_999 } },
      'all',
    ),
  ],
  'PUT /organizations/:organization/permissions': [
    ofOrganization(['organization.permissions'], { allowPseudonymChange: false }),
  ],
  'GET /organizations/:organization/usage': [onOrganization('account.view')],
  'GET /organizations/:organization/seats': [onOrganization('organization.seats')],
  ...shared('community'),
  ...shared('source'),
};
