import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Action } from '../../action.ts';
import { AppError } from '../../errors.ts';
import { called } from '../owners/owners.rules.ts';
import { accountAuditTarget, accountTarget } from './account-view.rules.ts';
import { type AccountRow, findAccount, lockAccount } from './accounts.store.ts';
import { KIND_NAMES } from './forms.rules.ts';

/** What a read needs of an action; outside of a transaction, `tx` is the database. */
type Reader = { tx: Parameters<typeof findAccount>[0] } & Pick<Action, 'access'> &
  Partial<Pick<Action, 'about'>>;

/**
 * The account, if the caller may see it; where a kind is named, only one of that kind.
 * @throws AppError `not_found`, the same for one that does not exist
 */
export async function findVisibleAccount(
  { tx, access, about }: Reader,
  { account: reference, kind }: { account: Reference; kind?: AccountKind | undefined },
): Promise<AccountRow> {
  const row = await findAccount(tx, reference);
  const isVisible = access.can('account.view', row === undefined ? {} : accountTarget(row));
  if (row === undefined || !isVisible || (kind !== undefined && kind !== row.kind)) {
    const what = kind === undefined ? 'account' : KIND_NAMES[kind];
    throw new AppError('not_found', { message: `There is no ${what} ${called(reference)}.` });
  }
  about?.(accountAuditTarget(row));
  return row;
}

/**
 * The same account, locked, as it is after everybody who held it. Lock what comes before it in the lock order first.
 * @throws AppError `stale` when it was deleted or moved meanwhile
 */
export async function lockVisibleAccount({ tx }: Pick<Action, 'tx'>, found: AccountRow): Promise<AccountRow> {
  const row = await lockAccount(tx, found.id);
  if (row === undefined || row.organization_id !== found.organization_id)
    throw new AppError('stale', { message: 'The account was deleted or moved meanwhile.' });
  return row;
}

/** @throws AppError `stale` when the account has another version than the asker saw */
export function requireSameVersion(row: AccountRow, version: number | undefined): void {
  if (version === undefined || version === row.version) return;
  throw new AppError('stale', {
    message: `The account was changed meanwhile: its version is ${row.version}, not ${version}.`,
    version: row.version,
  });
}
