import path from 'node:path';
import type { BareAnswer, BareQuestion, Store } from './bare.ts';
import { type ServerProcess, startHelper, startTaxiway } from './children.ts';
import type { ImporterAnswer, ImporterQuestion } from './importer.ts';
import {
  createInstance,
  type Instance,
  OWNER,
  objectTables,
  readStamps,
  settle,
  writeObjects,
} from './instances.ts';
import { count, megabytes } from './report.ts';
import { type Bench, type Prepared, targetOn } from './rows-common.ts';

const SLICES = 20;
/** Rows per transaction of the bare inserts: as many as an import takes. */
const BATCH = 2000;

/**
 * Makes a large and a small instance through imports. With `measured`, bare inserts of the same rows run in turns with
 * the large import, slice by slice, and both are reported.
 */
export async function prepare(bench: Bench, measured: boolean): Promise<Prepared> {
  const { folder, objects, smallObjects } = bench;
  const large = await createInstance(path.join(folder, 'large'), await bench.createDatabase());
  const small = await createInstance(path.join(folder, 'small'), await bench.createDatabase());
  const file = path.join(folder, 'objects.jsonl');
  bench.say(`importing ${count(smallObjects)} and ${count(objects)} objects`);
  await writeObjects(file, smallObjects);
  await importFile(small, file, 1);
  await writeObjects(file, objects);
  if (measured) await measureImport(bench, large, file);
  else await importFile(large, file, 1);
  for (const instance of [large, small]) {
    await settle(instance);
    await readStamps(instance);
  }

  let server: ServerProcess | undefined;
  const stopServer = async () => {
    await server?.stop();
    server = undefined;
  };
  return {
    large,
    small,
    server: async () => {
      server ??= await startTaxiway(large.settings, large.logFile);
      return server;
    },
    stopServer,
    stop: stopServer,
  };
}

async function importFile(
  instance: Instance,
  file: string,
  slices: number,
  between: (slice: number) => Promise<void> = () => Promise.resolve(),
): Promise<ImporterAnswer> {
  const importer = startHelper<ImporterQuestion, ImporterAnswer>('importer.ts');
  await importer.ask({ kind: 'start', settings: instance.settings, owner: OWNER, file, slices });
  let ms = 0;
  for (let slice = 0; ; slice++) {
    const answer = await importer.ask({ kind: 'slice' });
    ms += answer.ms;
    await between(slice);
    if (answer.done) {
      await importer.stop();
      return { ...answer, ms };
    }
  }
}

async function measureImport(bench: Bench, large: Instance, file: string): Promise<void> {
  const { engine, objects, folder } = bench;
  const url = await bench.createDatabase();
  const store: Store = url === undefined ? { file: path.join(folder, 'bare.db') } : { url };
  const bare = startHelper<BareQuestion, BareAnswer>('bare.ts');
  await bare.ask({ kind: 'prepare-insert', store, definitions: await objectTables(large) });
  const share = Math.ceil(objects / SLICES);
  let bareMs = 0;
  const insert = async (slice: number): Promise<void> => {
    const rows = Math.min(share, objects - slice * share);
    if (rows <= 0) return;
    const { ms = 0 } = await bare.ask({ kind: 'insert', first: slice * share, count: rows, batch: BATCH });
    bareMs += ms;
  };
  const imported = await importFile(large, file, SLICES, insert);
  await bare.stop();
  const [ours, theirs] = [(objects / imported.ms) * 1000, (objects / bareMs) * 1000];
  if (imported.added !== objects) throw new Error(`${imported.added} of ${objects} objects were imported`);
  bench.report({
    what: `import of ${count(objects)} objects`,
    taxiway: `${count(ours)} objects/s`,
    beside: `bare inserts of the same rows: ${count(theirs)}/s`,
    ratio: ours / theirs,
    ...targetOn(engine, { atLeast: 0.4 }),
  });
  bench.report({
    what: `import of ${count(objects)} objects: peak resident memory, in MB`,
    taxiway: megabytes(imported.peakResidentBytes),
    beside: '',
    ratio: imported.peakResidentBytes / 1e6,
    ...targetOn(engine, { atMost: 300 }),
  });
}
