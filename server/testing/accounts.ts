import type { CreateApiUserInput, CreateUserInput } from '../../contract/accounts.ts';
import { createAccess } from '../access/access.ts';
import type { App } from '../context.ts';
import { inTransaction } from '../db/transaction.ts';
import { createApiUser } from '../features/account-creation/api-users.service.ts';
import { createUser } from '../features/account-creation/people.service.ts';
import { type AccountRow, findActor } from '../features/accounts/accounts.store.ts';
import { insertSession } from '../features/sessions/sessions.store.ts';
import type { Someone } from './builders.ts';
import type { TestApp } from './test-app.ts';

let number = 0;

/** A name that nothing has yet. */
export function fresh(word: string): string {
  return `${word}-${++number}`;
}

/** The stored row of an account, deleted or not. */
export async function accountRow(app: App, id: number): Promise<AccountRow> {
  return await app.db.read.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The account as a caller, with the rights that it has now. */
export async function asCaller(app: App, id: number): Promise<Someone> {
  const actor = await findActor(app.db.read, id, app.clock.now());
  if (actor === undefined) throw new Error(`the account ${id} may not act`);
  const { user_name } = await accountRow(app, id);
  return { accountId: id, userName: user_name, access: createAccess(actor), address: '192.0.2.7' };
}

/** A user made as the operator makes one. */
export async function newUser(
  app: TestApp,
  organization: { id: number },
  changes: Partial<CreateUserInput> = {},
) {
  return await createUser(app, app.operator, {
    organization: organization.id,
    email: `${fresh('user')}@example.com`,
    firstName: 'Ada',
    lastName: 'Byron',
    organizationRole: 'Standard User',
    ...changes,
  });
}

/** An API user made as the operator makes one. */
export async function newApiUser(
  app: TestApp,
  organization: { id: number },
  changes: Partial<CreateApiUserInput> = {},
) {
  return await createApiUser(app, app.operator, {
    organization: organization.id,
    firstName: 'Feed',
    lastName: 'Reader',
    organizationRole: 'Standard User',
    ...changes,
  });
}

/** Opens a session of the account, as a sign-in would. */
export async function openSessionOf(app: App, accountId: number): Promise<void> {
  const now = app.clock.now();
  const { credential_version } = await accountRow(app, accountId);
  await inTransaction(app.db, (tx) =>
    insertSession(tx, {
      hash: app.secrets.digest(app.secrets.generate(128)),
      id: app.ids.uuid(),
      account_id: accountId,
      credential_version,
      created_at: now,
      last_seen_at: now,
      expires_at: now + 3_600_000_000,
      address: '192.0.2.9',
      user_agent: null,
    }),
  );
}

/** How many sessions are stored for the account. */
export async function countSessionsOf(app: App, accountId: number): Promise<number> {
  const rows = await app.db.read
    .selectFrom('sessions')
    .select('id')
    .where('account_id', '=', accountId)
    .execute();
  return rows.length;
}

/** Every row of every table, as one text: where a secret must not show up. */
export async function everythingStored(app: App): Promise<string> {
  const tables = [
    'instance',
    'owners',
    'organizations',
    'accounts',
    'credentials',
    'sessions',
    'data_keys',
    'throttles',
    'known_addresses',
    'audit_events',
    'system_settings',
  ] as const;
  const rows = await Promise.all(tables.map((table) => app.db.read.selectFrom(table).selectAll().execute()));
  return JSON.stringify(rows);
}
