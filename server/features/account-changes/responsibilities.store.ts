import type { Kysely } from 'kysely';
import type { ResponsibilityKind } from '../../../contract/accounts.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { AccountRow } from '../accounts/accounts.store.ts';
import { listCollectionsOf, passCollections } from '../collections/collections.store.ts';
import { listServicesOf, passServices } from '../taxii-services/taxii-services.store.ts';
import { type HeirRule, rolesOfHeirs } from './heirs.rules.ts';

/**
 * Something that runs as an account, or for which an account is responsible. A feature that has such things adds its
 * entry here; the deletion of an account then asks for an heir and passes them on.
 */
export type Responsibility = {
  kind: ResponsibilityKind;
  /** What it is, in a sentence, in the plural. */
  title: string;
  /** Which accounts may take it over. */
  heir: HeirRule;
  list(db: Kysely<Schema>, accountId: number): Promise<readonly { id: number | string; name: string }[]>;
  pass(tx: Transaction, fromAccountId: number, toAccountId: number): Promise<number>;
};

export const RESPONSIBILITIES: readonly Responsibility[] = [
  {
    kind: 'taxiiServices',
    title: 'TAXII services',
    heir: { kinds: ['user'], elsewhere: ['Administrator'] },
    list: listServicesOf,
    pass: passServices,
  },
  {
    kind: 'collections',
    title: 'collections',
    heir: { kinds: ['user', 'api'], permission: 'intelligence.create' },
    list: listCollectionsOf,
    pass: passCollections,
  },
];

/** Accounts of the organization that may take over now, in the order of the membership list. */
export async function listPossibleHeirs(
  db: Kysely<Schema>,
  organizationId: number,
  filter: { rule: HeirRule; besides: number; now: Micros; limit: number },
): Promise<AccountRow[]> {
  return await db
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .where('kind', 'in', filter.rule.kinds)
    .where('organization_role', 'in', rolesOfHeirs(filter.rule))
    .where('id', '!=', filter.besides)
    .where('locked_at', 'is', null)
    .where('disabled_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', filter.now)]))
    .orderBy('user_name_key')
    .limit(filter.limit)
    .execute();
}
