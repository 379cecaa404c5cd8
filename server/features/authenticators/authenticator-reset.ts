import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { AccountRow } from '../accounts/accounts.store.ts';
import { authenticatorReset } from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { deleteFactors } from './authenticators.store.ts';

/**
 * Removes all second factors of an account for its person, who cannot show them any more: sessions end, and the person is
 * told by mail. The account's columns are for the caller to write.
 */
export async function removeFactorsFor(
  app: App,
  { tx, access: { actor }, now }: Action,
  account: AccountRow,
): Promise<{ sessionsEnded: number; mailed: boolean }> {
  await deleteFactors(tx, account.id);
  const sessionsEnded = await deleteSessionsOf(tx, account.id);
  const by = actor.kind === 'account' ? actor.name : 'the operator of the server';
  const message = authenticatorReset({ by, at: now, address: null, timeZone: account.time_zone });
  const mailed = await queueMail(app, tx, { account, to: account.user_name, message });
  return { sessionsEnded, mailed };
}
