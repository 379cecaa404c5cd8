import type { MasterKeyRow } from '../../db/schema.ts';

/** A master key that a process has. */
type OwnKey = { signingKey: { keyId: string } };

/** The master keys of the instance that are none of these. */
export function missingKeys(known: readonly MasterKeyRow[], own: readonly OwnKey[]): MasterKeyRow[] {
  return known.filter(({ key_id }) => own.every(({ signingKey }) => signingKey.keyId !== key_id));
}

/**
 * Why a process with these master keys must not run: what it makes would open nowhere else, or it could not open what others
 * make. Undefined where it may. `known`: those of the instance, the last at the end; `closed`: the ids under which something is
 * wrapped that it cannot open.
 */
export function keyObstacle(
  known: readonly MasterKeyRow[],
  own: readonly OwnKey[],
  closed: ReadonlySet<string>,
): string | undefined {
  const missing = missingKeys(known, own);
  if (missing.length === 0) return undefined;
  const names = (rows: readonly MasterKeyRow[]) => rows.map(({ short_id }) => short_id).join(', ');
  if (missing.length === known.length)
    return `belongs to another instance: the secrets of this one were made under the master key ${names(known)}`;
  const last = known.at(-1);
  if (last !== undefined && missing.includes(last))
    return `lacks the master key ${last.short_id}, which other processes of this instance make secrets with`;
  const needed = missing.filter(({ short_id }) => closed.has(short_id));
  return needed.length === 0
    ? undefined
    : `lacks the master key ${names(needed)}, under which there are secrets still: give it too, and run "taxiway keys rotate"`;
}
