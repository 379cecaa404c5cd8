import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DATABASE_FILE } from '../../server/app.ts';
import type { TestApp } from '../../server/testing/test-app.ts';
import { everyRow } from './stored.ts';

/**
 * Looks for secrets, by what they are called, in the log, in the answers, in every table and in the files of the database:
 * as they are, in base64 and in hexadecimal digits.
 */
export async function findCanaries(
  app: TestApp,
  canaries: ReadonlyMap<string, string>,
  answers: readonly string[],
): Promise<{ places: Readonly<Record<string, string>>; found: string[] }> {
  const stored = [...(await everyRow(app))]
    .map(([table, lines]) => `${table} ${lines.join('\n')}`)
    .join('\n');
  // On PostgreSQL there are none.
  const files = readdirSync(app.config.dataFolder)
    .filter((name) => name.startsWith(DATABASE_FILE))
    .map((name) => readFileSync(join(app.config.dataFolder, name)).toString('latin1'));
  const places: Readonly<Record<string, string>> = {
    'a log': app.logged.join('\n'),
    'an answer': answers.join('\n'),
    'a table': stored,
    'a file of the database': files.join('\n'),
  };
  const texts = Object.entries(places).map(([place, text]) => [place, text.toLowerCase()] as const);
  const found = [...canaries].flatMap(([name, secret]) => {
    expect(secret.length, name).toBeGreaterThanOrEqual(15);
    const forms = [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ];
    return texts.flatMap(([place, text]) =>
      forms.some((form) => text.includes(form.toLowerCase())) ? [`${name} is in ${place}`] : [],
    );
  });
  return { places, found };
}
