/**
 * A process that adds objects to an owner past the servers, in one transaction after the other, until its standard
 * input ends or it has added as many as it was told to.
 */
import { writeSync } from 'node:fs';
import { createAccess } from '../../../server/access/access.ts';
import { openApp } from '../../../server/app.ts';
import { readConfig } from '../../../server/config.ts';
import { importObjects } from '../../../server/features/intelligence/import.service.ts';
import { madeObject, modifiedOf, objectId, random, report, toldToEnd } from './taxii-client.ts';

export type ImporterInput = {
  owner: string;
  writer: number;
  seed: number;
  maxBatch: number;
  pauseMs: number;
};

export type ImporterReport = { expected: string[]; batches: number };

const input = JSON.parse(process.argv[2] ?? '') as ImporterInput;
const dice = random(input.seed);
const end = toldToEnd();
const app = await openApp(readConfig(process.env));
const caller = { access: createAccess({ kind: 'operator', name: 'operator (importer)' }) };
const versions: number[] = [];
let batches = 0;
try {
  while (!end.yes) {
    const batch: Record<string, unknown>[] = [];
    const size = 1 + dice.below(input.maxBatch);
    const taken = new Set<number>();
    while (batch.length < size) {
      const isNew = versions.length === 0 || dice.chance(0.85);
      const number = isNew ? versions.length : dice.below(versions.length);
      if (taken.has(number)) break;
      taken.add(number);
      const version = isNew ? 0 : (versions[number] ?? 0) + 1;
      versions[number] = version;
      batch.push(madeObject(input.writer, number, version));
    }
    const source = (async function* () {
      yield Buffer.from(JSON.stringify(batch));
    })();
    const { added } = await importObjects(app, caller, { owner: input.owner }, source);
    if (added !== batch.length) throw new Error(`${added} of ${batch.length} were added`);
    batches++;
    // At once, and past every buffer: what is told here was committed.
    writeSync(1, `${JSON.stringify({ batches })}\n`);
    await new Promise((resolve) => setTimeout(resolve, dice.below(input.pauseMs + 1)));
  }
} finally {
  await app.close();
}
report({
  batches,
  expected: versions.flatMap((newest, number) =>
    Array.from(
      { length: newest + 1 },
      (_, version) => `${objectId(input.writer, number)} ${modifiedOf(version)}`,
    ),
  ),
} satisfies ImporterReport);
