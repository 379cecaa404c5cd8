import type { Database } from '../../db/open.ts';
import { dataKeyContext, type Keys } from '../../keys.ts';
import { openSecret } from '../credentials/new-credential.ts';
import { listDataKeyRows, listSecretKeys, listSeeds, type SealedSecret } from './keys.store.ts';
import { listWrapped } from './wrapped.ts';

const PAGE = 500;

/** What was looked at, and what of it does not open, each by a name for people. */
export type Opening = { secrets: number; closed: string[] };

/**
 * Opens everything that is encrypted: what master keys wrap, and what the data keys protect. Of an organization whose data key
 * does not open, only that is told.
 */
export async function openEverything(db: Database['read'], keys: Keys): Promise<Opening> {
  const closed: string[] = [];
  let secrets = 0;
  const look = (isOpen: boolean, name: string) => {
    secrets++;
    if (!isOpen) closed.push(name);
  };
  for (const { name, context, text } of await listWrapped(db))
    look(keys.unwrap(context, text) !== undefined, name);
  const dataKeys = new Map((await listDataKeyRows(db)).map((row) => [row.organizationId, row.wrapped]));
  const isClosed = (organizationId: number) => {
    const wrapped = dataKeys.get(organizationId);
    return wrapped !== undefined && keys.unwrap(dataKeyContext(organizationId), wrapped) === undefined;
  };
  for (const [what, list] of [
    ['the Secret Key of', listSecretKeys],
    ['the authenticator app of', listSeeds],
  ] as const)
    for await (const row of pagesOf((after) => list(db, after, PAGE)))
      if (!isClosed(row.organizationId)) look(opens(keys, row, dataKeys), `${what} ${row.userName}`);
  return { secrets, closed };
}

async function* pagesOf(list: (after: number) => Promise<SealedSecret[]>): AsyncGenerator<SealedSecret> {
  for (let after = 0; ; ) {
    const page = await list(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

function opens(keys: Keys, row: SealedSecret, dataKeys: ReadonlyMap<number, string>): boolean {
  const holder = { id: row.accountId, organization_id: row.organizationId };
  try {
    openSecret({ keys }, holder, row, dataKeys.get(row.organizationId));
    return true;
  } catch {
    return false;
  }
}
