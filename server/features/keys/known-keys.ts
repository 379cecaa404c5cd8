import type { App } from '../../context.ts';
import type { Database } from '../../db/open.ts';
import type { MasterKeyRow } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { type Keys, wrappedUnder } from '../../keys.ts';
import { CHECKPOINT_PURPOSE } from '../audit/checkpoint-statement.ts';
import { keyObstacle, missingKeys } from './keys.rules.ts';
import { deleteMasterKey, insertMasterKey, listMasterKeys, updateMasterKeySeal } from './keys.store.ts';
import { listWrapped } from './wrapped.ts';

const SEAL = 'known master key';

/**
 * Remembers the first master key of this process as one of the instance. The instance's row must be locked.
 * @throws AppError `conflict` where the process has not the master keys that it needs
 */
export async function requireMasterKeys(app: App, tx: Transaction): Promise<void> {
  const known = await listMasterKeys(tx);
  const own = app.keys.masterKeys(CHECKPOINT_PURPOSE);
  const closed = new Set<string>();
  // Not at every start: only where something may be closed.
  if (missingKeys(known, own).length > 0)
    for (const { context, text } of await listWrapped(tx))
      if (app.keys.unwrap(context, text) === undefined) closed.add(wrappedUnder(text) ?? '');
  const obstacle = keyObstacle(known, own, closed);
  if (obstacle !== undefined) {
    const place = app.config.masterKeys === undefined ? 'The file with the master key' : 'TAXIWAY_MASTER_KEY';
    const help = missingKeys(known, own).length === known.length ? LOST : '';
    throw new AppError('conflict', { message: `${place} ${obstacle}.${help}` });
  }
  await rememberFirst(app, tx, known);
}

export const LOST =
  ' Bring that one back; if it is lost for good, "taxiway keys accept-loss" goes on without it.';

/** Remembers the first master key, unless it is known already. */
export async function rememberFirst(
  app: App,
  tx: Transaction,
  known: readonly MasterKeyRow[],
): Promise<void> {
  const [first] = app.keys.masterKeys(CHECKPOINT_PURPOSE);
  if (first === undefined || known.some(({ key_id }) => key_id === first.signingKey.keyId)) return;
  const { keyId, publicKey } = first.signingKey;
  await insertMasterKey(tx, {
    key_id: keyId,
    short_id: first.id,
    public_key: publicKey,
    seal: sealOf(app.keys, publicKey),
    // After all others, whatever the clock says.
    used_since: Math.max(app.clock.now(), (known.at(-1)?.used_since ?? 0) + 1),
  });
}

/** Forgets the master keys that nothing of this process vouches for, and remembers its own. */
export async function adoptMasterKeys(app: App, tx: Transaction): Promise<MasterKeyRow[]> {
  const known = await listMasterKeys(tx);
  const foreign = known.filter((row) => !isSealed(app.keys, row));
  for (const { key_id } of foreign) await deleteMasterKey(tx, key_id);
  await rememberFirst(
    app,
    tx,
    known.filter((row) => !foreign.includes(row)),
  );
  return foreign;
}

/** Vouches with the first master key for those that an older one vouched for. */
export async function sealKnownKeys(app: App, tx: Transaction): Promise<void> {
  for (const row of await listMasterKeys(tx))
    if (isSealed(app.keys, row)) await updateMasterKeySeal(tx, row.key_id, sealOf(app.keys, row.public_key));
}

/**
 * The public keys of the instance's master keys, also of those that are gone: who can write to the database, but has no master
 * key, cannot add one.
 */
export async function listTrustedPublicKeys(db: Database['read'], keys: Keys): Promise<string[]> {
  return (await listMasterKeys(db)).filter((row) => isSealed(keys, row)).map((row) => row.public_key);
}

function sealOf(keys: Keys, publicKey: string): string {
  return keys.seal(SEAL, Buffer.from(publicKey));
}

function isSealed(keys: Keys, { seal, public_key }: MasterKeyRow): boolean {
  const bytes = keys.unseal(SEAL, seal);
  return bytes !== undefined && Buffer.from(bytes).toString() === public_key;
}
