import { ACCOUNT_COLUMNS, type AccountColumn } from '../../../contract/bulk.ts';
import type { Access } from '../../access/access.ts';
import type { App } from '../../context.ts';
import type { AccountRow } from '../../db/schema.ts';
import { allowedOwner, fieldValues } from '../accounts/account-view.rules.ts';
import { listAllowedOwners } from '../accounts/accounts.store.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { ownersAsSeen } from '../owners/visible-roles.ts';
import { listServices } from '../taxii-services/taxii-services.store.ts';
import { type CellValue, hasColumn, type PresentValues, unnamedOwner } from './columns.rules.ts';

const COLUMNS = Object.keys(ACCOUNT_COLUMNS) as AccountColumn[];
/** Accounts whose lists are read at a time. */
const MAX_ACCOUNTS = 500;

/**
 * What each of the accounts has in the columns, by id: what an export shows to whoever asks, and what an import of theirs
 * compares with.
 */
export async function presentValues(
  db: App['db']['read'],
  access: Access,
  accounts: readonly AccountRow[],
): Promise<Map<number, PresentValues>> {
  const services = new Map((await listServices(db)).map((service) => [service.id, service]));
  const values = new Map<number, PresentValues>();
  for (let from = 0; from < accounts.length; from += MAX_ACCOUNTS) {
    const some = accounts.slice(from, from + MAX_ACCOUNTS);
    const ids = some.map(({ id }) => id);
    const groups = namesById((await listGroupsOf(db, ids)).map(({ account_id, name }) => [account_id, name]));
    const allowed = await listAllowedOwners(db, ids);
    const ownerTexts = await textsOfOwners(db, access, allowed);
    const owners = namesById(
      allowed.map(({ account_id, owner_id }) => [
        account_id,
        ownerTexts.get(owner_id) ?? unnamedOwner(owner_id),
      ]),
    );
    for (const row of some) {
      const service = services.get(row.service_id ?? 0);
      const fields: Record<AccountColumn, unknown> = {
        ...fieldValues(row, { groups: [], onlyOwners: null }),
        kind: row.kind,
        groups: groups.get(row.id) ?? null,
        onlyOwners: row.narrowed === 1 ? (owners.get(row.id) ?? []) : null,
        service: service?.name ?? null,
      };
      const shown = Object.fromEntries(
        COLUMNS.map((column) => [column, hasColumn(row.kind, column) ? (fields[column] ?? null) : null]),
      ) as Record<AccountColumn, CellValue | null>;
      values.set(row.id, { ...shown, servicePath: service?.path ?? null, ownerTexts });
    }
  }
  return values;
}

/** How each of the owners stands in a list: by name, or by id where whoever asks cannot see it. */
async function textsOfOwners(
  db: App['db']['read'],
  access: Access,
  allowed: Awaited<ReturnType<typeof listAllowedOwners>>,
): Promise<Map<number, string>> {
  const owners = new Map(allowed.map((row) => [row.owner_id, allowedOwner(row)]));
  const seen = await ownersAsSeen(db, access, [...owners.values()]);
  return new Map(seen.map(({ id, name }) => [id, name ?? unnamedOwner(id)]));
}

function namesById(pairs: readonly (readonly [number, string])[]): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const [id, name] of pairs) names.set(id, [...(names.get(id) ?? []), name]);
  return names;
}
