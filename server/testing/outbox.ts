import { setTimeout as sleep } from 'node:timers/promises';
import { openMail } from '../features/mail/outbox.ts';
import { setSettings } from '../features/settings/settings.service.ts';
import type { TestApp } from './test-app.ts';

/** Configures a mail server that cannot be reached: what is to be sent stays in the outbox, where a test reads it. */
export async function configureUnreachableMail(app: TestApp): Promise<void> {
  await setSettings(app, app.operator, {
    settings: [
      { name: 'mailServerHost', value: '127.0.0.1' },
      { name: 'mailServerPort', value: 9 },
      { name: 'mailFrom', value: 'taxiway@example.org' },
    ],
  });
}

/** The mails to an address that were not sent yet, the oldest first; waits until there are `count` of them. */
export async function mailsTo(app: TestApp, address: string, count = 0) {
  for (let attempt = 0; ; attempt++) {
    const rows = await app.db.read
      .selectFrom('outbox')
      .selectAll()
      .where('recipient', '=', address)
      .orderBy('id')
      .execute();
    if (rows.length >= count || attempt === 100)
      return rows.map((row) => ({ purpose: row.purpose, ...openMail(app.keys, row, row.sealed ?? '') }));
    await sleep(50);
  }
}

/** The token of the link in the text. */
export function tokenIn(text: string | null | undefined): string {
  const token = /\/link#(txwl_[\w-]{43})/.exec(text ?? '')?.[1];
  if (token === undefined) throw new Error(`there is no link in ${text}`);
  return token;
}
