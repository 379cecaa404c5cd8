import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { invalid } from './errors.ts';
import { MASTER_KEY_BYTES, masterKeyId, parseMasterKeys } from './keys.ts';

/** A file with master keys, one a line, the newest first. */
export type KeyFile = {
  readonly masterKeys: readonly Uint8Array[];
  /** The master keys once they are others than those that were told last. A file that cannot be read has not changed. */
  changed(): readonly Uint8Array[] | undefined;
};

/** Opens the file, which is made with a fresh key, readable by its owner only, when it does not exist. Safe when several processes start at once. @throws AppError `invalid_input` for one that holds no keys */
export function openKeyFile(file: string): KeyFile {
  let masterKeys = loadOrCreate(file);
  let seen = stampOf(file);
  return {
    masterKeys,
    changed() {
      const stamp = stampOf(file);
      if (stamp === undefined || stamp === seen) return undefined;
      try {
        const found = keysIn(file);
        seen = stamp;
        if (textOf(found) === textOf(masterKeys)) return undefined;
        masterKeys = found;
        return found;
      } catch {
        // Whatever was made of the file, those that it held go on opening what they opened.
        return undefined;
      }
    },
  };
}

/**
 * Puts a fresh master key before those in the file. Whoever calls keeps others from doing so at the same time. At every moment
 * there is a whole file, also after a crash.
 * @throws AppError `invalid_input` where the file cannot be read or replaced
 */
export function addMasterKey(file: string): void {
  const present = readMasterKeys(file);
  const ids = new Set(present.map(masterKeyId));
  let fresh: Uint8Array;
  // What is wrapped tells its key by a short id.
  do fresh = randomBytes(MASTER_KEY_BYTES);
  while (ids.has(masterKeyId(fresh)));
  replace(file, [fresh, ...present]);
}

/** Leaves the first master key alone in the file; see `addMasterKey`. */
export function dropOlderMasterKeys(file: string): void {
  replace(file, readMasterKeys(file).slice(0, 1));
}

/** When the file was last written, in microseconds. */
export function keyFileWrittenAt(file: string): number {
  return Math.floor(statSync(file).mtimeMs * 1000);
}

/** @throws AppError `invalid_input` that names the file, for one that holds no keys */
function keysIn(file: string): Uint8Array[] {
  const text = readFileSync(file, 'utf8');
  try {
    return parseMasterKeys(text);
  } catch (error) {
    throw invalid('TAXIWAY_DATA', `${file} is damaged. ${asError(error).message}`);
  }
}

function readMasterKeys(file: string): Uint8Array[] {
  try {
    return keysIn(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * Puts a new file into the place of the one, with its owner and the permissions of owner and group: whoever rotates may be root, and the
 * server must be able to read it as before. Nobody else may, also where they could. A symbolic link stays one: where it leads to is replaced.
 */
function replace(file: string, masterKeys: readonly Uint8Array[]): void {
  let temporary: string | undefined;
  try {
    const place = realpathSync(file);
    const { uid, gid, mode } = statSync(place);
    temporary = `${place}.${process.pid}.new`;
    // What a rotation that was broken off left there may be somebody else's.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, textOf(masterKeys), { mode: 0o600, flush: true });
    const made = statSync(temporary);
    if (made.uid !== uid || made.gid !== gid) chownSync(temporary, uid, gid);
    chmodSync(temporary, mode & 0o660);
    renameSync(temporary, place);
    temporary = undefined;
    // The new name has to outlive a power cut, too: what is wrapped next is readable with that file only.
    const folder = openSync(path.dirname(place), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw unusable(file, error);
  }
}

function unusable(file: string, error: unknown): Error {
  return isErrno(error)
    ? invalid('TAXIWAY_DATA', `${file} cannot be replaced: ${error.code}`)
    : asError(error);
}

function loadOrCreate(file: string): Uint8Array[] {
  const read = () => keysIn(file);
  try {
    return read();
  } catch (error) {
    if (!isErrno(error) || error.code !== 'ENOENT') throw error;
  }
  // Processes in containers of their own may have the same number.
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
  writeFileSync(temporary, textOf([randomBytes(MASTER_KEY_BYTES)]), { mode: 0o600, flush: true });
  try {
    linkSync(temporary, file); // fails when another process was first
  } catch (error) {
    if (!isErrno(error) || error.code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  return read();
}

/** What tells one state of the file from another: it is replaced, never written into. Undefined where it cannot be looked at. */
function stampOf(file: string): string | undefined {
  try {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  } catch {
    return undefined;
  }
}

function textOf(masterKeys: readonly Uint8Array[]): string {
  return masterKeys.map((key) => `${Buffer.from(key).toString('base64url')}\n`).join('');
}

function isErrno(error: unknown): error is Error & { code: string } {
  return error instanceof Error && typeof Reflect.get(error, 'code') === 'string' && 'errno' in error;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
