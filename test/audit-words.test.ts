import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ACTION_TEXTS } from '../console/src/pages/audit/action-texts.ts';

/** What runs a use case under the name that stands in the audit trail, and where that name stands. */
const RUN =
  /\b(?:act|actWithLink|readingAs|changeFactors|configure|firstPassword)\s*(?:<[^>]*>)?\(\s*(?:[A-Za-z.]+,\s*){0,3}['`]([a-z]\w*\.\w+|\$\{input\.kind\}\.\w+)['`]\s*,/g;
/** Where the name is chosen before it is used: `editName` and its like, and events that are written as they are. */
const NAMED =
  /\b(?:action:|ACTION =|FURTHER_REFUSALS =|const (?:name|action) =)[^;]*?(?:;|\n\})|function editName[\s\S]*?\n\}/g;
const LITERAL = /'([a-z][A-Za-z]*\.[a-zA-Z]+)'/g;

function actionNames(): Set<string> {
  const files = globSync('server/**/*.ts').filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('testing/'),
  );
  const names = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const run = [...text.matchAll(RUN)].flatMap(([, name = '']) =>
      name.startsWith('$')
        ? ['community', 'source'].map((kind) => `${kind}${name.slice(name.indexOf('}') + 1)}`)
        : [name],
    );
    const named = [...text.matchAll(NAMED)].flatMap(([part]) =>
      [...part.matchAll(LITERAL)].map(([, name = '']) => name),
    );
    return [...run, ...named];
  });
  return new Set(names);
}

describe('the words of the audit trail in the console', () => {
  it('there are some for every action that the server names, also for those that are only ever refused', () => {
    const names = actionNames();
    for (const known of ['settings.list', 'account.lock', 'account.previewImport', 'community.create'])
      expect(names).toContain(known);
    expect([...names].filter((name) => ACTION_TEXTS[name] === undefined)).toEqual([]);
    // Nor any for what there is not.
    expect(Object.keys(ACTION_TEXTS).filter((name) => name !== 'authenticate' && !names.has(name))).toEqual(
      [],
    );
  });
});
