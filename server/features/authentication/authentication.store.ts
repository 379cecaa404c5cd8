import { type Kysely, sql } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Database } from '../../db/open.ts';
import type { CredentialKind, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { Throttle } from './authentication.rules.ts';

export type StoredCredential = {
  id: number;
  kind: CredentialKind;
  account_id: number;
  user_name: string;
  credential_version: number;
  algorithm: 'argon2id' | 'sha256';
  hash: string;
  expires_at: Micros | null;
  allowed_networks: string | null;
  read_only: number;
};

/** A Secret Key or token of an API user, with all that decides whether it may be used now. */
export type StoredApiCredential = {
  id: number;
  kind: 'secret_key' | 'api_token';
  hash: string;
  credential_expires_at: Micros | null;
  allowed_networks: string | null;
  read_only: number;
  signed_body_required: number;
  account_id: number;
  account_kind: AccountKind;
  user_name: string;
  organization_id: number;
  system_role: SystemRole;
  organization_role: OrganizationRole;
  deleted_at: number | null;
  disabled_at: number | null;
  locked_at: number | null;
  expires_at: number | null;
  organization_disabled_at: number | null;
  /** The organization's data key. */
  wrapped: string | null;
};

export function prepareAuthentication(db: Database) {
  const columns =
    'c.id as id, c.allowed_networks as allowed_networks, c.read_only as read_only, c.kind as kind, a.id as account_id, a.user_name as user_name, a.credential_version as credential_version, c.algorithm as algorithm, c.hash as hash, c.expires_at as expires_at';
  const passwords = db.prepare<StoredCredential>(
    `select ${columns} from accounts a join credentials c on c.account_id = a.id and c.kind = 'password' where a.user_name_key = ? order by c.id desc`,
  );
  const keys = db.prepare<StoredCredential>(
    `select ${columns} from credentials c join accounts a on a.id = c.account_id where c.kind = 'api_key' and c.hash = ?`,
  );
  const apiColumns = `c.id as id, c.kind as kind, c.hash as hash, c.expires_at as credential_expires_at,
    c.allowed_networks as allowed_networks, c.read_only as read_only, c.signed_body_required as signed_body_required,
    a.id as account_id, a.kind as account_kind, a.user_name as user_name, a.organization_id as organization_id,
    a.system_role as system_role, a.organization_role as organization_role, a.deleted_at as deleted_at,
    a.disabled_at as disabled_at, a.locked_at as locked_at, a.expires_at as expires_at,
    g.disabled_at as organization_disabled_at, d.wrapped as wrapped`;
  const apiTables = `join organizations g on g.owner_id = a.organization_id left join data_keys d on d.organization_id = a.organization_id`;
  const secretKeys = db.prepare<StoredApiCredential>(
    `select ${apiColumns} from accounts a join credentials c on c.account_id = a.id and c.kind = 'secret_key' ${apiTables}
     where a.user_name_key = ? order by c.id desc`,
  );
  const tokens = db.prepare<StoredApiCredential>(
    `select ${apiColumns} from credentials c join accounts a on a.id = c.account_id ${apiTables}
     where c.kind = 'api_token' and c.hash = ?`,
  );
  return {
    /** The Secret Keys of the account with that Access ID, the newest first. */
    secretKeysOf: async (accessId: string) => await secretKeys([nameKey(accessId)]),
    tokensWithDigest: async (digest: string) => await tokens([digest]),
    /** The passwords of the account of that name, the newest first: more than one while a rotation overlaps. */
    passwordsOf: async (userName: string) => await passwords([nameKey(userName)]),
    keysWithDigest: async (digest: string) => await keys([digest]),
  };
}

export type AuthenticationStatements = ReturnType<typeof prepareAuthentication>;

export async function listThrottles(
  db: Kysely<Schema>,
  keys: readonly string[],
): Promise<Map<string, Throttle>> {
  const rows = await db.selectFrom('throttles').selectAll().where('key', 'in', keys).execute();
  return new Map(
    rows.map((row) => [
      row.key,
      { failures: row.failures, lastFailureAt: row.last_failure_at, blockedUntil: row.blocked_until },
    ]),
  );
}

/** Makes the throttle if need be, and locks it until the transaction ends: failures that come at once all count. */
export async function lockThrottle(tx: Transaction, key: string): Promise<void> {
  await tx
    .insertInto('throttles')
    .values({ key, failures: 0, last_failure_at: 0, blocked_until: 0 })
    .onConflict((c) => c.column('key').doUpdateSet((eb) => ({ failures: eb.ref('throttles.failures') })))
    .execute();
}

export async function upsertThrottle(tx: Transaction, key: string, throttle: Throttle): Promise<void> {
  const values = {
    failures: throttle.failures,
    last_failure_at: throttle.lastFailureAt,
    blocked_until: throttle.blockedUntil,
  };
  await tx
    .insertInto('throttles')
    .values({ key, ...values })
    .onConflict((c) => c.column('key').doUpdateSet(values))
    .execute();
}

export async function deleteThrottle(tx: Transaction, key: string): Promise<void> {
  await tx.deleteFrom('throttles').where('key', '=', key).execute();
}

export type AccountBlock = { key: string; everywhere: Micros | null; somewhere: Micros | null };

/**
 * Until when the accounts with these keys (see `accountThrottleKey`) are kept out: everywhere, and at single addresses.
 * What lies beyond `credible` is left out.
 */
export async function listAccountBlocks(
  db: Kysely<Schema>,
  keys: readonly string[],
  credible: { lastFailureAt: Micros; blockedUntil: Micros },
): Promise<AccountBlock[]> {
  const asked = sql`(values ${sql.join(keys.map((key) => sql`(${key})`))}) as v`;
  const isCredible = sql`t.last_failure_at <= ${credible.lastFailureAt} and t.blocked_until <= ${credible.blockedUntil}`;
  // Each half walks the primary key: an attack leaves one row for each address that it comes from.
  const { rows } = await sql<{ key: string; is_everywhere: number; blocked_until: Micros }>`
    select v.column1 as key, 1 as is_everywhere, t.blocked_until as blocked_until
      from ${asked} join throttles t on t.key = v.column1 where ${isCredible}
    union all
    select v.column1 as key, 0 as is_everywhere, max(t.blocked_until) as blocked_until
      from ${asked} join throttles t on t.key > v.column1 || ' ' and t.key < v.column1 || '!'
      where ${isCredible} group by v.column1`.execute(db);
  return keys.map((key) => {
    const until = (isEverywhere: number) =>
      rows.find((row) => row.key === key && row.is_everywhere === isEverywhere)?.blocked_until ?? null;
    return { key, everywhere: until(1), somewhere: until(0) };
  });
}

/** Forgets every failed attempt at the account, wherever it came from; `key` is that of `accountThrottleKey`. */
export async function deleteThrottlesOf(tx: Transaction, key: string): Promise<void> {
  await tx
    .deleteFrom('throttles')
    // `!` comes right after the blank, so that this is every key that begins with `key` and a blank.
    .where((eb) =>
      eb.or([eb('key', '=', key), eb.and([eb('key', '>=', `${key} `), eb('key', '<', `${key}!`)])]),
    )
    .execute();
}

export async function deleteOldThrottles(tx: Transaction, before: Micros): Promise<void> {
  await tx
    .deleteFrom('throttles')
    .where('last_failure_at', '<', before)
    .where('blocked_until', '<', before)
    .execute();
}

/** The account of that name, and whether it was used from the network in the last months. */
export async function findFamiliar(
  db: Kysely<Schema>,
  userName: string,
  network: string,
): Promise<{ accountId: number; credentialVersion: number; isKnownNetwork: boolean } | undefined> {
  const row = await db
    .selectFrom('accounts')
    .leftJoin('known_addresses', (join) =>
      join.onRef('known_addresses.account_id', '=', 'accounts.id').on('address', '=', network),
    )
    .select(['accounts.id', 'accounts.credential_version', 'known_addresses.account_id as known'])
    .where('accounts.user_name_key', '=', nameKey(userName))
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : {
        accountId: row.id,
        credentialVersion: row.credential_version,
        isKnownNetwork: row.known !== null,
      };
}

export async function upsertKnownNetwork(
  tx: Transaction,
  row: { accountId: number; network: string; at: Micros },
): Promise<void> {
  await tx
    .insertInto('known_addresses')
    .values({ account_id: row.accountId, address: row.network, last_seen_at: row.at })
    .onConflict((c) => c.columns(['account_id', 'address']).doUpdateSet({ last_seen_at: row.at }))
    .execute();
}

export async function deleteOldNetworks(tx: Transaction, before: Micros): Promise<void> {
  await tx.deleteFrom('known_addresses').where('last_seen_at', '<', before).execute();
}

/** Notes that the nonce was used with the credential, for as long as its signature could be. @returns whether it was the first time */
export async function insertNonce(
  tx: Transaction,
  row: { credentialId: number; nonce: string; expiresAt: Micros },
): Promise<boolean> {
  const inserted = await tx
    .insertInto('signature_nonces')
    .values({ key: `${row.credentialId} ${row.nonce}`, expires_at: row.expiresAt })
    .onConflict((c) => c.column('key').doNothing())
    .returning('key')
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function deleteOldNonces(tx: Transaction, before: Micros): Promise<void> {
  await tx.deleteFrom('signature_nonces').where('expires_at', '<', before).execute();
}
