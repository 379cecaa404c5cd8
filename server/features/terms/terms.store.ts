import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Schema, TermsAcceptancesTable, TermsOfServiceTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type TermsRow = Selectable<TermsOfServiceTable>;

/** A version of the terms of service; the latest, unless one is named. */
export async function findTerms(db: Kysely<Schema>, version?: number): Promise<TermsRow | undefined> {
  let query = db.selectFrom('terms_of_service').selectAll();
  if (version !== undefined) query = query.where('version', '=', version);
  return await query.orderBy('version', 'desc').limit(1).executeTakeFirst();
}

/** The number of the latest version; 0: none was published. */
export async function latestVersion(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('terms_of_service')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}

/** Versions without their texts, the latest first, from the one before `before` on. */
export async function listTermsRows(
  db: Kysely<Schema>,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Omit<TermsRow, 'text'>[]> {
  let query = db
    .selectFrom('terms_of_service')
    .select(['version', 'published_at', 'published_by', 'must_be_accepted']);
  if (before !== undefined) query = query.where('version', '<', before);
  return await query.orderBy('version', 'desc').limit(limit).execute();
}

export async function insertTerms(tx: Transaction, row: Insertable<TermsOfServiceTable>): Promise<void> {
  await tx.insertInto('terms_of_service').values(row).execute();
}

/** The latest version that the account accepted, and when. */
export async function findAcceptance(
  db: Kysely<Schema>,
  accountId: number,
): Promise<{ version: number; accepted_at: Micros } | undefined> {
  return await db
    .selectFrom('terms_acceptances')
    .select(['version', 'accepted_at'])
    .where('account_id', '=', accountId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Whoever is asked for the same version again accepts it anew: the latest time counts. */
export async function upsertAcceptance(
  tx: Transaction,
  row: Selectable<TermsAcceptancesTable>,
): Promise<void> {
  const { accepted_at, source_address } = row;
  await tx
    .insertInto('terms_acceptances')
    .values(row)
    .onConflict((c) => c.columns(['account_id', 'version']).doUpdateSet({ accepted_at, source_address }))
    .execute();
}

/** When, whose, and of which version. */
type AcceptancePosition = readonly [at: Micros, account: number, version: number];

/** Who accepted what, the latest first, from behind the position on. */
export async function listAcceptanceRows(
  db: Kysely<Schema>,
  {
    version,
    account,
    after,
    limit,
  }: {
    version: number | undefined;
    account: number | undefined;
    after: AcceptancePosition | undefined;
    limit: number;
  },
) {
  let query = db
    .selectFrom('terms_acceptances as t')
    .innerJoin('accounts', 'accounts.id', 't.account_id')
    .innerJoin('owners', 'owners.id', 'accounts.organization_id')
    .select([
      't.account_id',
      't.version',
      't.accepted_at',
      't.source_address',
      'accounts.user_name',
      'owners.name as organization_name',
    ]);
  if (version !== undefined) query = query.where('t.version', '=', version);
  if (account !== undefined) query = query.where('t.account_id', '=', account);
  if (after !== undefined)
    query = query.where((eb) =>
      eb(eb.refTuple('t.accepted_at', 't.account_id', 't.version'), '<', eb.tuple(...after)),
    );
  return await query
    .orderBy('t.accepted_at', 'desc')
    .orderBy('t.account_id', 'desc')
    .orderBy('t.version', 'desc')
    .limit(limit)
    .execute();
}
