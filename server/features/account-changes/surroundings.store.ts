import type { Kysely } from 'kysely';
import type { OwnerKind } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { AccountRow } from '../accounts/accounts.store.ts';
import type { RoleInOwner, Surroundings } from './edits.rules.ts';

/** An owner in which the account has a role, with its name whoever asks. */
export type NamedRole = RoleInOwner & { id: number; kind: OwnerKind; name: string };

/** What hangs on the account. `isThrottled` is for the caller to find out. */
export async function findSurroundings(
  db: Kysely<Schema>,
  account: AccountRow,
  now: Micros,
): Promise<Omit<Surroundings, 'isThrottled'> & { rolesInOwners: readonly NamedRole[] }> {
  const rolesInOwners = await db
    .selectFrom('owners')
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.owner_id', '=', 'owners.id').on('m.organization_id', '=', account.organization_id),
    )
    .leftJoin('account_roles as r', (join) =>
      join.onRef('r.owner_id', '=', 'owners.id').on('r.account_id', '=', account.id),
    )
    .select(['owners.id', 'owners.kind', 'owners.name', 'r.role as individual', 'm.default_role as default'])
    .where('owners.id', 'in', (eb) =>
      eb
        .selectFrom('memberships')
        .select('owner_id')
        .where('organization_id', '=', account.organization_id)
        .union(eb.selectFrom('account_roles').select('owner_id').where('account_id', '=', account.id)),
    )
    .orderBy('owners.id')
    .execute();
  return {
    rolesInOwners,
    sessions: await countSessions(db, account, now),
    credentials: await countCredentials(db, account.id, now),
  };
}

/** Sessions that are open now. */
async function countSessions(db: Kysely<Schema>, account: AccountRow, now: Micros): Promise<number> {
  const row = await db
    .selectFrom('sessions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', account.id)
    .where('credential_version', '=', account.credential_version)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

async function countCredentials(db: Kysely<Schema>, accountId: number, now: Micros): Promise<number> {
  const row = await db
    .selectFrom('credentials')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Takes away the account's individual Community roles: its organization's defaults count again. */
export async function resetCommunityRoles(tx: Transaction, accountId: number): Promise<void> {
  await tx.deleteFrom('account_roles').where('account_id', '=', accountId).execute();
}

/** Replaces the owners that the account is narrowed to. */
export async function deleteAllowedOwners(tx: Transaction, accountId: number): Promise<void> {
  await tx.deleteFrom('account_allowed_owners').where('account_id', '=', accountId).execute();
}

/**
 * Takes what the organization has nothing to do with off the account's allow-list. The account stays narrowed, if it is: one
 * whose list is empty sees nothing.
 */
export async function deleteOwnersOutOfReach(
  tx: Transaction,
  accountId: number,
  organizationId: number,
): Promise<void> {
  await tx
    .deleteFrom('account_allowed_owners')
    .where('account_id', '=', accountId)
    .where('owner_id', '!=', organizationId)
    .where('owner_id', 'not in', (eb) =>
      eb.selectFrom('memberships').select('owner_id').where('organization_id', '=', organizationId),
    )
    .execute();
}
