import type { AccountItem } from '../../../contract/accounts.ts';
import type { Access } from '../../access/access.ts';
import type { App } from '../../context.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { listPendingLinks } from '../links/links.store.ts';
import { accountItemOf, type ShownRow } from './account-view.rules.ts';
import { findBlocks } from './blocks.ts';
import { listCredentialEnds, listInvited } from './listing.store.ts';

/** The accounts as a list shows them to this asker, with what is known of them beside their rows: a query for each sort of it. */
export async function showAccounts(
  app: App,
  access: Access,
  rows: readonly ShownRow[],
  now: Micros,
): Promise<AccountItem[]> {
  const db = app.db.read;
  const ids = rows.map(({ id }) => id);
  const blocks = await findBlocks(app, db, rows, now);
  const ends = await listCredentialEnds(db, ids, now);
  const links = await listPendingLinks(db, ids, now);
  const invited = await listInvited(
    db,
    rows.flatMap((row) => (row.password_changed_at === null ? [row.id] : [])),
  );
  return rows.map((row) =>
    accountItemOf(
      access,
      row,
      {
        block: blocks.get(row.id),
        credentialExpiresAt: ends.get(row.id),
        link: links.get(row.id),
        isInvited: invited.has(row.id),
      },
      now,
    ),
  );
}
