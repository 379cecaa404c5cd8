import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import type { AccountRow } from '../../db/schema.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { lockAccount } from '../accounts/accounts.store.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { isMailConfigured, queueMail } from './outbox.ts';
import { accountReminder, credentialReminder, namedAccount, reminderWindows } from './reminders.rules.ts';
import {
  type Ending,
  listEndingAccounts,
  listEndingCredentials,
  listOrganizationAdministrators,
  takeAccountReminder,
  takeCredentialReminder,
  type Window,
} from './reminders.store.ts';

/** Ends that are looked for at a time. */
const BATCH = 200;
/** Organization Administrators who are told of one end. */
const MAX_ADMINISTRATORS = 20;

/**
 * Reminds of keys, tokens and accounts that end 30, 14, 7 and 1 days before, and when they have: each once, whichever
 * process comes first, and after a time without any server only the latest of them. While no mail is configured nobody is
 * reminded, and nothing is noted. Says how many ends were told of.
 */
export async function sendReminders(app: App): Promise<number> {
  if (!(await isMailConfigured(app.db.read))) return 0;
  const now = app.clock.now();
  let told = 0;
  for (const window of reminderWindows(now)) {
    for (const list of [listEndingCredentials, listEndingAccountsOf]) {
      for (;;) {
        const endings = await list(app.db.read, window, now, BATCH);
        let taken = 0;
        for (const ending of endings) if (await remind(app, ending, window, now)) taken++;
        told += taken;
        // What nobody took is another process's; it takes the rest as well.
        if (endings.length < BATCH || taken === 0) break;
      }
    }
  }
  return told;
}

const listEndingAccountsOf: typeof listEndingCredentials = async (db, window, _now, limit) =>
  await listEndingAccounts(db, window, limit);

async function remind(app: App, ending: Ending, window: Window, now: Micros): Promise<boolean> {
  return await inTransaction(app.db, async (tx) => {
    const account = await lockAccount(tx, ending.accountId);
    if (account === undefined || account.deleted_at !== null || account.disabled_at !== null) return false;
    const organization = (await findOrganization(tx, account.organization_id))?.name ?? '';
    const shown = { account: namedAccount(account), organization };
    const { days } = window;
    if (ending.credentialId === undefined) {
      const expiresAt = await takeAccountReminder(tx, account.id, window);
      if (expiresAt === undefined) return false;
      for (const { address, timeZone } of await recipients(tx, account, now))
        await queueMail(app, tx, {
          account,
          to: address,
          message: accountReminder({ ...shown, expiresAt, timeZone }, days),
        });
      return true;
    }
    const credential = await takeCredentialReminder(tx, ending.credentialId, window);
    if (credential === undefined) return false;
    const { kind, hint, expires_at: expiresAt } = credential;
    for (const { address, timeZone } of await recipients(tx, account, now))
      await queueMail(app, tx, {
        account,
        to: address,
        message: credentialReminder({ ...shown, kind, hint, expiresAt, timeZone }, days),
      });
    return true;
  });
}

/** Whoever looks after the account, or is its person, and those who administer its organization: each address once. */
async function recipients(
  tx: Transaction,
  account: AccountRow,
  now: Micros,
): Promise<{ address: string; timeZone: string | null }[]> {
  const isPerson = account.kind === 'user' || account.kind === 'read_only';
  const own = isPerson ? account.user_name : account.contact_email;
  const all = [
    ...(own === null ? [] : [{ address: own, timeZone: account.time_zone }]),
    ...(await listOrganizationAdministrators(tx, account.organization_id, now, MAX_ADMINISTRATORS)),
  ];
  return [...new Map(all.toReversed().map((each) => [nameKey(each.address), each])).values()].reverse();
}
