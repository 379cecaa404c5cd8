import { createReadStream, statSync } from 'node:fs';
import { createAccess } from '../server/access/access.ts';
import { type OpenedApp, openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { importObjects } from '../server/features/intelligence/import.service.ts';
import { answerParent } from './children.ts';

/** Imports a file slice by slice, so that its time can be taken in turns with that of something else. */

export type ImporterQuestion =
  | { kind: 'start'; settings: Record<string, string>; owner: string; file: string; slices: number }
  /** Imports the next slice; the last one also ends the import. */
  | { kind: 'slice' };

export type ImporterAnswer = { ms: number; added: number; done: boolean; peakResidentBytes: number };

let app: OpenedApp | undefined;
let running: Promise<void> | undefined;
let added = 0;
let done = false;
/** Called when the import has consumed the slice, or has ended. */
let consumed: () => void = () => undefined;
/** Called when it may read the next slice. */
let grant: () => void = () => undefined;

async function answer(question: ImporterQuestion): Promise<ImporterAnswer> {
  if (question.kind === 'start') {
    // As `taxiway import` opens it: commands keep less in memory than a server.
    const settings = { TAXIWAY_SQLITE_CACHE_BYTES: '16000000', TAXIWAY_LOG_LEVEL: 'warn' };
    app = await openApp(readConfig({ ...question.settings, ...settings }));
    const caller = { access: createAccess({ kind: 'operator', name: 'operator (bench)' }) };
    const granted = new Promise<void>((resolve) => {
      grant = resolve;
    });
    const source = sliced(question.file, question.slices, granted);
    running = importObjects(app, caller, { owner: question.owner }, source).then((result) => {
      added = result.added;
      done = true;
      consumed();
    });
    return report(0);
  }
  const begun = performance.now();
  const whenConsumed = new Promise<void>((resolve) => {
    consumed = resolve;
  });
  grant();
  await Promise.race([whenConsumed, running]);
  const ms = performance.now() - begun;
  if (done) await app?.close();
  return report(ms);
}

async function* sliced(file: string, slices: number, granted: Promise<void>): AsyncGenerator<Uint8Array> {
  const sliceBytes = Math.ceil(statSync(file).size / slices);
  let left = sliceBytes;
  await granted;
  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    yield chunk as Buffer;
    left -= (chunk as Buffer).length;
    if (left > 0) continue;
    left += sliceBytes;
    const next = new Promise<void>((resolve) => {
      grant = resolve;
    });
    consumed();
    await next;
  }
}

function report(ms: number): ImporterAnswer {
  return { ms, added, done, peakResidentBytes: process.resourceUsage().maxRSS * 1024 };
}

answerParent(answer);
