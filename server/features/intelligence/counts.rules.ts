import { LATEST, type PlannedInsert, type StoredVersion } from './intelligence.rules.ts';

/** The type of an object, which its id begins with (STIX 2.1 §2.9). */
export function typeOfId(stixId: string): string {
  return stixId.slice(0, stixId.indexOf('--'));
}

/** By how much the objects and versions of a type become more. */
export type CountChange = { type: string; objects: number; versions: number };

/** What additions, and the stored versions that they push back, change in the counts of an owner. */
export function countedAdditions(
  inserts: readonly PlannedInsert[],
  stored: readonly StoredVersion[],
  demotions: readonly { id: number }[],
): CountChange[] {
  const changes = new Map<string, CountChange>();
  const changeOf = (stixId: string): CountChange => {
    const type = typeOfId(stixId);
    const change = changes.get(type) ?? { type, objects: 0, versions: 0 };
    changes.set(type, change);
    return change;
  };
  for (const { candidate, latest } of inserts) {
    const change = changeOf(candidate.head.id);
    change.versions++;
    if (latest === LATEST.overall) change.objects++;
  }
  // What was the latest of its object is so no more, and another one was counted.
  const demoted = new Set(demotions.map(({ id }) => id));
  for (const row of stored)
    if (demoted.has(row.id) && row.latest === LATEST.overall) changeOf(row.stix_id).objects--;
  return [...changes.values()];
}
