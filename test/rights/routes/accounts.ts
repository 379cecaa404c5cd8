import { inTransaction } from '../../../server/db/transaction.ts';
import { insertCredential } from '../../../server/features/accounts/accounts.store.ts';
import { accounts, EDITS, NAMED, people, row } from './edits.ts';
import { fresh, type Operation, onInstance, onOrganization, type Routes } from './operation.ts';

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

export const ACCOUNTS: Routes = {
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
};
