import type { AccountRow, CredentialKind } from '../../db/schema.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import {
  accountExpired,
  accountExpiring,
  type ExpiringAccount,
  type ExpiringCredential,
  keyExpired,
  keyExpiring,
  type Message,
} from './messages.rules.ts';

const DAY: Micros = 86_400_000_000;
/** Days before an end of which somebody is reminded; 0: when it has come. */
const REMINDED_DAYS = [0, 1, 7, 14, 30] as const;
/** An end longer ago is not told any more. */
const TOLD_AFTERWARDS: Micros = 30 * DAY;

/**
 * The ends of which reminders are due at the instant: each of them falls into one window, that of the latest reminder.
 * Whatever was missed before, because no server ran, is not sent belatedly.
 */
export function reminderWindows(now: Micros) {
  return REMINDED_DAYS.map((days, index) => {
    const before = REMINDED_DAYS[index - 1];
    return {
      days,
      lead: days * DAY,
      after: before === undefined ? now - TOLD_AFTERWARDS : now + before * DAY,
      until: now + days * DAY,
    };
  });
}

const CREDENTIALS: Readonly<Record<CredentialKind, string>> = {
  password: 'password',
  api_key: 'API key',
  secret_key: 'Secret Key',
  api_token: 'token',
};

/** An account as a mail names it. */
export function namedAccount(
  row: Pick<AccountRow, 'kind' | 'user_name' | 'first_name' | 'last_name'>,
): string {
  const name = [row.first_name, row.last_name].filter((part) => part !== null && part !== '').join(' ');
  return row.kind === 'api' && name !== '' ? `${name} (${row.user_name})` : row.user_name;
}

export function credentialReminder(
  { kind, ...credential }: Omit<ExpiringCredential, 'what'> & { kind: CredentialKind },
  days: number,
): Message {
  const key = { ...credential, what: CREDENTIALS[kind] };
  return days === 0 ? keyExpired(key) : keyExpiring({ ...key, days });
}

export function accountReminder(account: ExpiringAccount, days: number): Message {
  return days === 0 ? accountExpired(account) : accountExpiring({ ...account, days });
}
