import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test of the suite: its file without `.test.ts`, and what its title says before the dot. */
export type Title = { file: string; prefix: string };

/** What a title begins with: items of the checklist, STIX checks, endpoints, rules, clients. */
const PREFIX = /^(?:items? )?(?:[SERC]?\d+[a-z]?)(?:, (?:item )?[SERC]?\d+[a-z]?)*$/;
const CALL = /(?:\bit|(?<!ENGINES)\))\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1,/g;
/** The first members of the table of STIX checks, which their titles are made from. */
const STIX_CASE = /^\s*\[?\s*'(S\d+(?:, S\d+)*)',$/gm;

/** The titles of the suite; `odd` are those that name nothing. */
export function readTitles(): { titles: Title[]; odd: string[] } {
  const titles: Title[] = [];
  const odd: string[] = [];
  for (const name of readdirSync(import.meta.dirname).sort()) {
    if (!name.endsWith('.test.ts') || name === 'coverage.test.ts') continue;
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    const file = name.replace('.test.ts', '');
    for (const [, , title = ''] of text.matchAll(CALL)) {
      const prefix = title.split(' · ')[0] ?? '';
      if (PREFIX.test(prefix)) titles.push({ file, prefix });
      else if (prefix !== '%s') odd.push(`${name}: ${title}`);
    }
  }
  const cases = readFileSync(join(import.meta.dirname, 'stix-cases.ts'), 'utf8');
  for (const [, prefix = ''] of cases.matchAll(STIX_CASE)) titles.push({ file: 'stix-ingest', prefix });
  for (const [, prefix = ''] of cases.matchAll(/\[\s*'(S\d+(?:, S\d+)*)', /g))
    titles.push({ file: 'stix-ingest', prefix });
  return { titles, odd };
}

/** The names in a prefix: plain numbers for items. */
export function namesIn({ prefix }: Title): string[] {
  return prefix.replaceAll(/items? /g, '').split(', ');
}
