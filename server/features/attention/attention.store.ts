import { type Kysely, type SqlBool, sql } from 'kysely';
import type { LimitName } from '../../../contract/organizations.ts';
import type { Schema } from '../../db/schema.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/** Accounts of the organization, or of all, at which an attempt to sign in failed since the instant; at most `limit`. */
export async function listAccountsWithFailures(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  since: Micros,
  limit: number,
): Promise<number[]> {
  let query = db
    .selectFrom('audit_events')
    .select('actor_account_id')
    .distinct()
    .where('outcome', '=', 'failed')
    // Said again, so that both engines see that the index of what was not done holds them all.
    .where(sql<SqlBool>`outcome <> 'done'`)
    .where('at', '>=', since)
    .where('actor_account_id', 'is not', null);
  if (organizationId !== 'instance') query = query.where('chain', '=', organizationId);
  const rows = await query.limit(limit).execute();
  return rows.flatMap(({ actor_account_id: id }) => (id === null ? [] : [id]));
}

export type ScarceSeats = {
  organization: { id: number; name: string };
  limit: LimitName;
  used: number;
  max: number;
};

const LIMITS = { user: 'users', api: 'apiUsers', taxii: 'taxiiUsers' } as const;

/** Limits of the organization, or of all, of which so many tenths are taken; the fullest first. */
export async function listScarceSeats(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  { tenths, limit }: { tenths: number; limit: number },
): Promise<ScarceSeats[]> {
  let used = db
    .selectFrom('accounts')
    .select(['organization_id', 'kind'])
    .select((eb) => eb.fn.countAll<number>().as('used'))
    .where('deleted_at', 'is', null)
    .where('kind', 'in', ['user', 'api', 'taxii'])
    .groupBy(['organization_id', 'kind']);
  if (organizationId !== 'instance') used = used.where('organization_id', '=', organizationId);
  const max = sql<number>`case taken.kind when 'user' then organizations.max_users
    when 'api' then organizations.max_api_users else organizations.max_taxii_users end`;
  const rows = await db
    .selectFrom(used.as('taken'))
    .innerJoin('organizations', 'organizations.owner_id', 'taken.organization_id')
    .innerJoin('owners', 'owners.id', 'taken.organization_id')
    .select(['taken.organization_id', 'owners.name', 'taken.kind', 'taken.used', max.as('max')])
    .where('organizations.disabled_at', 'is', null)
    .where(sql<SqlBool>`taken.used * 10 >= (${max}) * ${tenths}`)
    .orderBy(sql`case when (${max}) = 0 then 1e9 else taken.used * 1.0 / (${max}) end`, 'desc')
    .orderBy('taken.organization_id')
    .orderBy('taken.kind')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    organization: { id: row.organization_id, name: row.name },
    limit: LIMITS[row.kind as keyof typeof LIMITS],
    used: Number(row.used),
    max: Number(row.max),
  }));
}
