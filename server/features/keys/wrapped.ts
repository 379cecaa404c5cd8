import { SETTINGS } from '../../../contract/settings.ts';
import type { Database } from '../../db/open.ts';
import type { Transaction } from '../../db/transaction.ts';
import { dataKeyContext, type Keys, wrappedUnder } from '../../keys.ts';
import { mailContext } from '../mail/outbox.ts';
import { settingContext } from '../settings/setting-secrets.ts';
import { listSettingRows } from '../settings/settings.store.ts';
import {
  listDataKeyRows,
  listSealedMails,
  replaceDataKey,
  replaceMail,
  replaceSetting,
} from './keys.store.ts';

/** Something in the database that a master key wraps itself. */
export type Wrapped = {
  kind: 'dataKey' | 'setting' | 'mail';
  /** What it is called where it does not open. */
  name: string;
  context: string;
  text: string;
  /** Puts another text into its place, unless there is another one by now; whether it did. */
  replace(tx: Transaction, text: string): Promise<boolean>;
};

/** Everything that master keys wrap themselves, each kind in the order of its ids. */
export async function listWrapped(db: Database['read']): Promise<Wrapped[]> {
  const dataKeys = (await listDataKeyRows(db)).map(
    ({ organizationId, organization, wrapped }): Wrapped => ({
      kind: 'dataKey',
      name: `the data key of ${organization}`,
      context: dataKeyContext(organizationId),
      text: wrapped,
      replace: (tx, text) => replaceDataKey(tx, organizationId, wrapped, text),
    }),
  );
  const settings = [...(await listSettingRows(db))].flatMap(([name, { value }]): Wrapped[] => {
    const text: unknown = SETTINGS[name].kind === 'secret' ? JSON.parse(value) : null;
    if (typeof text !== 'string' || text === '') return [];
    return [
      {
        kind: 'setting',
        name: `the setting ${name}`,
        context: settingContext(name),
        text,
        replace: (tx, other) => replaceSetting(tx, name, value, JSON.stringify(other)),
      },
    ];
  });
  const mails = (await listSealedMails(db)).flatMap(({ sealed, ...row }): Wrapped[] =>
    sealed === null
      ? []
      : [
          {
            kind: 'mail',
            name: `the mail ${row.id}`,
            context: mailContext(row),
            text: sealed,
            replace: (tx, text) => replaceMail(tx, row.id, sealed, text),
          },
        ],
  );
  return [...dataKeys, ...settings, ...mails];
}

export type WrappedCounts = { dataKeys: number; settings: number; mails: number };

/** How many of them are of each kind. */
export function countWrapped(wrapped: readonly Wrapped[]): WrappedCounts {
  const count = (kind: Wrapped['kind']) => wrapped.filter((each) => each.kind === kind).length;
  return { dataKeys: count('dataKey'), settings: count('setting'), mails: count('mail') };
}

/**
 * Wraps under the first master key what another one of them wraps. What others put there meanwhile stays as they put it, and
 * what does not open is left as it is.
 */
export async function wrapAnew(tx: Transaction, keys: Keys, first: string): Promise<WrappedCounts> {
  const done: Wrapped[] = [];
  for (const each of await listWrapped(tx)) {
    if (wrappedUnder(each.text) === first) continue;
    const plain = keys.unwrap(each.context, each.text);
    if (plain !== undefined && (await each.replace(tx, keys.wrap(each.context, plain)))) done.push(each);
  }
  return countWrapped(done);
}
