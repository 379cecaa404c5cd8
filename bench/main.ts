import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Postgres, startPostgres } from '../server/testing/postgres.ts';
import { startHelper } from './children.ts';
import type { Job, Load } from './load.ts';
import { prepare } from './prepare.ts';
import { conditionsNow, type Result, tableOf, writeResults } from './report.ts';
import { ROWS } from './rows.ts';
import type { Bench, Engine } from './rows-common.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = values.only.filter((name) => !ROWS.some((row) => row.name === name));
if (values.help || unknown.length > 0) {
  console.log(`npm run bench -- [--quick] [--engine sqlite|postgres] [--only ROW]…

--quick   fewer objects and shorter runs: about a minute, and coarser figures
--only    one of:
${ROWS.map((row) => `            ${row.name.padEnd(16)}${row.claim}`).join('\n')}

Only a full run writes bench/results/.`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const begun = performance.now();
const rows = ROWS.filter((row) => values.only.length === 0 || values.only.includes(row.name));
const engines: Engine[] = (['sqlite', 'postgres'] as const).filter(
  (engine) => values.engine === undefined || values.engine === engine,
);
const sizes = values.quick ? { sqlite: 100_000, postgres: 20_000 } : { sqlite: 1_000_000, postgres: 200_000 };
const folder = await mkdtemp(path.join(tmpdir(), 'taxiway-bench-'));
const results: Result[] = [];
let postgres: Postgres | undefined;
let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  process.exitCode = 130;
});

const say = (line: string) => console.error(`[${Math.round((performance.now() - begun) / 1000)} s] ${line}`);
const load = startHelper<Job, Load>('load.ts');
try {
  for (const engine of engines) {
    if (engine === 'postgres') postgres = await startPostgres({ durable: true });
    const bench: Bench = {
      engine,
      folder: path.join(folder, engine),
      load,
      quick: values.quick,
      objects: sizes[engine],
      smallObjects: Math.min(10_000, sizes[engine] / 10),
      createDatabase: async () => await postgres?.createDatabase(),
      say: (line) => say(`${engine}: ${line}`),
      report: (result) => {
        const named = {
          engine: engine === 'sqlite' ? ('SQLite' as const) : ('PostgreSQL' as const),
          ...result,
        };
        results.push(named);
        say(
          `${named.engine}: ${named.what}: ${named.taxiway}${named.ratio === undefined ? '' : ` (${named.ratio.toFixed(2)})`}`,
        );
      },
    };
    const prepared = await prepare(
      bench,
      rows.some((row) => row.name === 'import'),
    );
    for (const row of rows) if (!interrupted) await row.run?.(bench, prepared);
    await prepared.stop();
  }
} finally {
  await load.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
}

const seconds = (performance.now() - begun) / 1000;
console.log(`\n${tableOf(results)}\n`);
console.log(`${Math.round(seconds)} s, ${sizes.sqlite} objects on SQLite, ${sizes.postgres} on PostgreSQL`);
if (!values.quick && values.only.length === 0 && values.engine === undefined && !interrupted)
  await writeResults(results, conditionsNow(sizes, postgres?.version, seconds));
