import type { MailItem } from '../../../contract/mail.ts';
import type { OutboxTable } from '../../db/schema.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';

type Row = Omit<OutboxTable, 'id' | 'sealed' | 'claimed_until'> & { id: number };

/** What may be shown of a mail: everything but what it says. */
export function shownMail(row: Row): MailItem {
  const state = row.sent_at !== null ? 'sent' : row.failed_at !== null ? 'failed' : 'waiting';
  const instant = (at: number | null) => (at === null ? null : formatTimestamp(at));
  return {
    id: row.id,
    state,
    purpose: row.purpose,
    recipient: row.recipient,
    accountId: row.account_id,
    organizationId: row.organization_id,
    createdAt: formatTimestamp(row.created_at),
    attempts: row.attempts,
    nextAttemptAt: state === 'waiting' ? formatTimestamp(row.next_attempt_at) : null,
    sentAt: instant(row.sent_at),
    failedAt: instant(row.failed_at),
    error: row.error,
  };
}
