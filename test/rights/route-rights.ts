import { inTransaction } from '../../server/db/transaction.ts';
import { endCredentials, insertCredential } from '../../server/features/accounts/accounts.store.ts';
import { publishTerms } from '../../server/features/terms/terms.service.ts';
import type { Asked, Asker } from './documented.ts';
import { SOME_OBJECT, type Thing, type ThingName, type World } from './world.ts';

/** The parts of a request; the first parameter of the path is the thing's id where it is not given. */
export type Sent = {
  params?: Record<string, string | number>;
  query?: Record<string, string | number>;
  body?: unknown;
};

/** A permission, on the thing unless something else is named; `own` = the asker's own organization. */
export type Need = string | { permission: string; on: Asked | 'own' };

export type Operation = {
  /** Where an endpoint does several things. */
  does?: string;
  on: readonly (ThingName | 'own account')[];
  /** All of them, of those who may know of the thing; of everybody, where the operation is on the instance. */
  needs?: readonly Need[];
  send?: (at: { world: World; thing: Thing; asker: Asker | undefined }) => Promise<Sent> | Sent;
  /** When it is allowed; that of the endpoint unless told. */
  status?: number;
  /** The thing is not what it was afterwards. */
  usesUp?: true;
  /** Needs no session: everybody is answered with `status`. */
  isPublic?: true;
};

let number = 0;
const fresh = (word: string) => `${word} ${++number}`;

const people = ['user', 'leader', 'accountsAdministrator', 'administrator', 'own account'] as const;
const accounts = [...people, 'apiUser', 'taxiiUser'] as const;

async function row(world: World, { id }: Thing) {
  return await world.app.db.read
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', Number(id))
    .executeTakeFirstOrThrow();
}
type AccountRow = Awaited<ReturnType<typeof row>>;

const versionOf = async (world: World, table: 'owners' | 'user_groups' | 'taxii_services', { id }: Thing) =>
  (
    await world.app.db.read
      .selectFrom(table)
      .select('version')
      .where('id', '=', Number(id))
      .executeTakeFirstOrThrow()
  ).version;

/** An edit of one field to what it is already: the right is asked for, and nothing else changes. */
function edit(
  does: string,
  on: Operation['on'],
  permission: string,
  change: (row: AccountRow) => Record<string, unknown>,
): Operation {
  return {
    does,
    on,
    needs: [permission],
    send: async ({ world, thing }) => {
      const stored = await row(world, thing);
      return { body: { version: stored.version, ...change(stored) } };
    },
  };
}

/** Whom the fields are tried on: below, above and beside oneself. */
const some = ['user', 'administrator', 'own account'] as const;
const NAMED = [...some, 'apiUser'] as const;
/** Every field of the forms with what it needs, as the articles have it. */
const EDITS: readonly Operation[] = [
  edit('first name', [...people, 'apiUser'], 'account.edit', () => ({ firstName: 'Some' })),
  edit('groups', some, 'account.edit', () => ({ groups: [] })),
  edit('time zone', some, 'account.edit', () => ({ timeZone: null, logOutAfterMinutes: null })),
  edit('contact', ['apiUser', 'taxiiUser'], 'account.edit', () => ({ contactEmail: null })),
  edit('switches', ['apiUser'], 'account.edit', () => ({
    includeInObservations: false,
    exceedApiLinkLimit: false,
  })),
  edit('allow-list', ['taxiiUser'], 'account.edit', () => ({ onlyOwners: null })),
  edit('Organization role', NAMED, 'account.roles', (stored) => ({
    organizationRole: stored.organization_role,
  })),
  edit('System role', NAMED, 'account.systemRole', (stored) => ({ systemRole: stored.system_role })),
  edit('lock', [...some, 'taxiiUser'], 'account.lock', () => ({ locked: false })),
  edit('disable', ['leader', 'accountsAdministrator', 'apiUser', ...some], 'account.disable', () => ({
    disabled: false,
  })),
  edit('expiry', ['taxiiUser', ...some], 'account.disable', () => ({ expiresAt: null })),
  edit('user name', [...some, 'taxiiUser'], 'account.userName', (stored) => ({
    userName: stored.user_name,
  })),
  edit('pseudonym', NAMED, 'account.pseudonym', (stored) => ({ pseudonym: stored.pseudonym })),
  edit('TQL timeout', NAMED, 'account.customTqlTimeout', () => ({ customTqlTimeoutMs: null })),
  edit('terms of service', some, 'account.termsOfService', () => ({
    termsOfServiceAcceptanceRequired: false,
  })),
  edit('password reset', some, 'account.credential', () => ({ passwordResetRequired: false })),
  edit('second factor reset', some, 'account.authenticator', () => ({ mfaResetRequired: false })),
];

const person = () => ({
  email: `${fresh('new').replace(' ', '.')}@example.org`,
  firstName: 'New',
  lastName: 'Comer',
  organizationRole: 'Standard User',
});
const IMPORTED = 'kind,userName,firstName,lastName,organizationRole\n';
const reserved = (permission: string) => ({
  permission,
  on: { systemRole: 'User' },
});

/** Creating in the home organization: plainly, and with each field that is reserved to others. */
function creations(form: () => Record<string, unknown>, fields: Record<string, unknown> = {}): Operation[] {
  const permissions: Record<string, string> = {
    systemRole: 'account.systemRole',
    pseudonym: 'account.pseudonym',
    customTqlTimeoutMs: 'account.customTqlTimeout',
    termsOfServiceAcceptanceRequired: 'account.termsOfService',
  };
  return [
    { on: ['organization'], needs: ['account.create'], send: () => ({ body: form() }) },
    ...Object.entries(fields).map(
      ([field, value]): Operation => ({
        does: `with ${field}`,
        on: ['organization'],
        needs: ['account.create', reserved(permissions[field] ?? '')],
        send: () => ({
          body: { ...form(), [field]: typeof value === 'function' ? (value as () => unknown)() : value },
        }),
      }),
    ),
  ];
}
const personFields = {
  systemRole: 'User',
  pseudonym: () => fresh('pen').replace(' ', '-'),
  customTqlTimeoutMs: 1000,
  termsOfServiceAcceptanceRequired: false,
};

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

/** On one's own account, which has no second factor, on a server whose address has no name. */
const own = (status?: number, body?: unknown, params?: Sent['params']): Operation => ({
  on: ['own account'],
  needs: ['account.profile'],
  ...(status === undefined ? {} : { status }),
  send: () => ({ ...(body === undefined ? {} : { body }), ...(params === undefined ? {} : { params }) }),
});
/** In the form of what a browser answers. */
const signedBy = (response: object) => ({
  challenge: '00000000-0000-4000-8000-000000000000',
  passkey: {
    id: 'AA',
    rawId: 'AA',
    type: 'public-key',
    response: { clientDataJSON: 'AA', authenticatorData: 'AA', ...response },
  },
});

const setting = 'sessionIdleMinutes';
const settingVersion = async ({ app }: World) =>
  (
    await app.db.read
      .selectFrom('system_settings')
      .select('version')
      .where('name', '=', setting)
      .executeTakeFirst()
  )?.version ?? 0;
/** Id of a fresh mail that was given up. */
async function publishedTerms({ app }: World): Promise<number> {
  const { version } = await publishTerms(app, app.operator, { text: `${fresh('Terms')}.` });
  return version;
}

const failedMail = async ({ app }: World) =>
  (
    await app.db.write
      .insertInto('outbox')
      .values({
        purpose: 'test',
        recipient: 'x@example.org',
        sealed: 'x',
        created_at: app.clock.now(),
        attempts: 1,
        next_attempt_at: app.clock.now(),
        claimed_until: 0,
        failed_at: app.clock.now(),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
  ).id;
/** The account with a password, or with none: for which of the links can be made. */
const withPassword =
  (has: boolean): NonNullable<Operation['send']> =>
  async ({ world: { app }, thing }) => {
    const stored = { algorithm: 'sha256', hash: app.secrets.digest(app.secrets.generate(128)) } as const;
    await inTransaction(app.db, async (tx) => {
      await endCredentials(tx, Number(thing.id), 'password', 'now');
      if (has) await insertCredential(tx, Number(thing.id), { kind: 'password', stored }, app.clock.now());
    });
    return {};
  };
const others = people.filter((each) => each !== 'own account');
const deadLink = (body: object = {}): Operation => ({
  on: ['instance'],
  isPublic: true,
  status: 404,
  send: () => ({ body: { token: 'txwl_none', ...body } }),
});
const onInstance = (permission: string): Operation => ({ on: ['instance'], needs: [permission] });
const onOrganization = (permission: string): Operation => ({ on: ['organization'], needs: [permission] });
const intelligence = ['homeIntelligence', 'communityIntelligence', 'sourceIntelligence'] as const;
/** An object of a collection: the second parameter of the path. */
const ofObject: Operation = {
  on: ['homeObject', 'communityObject', 'sourceObject'],
  needs: ['intelligence.read'],
  send: () => ({ params: { object: SOME_OBJECT } }),
};
const collections = ['homeCollection', 'communityCollection', 'sourceCollection'] as const;

/**
 * What each endpoint of the contract needs, and a request that is in order: an endpoint that is missing here fails the
 * build, and so does an entry without an endpoint.
 */
export const ROUTE_RIGHTS: Readonly<Record<string, readonly Operation[]>> = {
  'POST /setup': [
    {
      on: ['instance'],
      isPublic: true,
      status: 409,
      send: () => ({ body: { setupCode: 'x', email: 'x@example.com', password: 'correct horse battery' } }),
    },
  ],
  'POST /session': [
    {
      on: ['instance'],
      isPublic: true,
      status: 401,
      send: () => ({ body: { email: `${fresh('no')}@example.com`, password: 'wrong' } }),
    },
  ],
  'GET /session': [{ on: ['instance'] }],
  'DELETE /session': [{ on: ['instance'] }],
  'GET /instance': [{ on: ['instance'], isPublic: true }],
  'GET /password-policy': [{ on: ['instance'], isPublic: true }],
  // They have no password: what changing one does is in the tests of passwords.
  'PUT /session/password': [
    {
      on: ['instance'],
      status: 409,
      send: async ({ world, asker }) => {
        // Unless somebody here was given one before.
        if (asker !== undefined)
          await inTransaction(world.app.db, (tx) => endCredentials(tx, asker.accountId, 'password', 'now'));
        return { body: { currentPassword: 'x', newPassword: 'correct horse battery' } };
      },
    },
  ],
  'GET /session/profile': [own()],
  'PATCH /session/profile': [
    edit('names', ['own account'], 'account.profile', () => ({ firstName: 'Some' })),
    edit('pseudonym', ['own account'], 'account.pseudonym', (stored) => ({ pseudonym: stored.pseudonym })),
  ],
  'POST /session/second-factor': [own(409, { code: '123456' })],
  'POST /session/second-factor/challenge': [own(409)],
  'POST /session/passkey/challenge': [{ on: ['instance'], isPublic: true, status: 409 }],
  'POST /session/passkey': [
    { on: ['instance'], isPublic: true, status: 409, send: () => ({ body: signedBy({ signature: 'AA' }) }) },
  ],
  'POST /session/verification': [own(400, { recoveryCode: 'none' })],
  'GET /session/authenticator': [own()],
  'POST /session/authenticator/totp': [own()],
  'POST /session/authenticator/totp/confirmation': [own(400, { code: '123456' })],
  'DELETE /session/authenticator/totp': [own(404)],
  'POST /session/passkeys/challenge': [own(409)],
  'POST /session/passkeys': [own(409, { ...signedBy({ attestationObject: 'AA' }), name: 'Key' })],
  'PATCH /session/passkeys/:passkey': [own(404, { name: 'Key' }, { passkey: 1 })],
  'DELETE /session/passkeys/:passkey': [own(404, undefined, { passkey: 1 })],
  'POST /session/recovery-codes': [own(409)],
  'POST /accounts/:account/authenticator/reset': [
    {
      on: people,
      needs: ['account.authenticator'],
      send: () => ({ body: { reason: 'lost', next: 'set_up_again' } }),
    },
    {
      does: 'off',
      on: some,
      needs: ['account.authenticator'],
      send: () => ({ body: { reason: 'lost', next: 'off' } }),
    },
  ],
  'GET /accounts/:account/sessions': [{ on: accounts, needs: ['account.sessions'] }],
  'DELETE /accounts/:account/sessions': [{ on: accounts, needs: ['account.sessions'] }],
  'DELETE /accounts/:account/sessions/:session': [
    {
      on: people,
      needs: ['account.sessions'],
      send: async ({ world, thing }) => ({
        params: { account: thing.id, session: (await world.session(Number(thing.id))).id },
      }),
    },
  ],

  'POST /password-resets': [
    {
      on: ['instance'],
      isPublic: true,
      send: async ({ world }) => {
        // All actors come from one address, which may not ask that often.
        await inTransaction(world.app.db, (tx) => tx.deleteFrom('throttles').execute());
        return { body: { email: `${fresh('no').replace(' ', '.')}@example.com` } };
      },
    },
  ],
  'POST /links/look': [deadLink()],
  'POST /links/password': [deadLink({ password: 'correct horse battery' })],
  'POST /links/email': [deadLink()],
  // No mail server is configured.
  'POST /session/email': [
    {
      on: ['own account'],
      needs: ['account.userName'],
      status: 409,
      send: () => ({ body: { email: `${fresh('new').replace(' ', '.')}@example.com` } }),
    },
  ],
  'POST /accounts/:account/invitation': [
    { on: others, needs: ['account.credential'], status: 201, send: withPassword(false) },
  ],
  'POST /accounts/:account/password-reset': [
    { on: others, needs: ['account.credential'], status: 201, send: withPassword(true) },
  ],
  'DELETE /accounts/:account/links': [{ on: accounts, needs: ['account.credential'] }],

  'GET /accounts': [onInstance('account.view')],
  'GET /organizations/:organization/accounts': [onOrganization('account.view')],
  'GET /attention': [onInstance('account.view')],
  'GET /organizations/:organization/attention': [onOrganization('account.view')],
  'POST /organizations/:organization/users': creations(person, personFields),
  'POST /organizations/:organization/read-only-users': creations(
    () => ({ ...person(), organizationRole: 'Read Only User' }),
    { ...personFields, systemRole: 'Read Only User' },
  ),
  'POST /organizations/:organization/api-users': creations(
    () => ({ firstName: 'New', lastName: 'Script', organizationRole: 'Standard User' }),
    { systemRole: 'Api User', pseudonym: personFields.pseudonym, customTqlTimeoutMs: 1000 },
  ),
  'POST /organizations/:organization/taxii-users': [
    {
      on: ['organization'],
      needs: ['account.create'],
      send: ({ world }) => ({ body: { userName: fresh('siem'), service: world.service.id } }),
    },
  ],
  'POST /organizations/:organization/accounts/import': [
    {
      on: ['organization'],
      needs: ['account.create'],
      send: () => ({ body: { csv: `${IMPORTED}user,${person().email},New,Comer,Standard User\n` } }),
    },
    {
      does: 'dry run',
      on: ['organization'],
      needs: ['account.create'],
      send: () => ({
        body: { dryRun: true, csv: `${IMPORTED}user,${person().email},New,Comer,Standard User\n` },
      }),
    },
  ],
  'GET /organizations/:organization/accounts/export.csv': [onOrganization('account.view')],
  'GET /organizations/:organization/accounts/export.json': [onOrganization('account.view')],
  'GET /accounts/:account': [{ on: accounts }],
  'GET /accounts/:account/taxii-view': [{ on: ['taxiiUser'] }],
  'GET /accounts/:account/usage': [{ on: accounts }],
  'PATCH /accounts/:account': EDITS,
  'POST /accounts/:account/preview': EDITS.filter(({ does = '' }) =>
    ['first name', 'Organization role', 'pseudonym', 'lock'].includes(does),
  ),
  'GET /accounts/:account/deletion': [{ on: accounts, needs: ['account.delete'] }],
  'POST /accounts/:account/deletion': [
    {
      on: accounts,
      needs: ['account.delete'],
      send: async ({ world, thing }) => ({ body: { version: (await row(world, thing)).version } }),
      usesUp: true,
    },
  ],
  'POST /accounts/:account/lockdown': [
    {
      on: accounts,
      needs: ['account.disable', 'account.credential'],
      send: async ({ world, thing }) => ({
        body: { version: (await row(world, thing)).version, reason: 'a stolen laptop' },
      }),
      usesUp: true,
    },
  ],
  'POST /accounts/:account/responsibilities': [
    {
      on: accounts,
      needs: ['account.edit'],
      send: async ({ world, thing }) => {
        const { organization_id } = await row(world, thing);
        const heir = await world.app.db.read
          .selectFrom('accounts')
          .select('id')
          .where('organization_id', '=', organization_id)
          .where('id', '<>', Number(thing.id))
          .where('kind', '=', 'user')
          .where('deleted_at', 'is', null)
          .executeTakeFirstOrThrow();
        return { body: { heirs: { collections: heir.id } } };
      },
    },
  ],
  'POST /accounts/:account/organization': [
    {
      on: accounts,
      needs: ['account.move'],
      send: async ({ world, thing }) => ({
        body: { organization: world.elsewhere.id, version: (await row(world, thing)).version },
      }),
      usesUp: true,
    },
  ],
  'POST /accounts/:account/credentials': [
    {
      on: [...people, 'taxiiUser'],
      needs: ['account.credential'],
      send: () => ({ body: { credential: 'password' } }),
    },
    {
      does: 'token',
      on: ['apiUser'],
      needs: ['account.credential'],
      send: () => ({ body: { credential: 'api_token', expirationDays: 1 } }),
    },
  ],
  'PATCH /accounts/:account/credentials/:credential': [
    {
      on: ['apiUser', 'taxiiUser'],
      needs: ['account.credential'],
      send: async ({ world: { app }, thing }) => {
        const kind = thing.name === 'apiUser' ? 'secret_key' : 'api_key';
        const stored = { algorithm: 'sha256', hash: app.secrets.digest(fresh('key')) } as const;
        const credential = await inTransaction(app.db, (tx) =>
          insertCredential(tx, Number(thing.id), { kind, stored }, app.clock.now()),
        );
        return { params: { account: thing.id, credential }, body: { readOnly: true } };
      },
    },
  ],
  'DELETE /accounts/:account/credentials/:credential': [
    {
      on: accounts,
      needs: ['account.credential'],
      send: async ({ world: { app }, thing }) => {
        const stored = { algorithm: 'sha256', hash: app.secrets.digest(app.secrets.generate(128)) } as const;
        const credential = await inTransaction(app.db, async (tx) => {
          await insertCredential(tx, Number(thing.id), { kind: 'password', stored }, app.clock.now());
          const { id } = await tx
            .selectFrom('credentials')
            .select('id')
            .where('hash', '=', stored.hash)
            .executeTakeFirstOrThrow();
          return id;
        });
        return { params: { account: thing.id, credential } };
      },
    },
  ],
  'GET /accounts/:account/community-roles': [{ on: accounts }],
  'GET /accounts/:account/rights': [{ on: accounts }],
  'GET /accounts/:account/form': [
    { on: accounts },
    {
      does: 'with a System role',
      on: NAMED,
      needs: ['account.systemRole'],
      send: async ({ world, thing }) => ({ query: { systemRole: (await row(world, thing)).system_role } }),
    },
  ],
  'GET /organizations/:organization/account-forms/:kind': [
    {
      ...onOrganization('account.create'),
      send: ({ thing }) => ({ params: { organization: thing.id, kind: 'taxii' } }),
    },
    {
      does: 'with a System role',
      on: ['organization'],
      needs: ['account.create', reserved('account.systemRole')],
      send: ({ thing }) => ({
        params: { organization: thing.id, kind: 'user' },
        query: { systemRole: 'User' },
      }),
    },
  ],

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

  'GET /audit': [onInstance('audit.viewInstance')],
  'GET /organizations/:organization/audit': [onOrganization('audit.view')],
  'GET /audit/export.csv': [onInstance('audit.viewInstance')],
  'GET /audit/export.jsonl': [onInstance('audit.viewInstance')],
  'GET /organizations/:organization/audit/export.csv': [onOrganization('audit.view')],
  'GET /organizations/:organization/audit/export.jsonl': [onOrganization('audit.view')],
  'POST /audit/verification': [
    onInstance('audit.viewInstance'),
    {
      does: 'of an organization',
      on: ['organization'],
      needs: ['audit.view'],
      send: ({ thing }) => ({ body: { organization: thing.id } }),
    },
  ],
  'GET /organizations/:organization/activity': [onOrganization('organization.activity')],

  'GET /settings': [onInstance('settings.view')],
  'PATCH /settings': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        body: { settings: [{ name: setting, value: 30, version: await settingVersion(world) }] },
      }),
    },
  ],
  'GET /settings/:setting': [{ ...onInstance('settings.view'), send: () => ({ params: { setting } }) }],
  'PUT /settings/:setting': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        params: { setting },
        body: { value: 31, version: await settingVersion(world) },
      }),
    },
  ],
  'DELETE /settings/:setting': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        params: { setting },
        query: { version: await settingVersion(world) },
      }),
    },
  ],
  'GET /terms-of-service': [{ on: ['instance'] }],
  // Another version counts: what accepting does is in the tests of the terms.
  'POST /session/terms-of-service': [
    { on: ['instance'], status: 409, send: () => ({ body: { version: 999_999 } }) },
  ],
  'POST /terms-of-service': [
    { ...onInstance('settings.edit'), send: () => ({ body: { text: `${fresh('These are the terms')}.` } }) },
  ],
  'GET /terms-of-service/versions': [onInstance('settings.view')],
  'GET /terms-of-service/versions/:version': [
    {
      ...onInstance('settings.view'),
      send: async ({ world }) => ({ params: { version: await publishedTerms(world) } }),
    },
  ],
  'GET /terms-of-service/acceptances': [onInstance('settings.view')],
  'GET /mail': [onInstance('settings.view')],
  // No mail server is configured.
  'POST /mail/test': [
    { ...onInstance('settings.edit'), status: 409, send: () => ({ body: { to: 'x@example.org' } }) },
  ],
  'POST /mail/:mail/retry': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({ params: { mail: await failedMail(world) } }),
    },
  ],
  'GET /licence': [onInstance('licence.view')],
  'PUT /licence': [
    {
      ...onInstance('licence.edit'),
      send: async ({ world }) => {
        const { version } = await world.app.db.read
          .selectFrom('instance')
          .select('version')
          .executeTakeFirstOrThrow();
        const limits = { users: 1_000_000, apiUsers: 1_000_000, taxiiUsers: 1_000_000 };
        return { body: { version, limits, apiUsersAllowed: true, readOnlyUsersAllowed: true } };
      },
    },
  ],

  'GET /organizations/:organization/groups': [onOrganization('group.view')],
  'POST /organizations/:organization/groups': [
    { ...onOrganization('group.edit'), send: () => ({ body: { name: fresh('Group') } }) },
  ],
  'GET /groups/:group': [{ on: ['group'] }],
  'PATCH /groups/:group': [
    {
      on: ['group'],
      needs: ['group.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'user_groups', thing), description: fresh('for') },
      }),
    },
  ],
  'DELETE /groups/:group': [{ on: ['group'], needs: ['group.edit'], usesUp: true }],
  'PUT /groups/:group/members': [
    {
      on: ['group'],
      needs: ['group.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'user_groups', thing), members: [] },
      }),
    },
  ],

  'GET /taxii-services': [{ on: ['instance'], needs: [{ permission: 'taxiiService.view', on: 'own' }] }],
  'POST /taxii-services': [
    {
      ...onInstance('taxiiService.create'),
      send: () => {
        const name = fresh('service');
        return { body: { name, path: name.replace(' ', '-') } };
      },
    },
  ],
  'GET /taxii-services/:service': [{ on: ['service'] }],
  'PATCH /taxii-services/:service': [
    {
      on: ['service'],
      needs: ['taxiiService.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'taxii_services', thing), changes: { strict: false } },
      }),
    },
  ],
  'DELETE /taxii-services/:service': [{ on: ['spareService'], needs: ['taxiiService.delete'], usesUp: true }],
  'GET /collections': [{ on: ['instance'] }],
  'GET /collections/:collection': [{ on: collections }],
  'GET /intelligence/collections': [{ on: ['instance'] }],
  'GET /collections/:collection/statistics': [{ on: intelligence, needs: ['intelligence.readPublished'] }],
  'GET /collections/:collection/objects': [{ on: intelligence, needs: ['intelligence.readPublished'] }],
  'GET /collections/:collection/objects/:object': [ofObject],
  'GET /collections/:collection/objects/:object/neighbours': [ofObject],
  'GET /collections/:collection/usage': [{ on: collections }],
  'PATCH /collections/:collection': [
    {
      on: collections,
      needs: ['collection.configure'],
      send: async ({ world: { app }, thing }) => {
        const { version } = await app.db.read
          .selectFrom('collections')
          .select('version')
          .where('id', '=', String(thing.id))
          .executeTakeFirstOrThrow();
        return { body: { version, changes: { strict: false } } };
      },
    },
  ],
};
