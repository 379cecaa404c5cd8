import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { App } from '../../context.ts';
import { commonForms } from './passwords.rules.ts';

let common: Promise<ReadonlySet<string>> | undefined;

/** Whether the password is one of some 49 000 that people use most, without regard to case, or little more than one. */
export async function isCommon(password: string): Promise<boolean> {
  common ??= readCommon();
  const passwords = await common;
  return commonForms(password).some((form) => passwords.has(form));
}

/** Not at the start of every process: the list takes 20 MB, and many a process sees no password typed. */
async function readCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].map((password) => password.toLowerCase()));
}

/** So many octets are read at a time; a line of the file has less than 64. */
const WINDOW = 4096;
const SHA1_DIGITS = 40;

/**
 * Whether the password stands in the operator's list of breached ones: a file as the downloads of "Have I Been Pwned" are,
 * lines of `SHA1:COUNT` sorted by the hash. It may have tens of gigabytes: some 20 small reads find a line. A file that
 * cannot be read lets every password pass, and is told to the log.
 */
export async function isBreached(
  { config, log }: Pick<App, 'config' | 'log'>,
  password: string,
): Promise<boolean> {
  if (config.breachedPasswordsFile === undefined) return false;
  try {
    return await withFile(config.breachedPasswordsFile, async (file, size) => {
      const wanted = hash('sha1', password).toUpperCase();
      return await holdsLine(file, size, wanted);
    });
  } catch (error) {
    log.warn(
      { err: error },
      'the list of breached passwords cannot be read: passwords are not looked for in it',
    );
    return false;
  }
}

/**
 * What is wrong with the list of breached passwords, in a sentence without a subject; undefined where it is sound or none
 * is configured.
 */
export async function breachedListProblem({ config }: Pick<App, 'config'>): Promise<string | undefined> {
  if (config.breachedPasswordsFile === undefined) return undefined;
  try {
    return await withFile(config.breachedPasswordsFile, async (file, size) => {
      if (size === 0) return 'is empty';
      const first = await hashAfter(file, 0, size);
      // A file that was cut, or of another sort, has its end elsewhere than a sorted one.
      const last = await hashAfter(file, Math.max(0, size - WINDOW), size);
      return first !== undefined && last !== undefined && first.hash <= last.hash
        ? undefined
        : 'is not sorted';
    });
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    return typeof code === 'string' ? `cannot be read (${code})` : (error as Error).message;
  }
}

async function withFile<T>(name: string, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await open(name, 'r');
  try {
    return await work(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** A binary search over octets: what lies between `low` and `high` may hold the line. */
async function holdsLine(file: FileHandle, size: number, wanted: string): Promise<boolean> {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const line = await hashAfter(file, middle, size);
    if (line === undefined || line.at >= high || line.hash > wanted) high = middle;
    else if (line.hash === wanted) return true;
    else low = line.at + 1;
  }
  return false;
}

/**
 * The hash of the first line that begins at the position or after it, and where it begins; undefined at the end.
 * @throws Error where the file is of another sort
 */
async function hashAfter(
  file: FileHandle,
  position: number,
  size: number,
): Promise<{ hash: string; at: number } | undefined> {
  // From the octet before: a line that begins at the position is told by the end of the one before.
  const from = Math.max(0, position - 1);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WINDOW), 0, WINDOW, from);
  const text = buffer.toString('latin1', 0, bytesRead);
  const end = position === 0 ? -1 : text.indexOf('\n');
  if (position > 0 && end < 0 && from + bytesRead < size) throw new Error('is no list of SHA-1 hashes');
  const begin = end + 1;
  if ((position > 0 && end < 0) || begin >= bytesRead) return undefined;
  const found = /^([0-9A-Fa-f]{40})(?::\d*)?\s*(?:\r?\n|$)/.exec(text.slice(begin, begin + SHA1_DIGITS + 24));
  if (found?.[1] === undefined) throw new Error('is no list of SHA-1 hashes');
  return { hash: found[1].toUpperCase(), at: from + begin };
}
