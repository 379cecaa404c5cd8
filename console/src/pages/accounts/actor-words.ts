import { UNNAMED_ACTORS } from '../../../../contract/audit.ts';

const UNNAMED: readonly string[] = Object.values(UNNAMED_ACTORS);

/** The name of whoever acted, where something stands before it in the sentence. */
export function actorInSentence(name: string): string {
  return UNNAMED.includes(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
