import { INSTANCE } from '../../access/can.ts';
import { act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { addMasterKey, dropOlderMasterKeys, keyFileWrittenAt } from '../../key-file.ts';
import { wrappedUnder } from '../../keys.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { CHECKPOINT_PURPOSE } from '../audit/checkpoint-statement.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { missingKeys } from './keys.rules.ts';
import { countCheckpointsByKey, listMasterKeys } from './keys.store.ts';
import { adoptMasterKeys, rememberFirst, sealKnownKeys } from './known-keys.ts';
import { type Opening, openEverything } from './opening.ts';
import { countWrapped, listWrapped, type WrappedCounts, wrapAnew } from './wrapped.ts';

/** In this time every process has noticed a new key file, and has ended what it began under the key before. */
const SETTLED_MICROS = 60_000_000;

export type ListedKey = WrappedCounts & {
  /** Four hexadecimal digits. */
  id: string;
  /** `first`: makes new things; `older`: opens what it made; `gone`: this process has not got it. */
  state: 'first' | 'older' | 'gone';
  /** Since when it is known as the first of a process; null where it never was. */
  since: string | null;
  /** Checkpoints of the audit trail that it signed. */
  checkpoints: number;
  publicKey: string | null;
};

/**
 * The master keys, the first first, and what is under each of them.
 * @throws AppError `forbidden`
 */
export async function listKeys(app: App, caller: Caller): Promise<ListedKey[]> {
  return await readingAs(app, caller, 'keys.list', async () => {
    caller.access.require('instance.operate', INSTANCE);
    const { read } = app.db;
    const own = app.keys.masterKeys(CHECKPOINT_PURPOSE);
    const known = await listMasterKeys(read);
    const checkpoints = await countCheckpointsByKey(read);
    const wrapped = await listWrapped(read);
    const listed = (id: string, state: ListedKey['state'], keyId?: string, publicKey?: string): ListedKey => {
      const since = known.find((row) => row.key_id === keyId)?.used_since;
      return {
        id,
        state,
        since: since === undefined ? null : formatTimestamp(since),
        ...countWrapped(wrapped.filter(({ text }) => wrappedUnder(text) === id)),
        checkpoints: checkpoints.get(keyId ?? '') ?? 0,
        publicKey: publicKey ?? null,
      };
    };
    const keys = [
      ...own.map(({ id, signingKey: { keyId, publicKey } }, index) =>
        listed(id, index === 0 ? 'first' : 'older', keyId, publicKey),
      ),
      ...missingKeys(known, own).map((row) => listed(row.short_id, 'gone', row.key_id, row.public_key)),
    ];
    // Under which there is something, though nobody ever knew them.
    const others = new Set(wrapped.map(({ text }) => wrappedUnder(text) ?? 'none'));
    for (const { id } of keys) others.delete(id);
    return [...keys, ...[...others].sort().map((id) => listed(id, 'gone'))];
  });
}

/**
 * Opens everything that is encrypted.
 * @throws AppError `forbidden`
 */
export async function verifyKeys(app: App, caller: Caller): Promise<Opening> {
  return await readingAs(app, caller, 'keys.verify', async () => {
    caller.access.require('instance.operate', INSTANCE);
    return await openEverything(app.db.read, app.keys);
  });
}

export type Rotation = { from: string[]; to: string; wrappedAnew: WrappedCounts };

/**
 * Makes a new master key the first, where they are in a file, and wraps anew under the first what the others wrap. Processes that run
 * go on: they see the new file when they meet what was made with it. Whatever ends it in the middle, everything stays readable.
 * `keyFile`: undefined where the master keys come from the environment.
 * @throws AppError `forbidden`, `conflict` where there is no other key in the environment, `invalid_input` where the file cannot be replaced
 */
export async function rotateKeys(
  app: App,
  caller: Caller,
  { keyFile }: { keyFile: string | undefined },
): Promise<Rotation> {
  // The new key first, for itself: what is wrapped under it must not outlive it.
  await act(app, caller, 'keys.add', async ({ tx, access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await lockInstance(tx);
    const before = ownIds(app);
    if (keyFile !== undefined) {
      addMasterKey(keyFile);
      app.keys.reload();
    } else if (before.length < 2) throw new AppError('conflict', { message: ONE_KEY });
    await rememberFirst(app, tx, await listMasterKeys(tx));
    const [added] = ownIds(app);
    if (keyFile !== undefined) await audit({ ...TARGET, details: { added, before } });
  });
  return await act(app, caller, 'keys.rotate', async ({ tx, access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await lockInstance(tx);
    const [to = '', ...from] = ownIds(app);
    const wrappedAnew = await wrapAnew(tx, app.keys, to);
    await sealKnownKeys(app, tx);
    await audit({ ...TARGET, details: { to, from, ...wrappedAnew } });
    return { from, to, wrappedAnew };
  });
}

const TARGET = { organizationId: null, targetKind: 'instance', targetId: null, targetName: null } as const;

const ONE_KEY =
  'TAXIWAY_MASTER_KEY holds one key. To rotate it: 1. make another one, give every process "OLD,NEW", and restart them one by one; 2. then "NEW,OLD"; 3. run "taxiway keys rotate" with "NEW,OLD"; 4. when "taxiway keys verify" finds everything open, leave OLD away.';

/**
 * Leaves the first master key alone in the file.
 * @throws AppError `forbidden`, `invalid_input` where they come from the environment, `conflict` where there is no older one, where the
 *   rotation is too fresh, or where something would stay closed
 */
export async function dropOlderKeys(
  app: App,
  caller: Caller,
  { keyFile }: { keyFile: string | undefined },
): Promise<{ kept: string; dropped: string[] }> {
  if (keyFile === undefined)
    throw invalid('--drop-old', 'is for a key file: leave the older keys away in TAXIWAY_MASTER_KEY');
  // What processes made under an older key before they saw the new one.
  await act(app, caller, 'keys.rotate', async ({ tx, access }) => {
    access.require('instance.operate', INSTANCE);
    await lockInstance(tx);
    if (ownIds(app).length < 2) throw new AppError('conflict', { message: 'There is no older master key.' });
    const wait = Math.ceil((keyFileWrittenAt(keyFile) + SETTLED_MICROS - app.clock.now()) / 1_000_000);
    if (wait > 0)
      throw new AppError('conflict', {
        message: `The master key was rotated a moment ago, and others may still use the one before: try again in ${wait} s.`,
      });
    await wrapAnew(tx, app.keys, ownIds(app)[0] ?? '');
    await sealKnownKeys(app, tx);
  });
  return await act(app, caller, 'keys.drop', async ({ tx, access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await lockInstance(tx);
    const [kept = '', ...dropped] = ownIds(app);
    const left = (await listWrapped(tx)).filter(({ text }) => dropped.includes(wrappedUnder(text) ?? ''));
    if (left.length > 0)
      throw new AppError('conflict', {
        message: `Under an older master key there is still ${left.map(({ name }) => name).join(', ')}. Run "taxiway keys verify".`,
      });
    dropOlderMasterKeys(keyFile);
    app.keys.reload();
    await audit({ ...TARGET, details: { kept, dropped } });
    return { kept, dropped };
  });
}

/**
 * Makes the present master keys those of the instance, where the ones before are lost. What those wrapped stays closed.
 * @throws AppError `forbidden`, `conflict` where no key is lost
 */
export async function acceptLoss(
  app: App,
  caller: Caller,
): Promise<{ forgotten: string[]; closed: string[] }> {
  const forgotten = await act(app, caller, 'keys.acceptLoss', async ({ tx, access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await lockInstance(tx);
    const rows = await adoptMasterKeys(app, tx);
    if (rows.length === 0) throw new AppError('conflict', { message: 'No master key is lost.' });
    const ids = rows.map(({ short_id }) => short_id);
    await audit({ ...TARGET, details: { forgotten: ids, present: ownIds(app) } });
    return ids;
  });
  return { forgotten, closed: (await openEverything(app.db.read, app.keys)).closed };
}

function ownIds(app: App): string[] {
  return app.keys.masterKeys(CHECKPOINT_PURPOSE).map(({ id }) => id);
}
