import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

const COLUMNS = [
  'id',
  'kind',
  'user_name',
  'first_name',
  'last_name',
  'pseudonym',
  'system_role',
  'organization_id',
] as const;

/** The account, as `whoami` shows it. */
export async function findMember(db: Kysely<Schema>, accountId: number) {
  return await db.selectFrom('accounts').select(COLUMNS).where('id', '=', accountId).executeTakeFirst();
}

/** The accounts of the organization that are not deleted, the oldest first. */
export async function listMembers(db: Kysely<Schema>, organizationId: number) {
  return await db
    .selectFrom('accounts')
    .select(COLUMNS)
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute();
}
