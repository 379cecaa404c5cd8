import type { AccountDetails } from '../../../contract/accounts.ts';
import type { App, Caller } from '../../context.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';
import { seenBy } from '../audit/audit.rules.ts';
import { type AuditEventRow, findLastLockdown, listActorNames, listDoneTo } from '../audit/audit.store.ts';
import { viewerOf } from '../audit/audit-scope.ts';
import { accountTarget, type ShownRow } from './account-view.rules.ts';
import { accountState } from './accounts.rules.ts';
import { findAccount } from './accounts.store.ts';

/**
 * Who locked or disabled the account, when, and why, for those who may read that in the audit trail: as it shows it to them.
 * Null where nobody did, or the asker may not know of it.
 */
export async function findStatusCause(
  { db: { read } }: App,
  caller: Caller,
  row: ShownRow,
  now: Micros,
): Promise<AccountDetails['statusCause']> {
  const { access } = caller;
  const state = accountState(row, now);
  const since = state === 'disabled' ? row.disabled_at : state === 'locked' ? row.locked_at : null;
  if (since === null || !access.can('audit.view', accountTarget(row))) return null;
  const viewer = viewerOf(caller);
  // What was done to it in another organization, before it was moved, is for those to read who may read the trail of that one.
  const isReadable = ({ organization_id: organizationId }: AuditEventRow) =>
    viewer.seesInstance || (organizationId !== null && access.can('audit.view', { organizationId }));
  // A lockdown is the graver cause, also where the account was disabled before.
  const lockdown = state === 'disabled' ? await findLastLockdown(read, row.id, since) : undefined;
  const event =
    lockdown !== undefined && isReadable(lockdown)
      ? lockdown
      : (await listDoneTo(read, row.id, since)).find((each) => tellsOf(each, state) && isReadable(each));
  if (event === undefined) return null;
  const names = (await listActorNames(read, [event.actor_account_id ?? 0])).get(event.actor_account_id ?? 0);
  const seen = seenBy(event, viewer, names).row;
  const actor = seen.actor_account_id === null ? undefined : await findAccount(read, seen.actor_account_id);
  const isLinked = actor !== undefined && access.can('account.view', accountTarget(actor));
  const { reason, wasDisabled } = JSON.parse(seen.details) as { reason?: unknown; wasDisabled?: unknown };
  return {
    by: { id: isLinked ? actor.id : null, name: seen.actor_name },
    // An event is written a little later than what it tells of.
    at: formatTimestamp(wasDisabled === true ? event.at : since),
    lockdown: event === lockdown,
    reason: typeof reason === 'string' ? reason : null,
  };
}

/** Whether the event brought the account into the state. */
function tellsOf({ details }: AuditEventRow, state: string): boolean {
  const change = (JSON.parse(details) as Record<string, unknown>)[state];
  return change === true || (change as { after?: unknown } | undefined)?.after === true;
}
