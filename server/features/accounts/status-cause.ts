import type { AccountDetails } from '../../../contract/accounts.ts';
import type { App, Caller } from '../../context.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { activityName, seenBy } from '../audit/audit.rules.ts';
import { type AuditEventRow, listActorNames, listDoneTo } from '../audit/audit.store.ts';
import { viewerOf } from '../audit/audit-scope.ts';
import { accountTarget, type ShownRow } from './account-view.rules.ts';
import { accountState } from './accounts.rules.ts';
import { findAccount } from './accounts.store.ts';

/**
 * Who locked or disabled the account, and why, for those who may read that in the audit trail: with the names that it shows
 * them. Null where nobody did, or the asker may not know of it.
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
  const events = await listDoneTo(read, row.id, since);
  const event =
    events.findLast(({ action }) => state === 'disabled' && action === 'account.lockdown') ??
    events.find((each) => tellsOf(each, state));
  if (event === undefined) return null;
  // What was done to it in another organization, before it was moved, is for that one to read.
  if (event.organization_id !== row.organization_id && !viewer.seesInstance) return null;
  const names = (await listActorNames(read, [event.actor_account_id ?? 0])).get(event.actor_account_id ?? 0);
  const seen = seenBy(event, viewer, names).row;
  const actor = seen.actor_account_id === null ? undefined : await findAccount(read, seen.actor_account_id);
  const isLinked = actor !== undefined && access.can('account.view', accountTarget(actor));
  const isHidden = seen.actor_account_id === null && event.actor_account_id !== null;
  const { reason } = JSON.parse(seen.details) as { reason?: unknown };
  return {
    by: {
      id: isLinked ? actor.id : null,
      name: isHidden
        ? seen.actor_name
        : activityName({ ...event, actor_organization_id: event.organization_id }, names),
    },
    lockdown: event.action === 'account.lockdown',
    reason: typeof reason === 'string' ? reason : null,
  };
}

/** Whether the event brought the account into the state. */
function tellsOf({ details }: AuditEventRow, state: string): boolean {
  const change = (JSON.parse(details) as Record<string, unknown>)[state];
  return change === true || (change as { after?: unknown } | undefined)?.after === true;
}
