import { closeSync, createReadStream, openSync, statSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import type { App, Caller } from '../context.ts';
import { invalid } from '../errors.ts';
import {
  type ImportHooks,
  importObjects,
  type RefusedObject,
} from '../features/intelligence/import.service.ts';
import { callerOf, globalsOf, withApp } from './context.ts';
import { startProgress } from './import-progress.ts';
import {
  type ImportedFile,
  isFruitless,
  requireWhole,
  STANDARD_INPUT,
  summaryLines,
} from './import-summary.ts';
import { withExample } from './options.ts';
import { printAnswer } from './output.ts';
import { createWarningKinds } from './warning-kinds.ts';

const CHUNK_BYTES = 64 * 1024;

type ImportOptions = { owner: string; refused?: string };

export function registerImport(program: Command): void {
  withExample(
    program
      .command('import')
      .argument('<file...>', 'STIX bundles, arrays, or JSON Lines, gzip or not; - is standard input')
      .description('add STIX objects from files to an owner; running it again changes nothing')
      .requiredOption('--owner <name>', 'organization, community or source that they are added to')
      .option('--refused <file>', 'write what is refused there, with reasons, as JSON Lines')
      .action(async (files: string[], options: ImportOptions, command: Command) => {
        const sizes = files.map(sizeOf);
        const { json = false } = globalsOf(command);
        const report = openReport(options.refused);
        const kinds = createWarningKinds();
        const imported = await withApp(command, async (app) => {
          const caller = await callerOf(app, command);
          const { owner } = options;
          return await importFiles(app, caller, { files, sizes, owner, report, json, onWarning: kinds.add });
        }).finally(report.close);
        if (!imported.every(isFruitless)) {
          printAnswer(
            json,
            { owner: options.owner, files: imported, warningKinds: kinds.mostFrequent() },
            summaryLines(imported, kinds, options.refused),
          );
        }
        requireWhole(imported);
      }),
    'taxiway import feed.json history.jsonl.gz --owner "Daily Feed" --refused refused.jsonl',
    'curl -s https://feeds.example/bundle.json | taxiway import - --owner "Daily Feed"',
  );
}

/** Imports one file after the other. A file that breaks off does not keep the next from being imported; an interruption does. */
export async function importFiles(
  app: App,
  caller: Caller,
  work: {
    files: readonly string[];
    sizes: readonly (number | undefined)[];
    owner: string;
    report: Pick<Report, 'write'>;
    json: boolean;
    onWarning?: ImportHooks['onWarning'];
  },
): Promise<ImportedFile[]> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const progress = startProgress(work.sizes, work.json);
  const imported: ImportedFile[] = [];
  try {
    for (const file of work.files) {
      if (interruption.signal.aborted) break;
      const source = openSource(file, interruption.signal);
      let firstRefusal: string | undefined;
      const result = await importObjects(app, caller, { owner: work.owner, file }, source, {
        signal: interruption.signal,
        onProgress: (counts) => progress.update(file, counts),
        onRefused: (refused) => {
          firstRefusal ??= refused.reasons[0];
          work.report.write(file, refused);
        },
        ...(work.onWarning === undefined ? {} : { onWarning: work.onWarning }),
      });
      imported.push({ file, ...result, ...(firstRefusal === undefined ? {} : { firstRefusal }) });
      progress.endFile();
    }
  } finally {
    progress.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
  return imported;
}

/** Octets of the file; undefined where they cannot be known. Files that cannot be read are told of before anything is imported. */
export function sizeOf(file: string): number | undefined {
  if (file === STANDARD_INPUT) return undefined;
  const stat = orInvalid(file, () => statSync(file));
  if (stat.isDirectory()) throw invalid(file, 'is a folder');
  if (!stat.isFile()) return undefined;
  closeSync(orInvalid(file, () => openSync(file, 'r')));
  return stat.size;
}

function orInvalid<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = String(Reflect.get(Object(error), 'code'));
    const sentences: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'must not be read or written by you',
      EISDIR: 'is a folder',
    };
    throw invalid(file, sentences[code] ?? code);
  }
}

function openSource(file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (file !== STANDARD_INPUT) return createReadStream(file, { highWaterMark: CHUNK_BYTES });
  // Standard input may be silent for long: an interruption must not wait for it.
  signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  return process.stdin;
}

type Report = { write(file: string, refused: RefusedObject): void; close(): void };

/** The file that tells of what was refused. One line each, the object as it came. */
function openReport(file: string | undefined): Report {
  if (file === undefined) return { write: () => undefined, close: () => undefined };
  const descriptor = orInvalid(file, () => openSync(file, 'w', 0o600));
  return {
    write(from, { text, ...refused }) {
      const head = JSON.stringify({ file: from, ...refused });
      writeSync(descriptor, `${head.slice(0, -1)}${text === undefined ? '' : objectMember(text)}}\n`);
    },
    close: () => closeSync(descriptor),
  };
}

/** Octets of a refused text up to which it is worth knowing whether it is JSON: one that nests deep costs a hundred times its size. */
const MAX_PARSED = 200_000;

/** The text is kept as it came where it is JSON, whose newlines are blanks, as no string can hold one. */
function objectMember(text: string): string {
  if (text.length > MAX_PARSED) return `,"text":${JSON.stringify(text)}`;
  try {
    JSON.parse(text);
    return `,"object":${text.replace(/[\r\n]+/g, ' ')}`;
  } catch {
    return `,"text":${JSON.stringify(text)}`;
  }
}
