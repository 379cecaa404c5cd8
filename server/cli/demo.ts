import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { openApp } from '../app.ts';
import { readConfig } from '../config.ts';
import type { App, Caller } from '../context.ts';
import { countIntelligence, type IntelligenceCounts } from '../features/intelligence/counting.service.ts';
import { globalsOf, namedByOptions, operatorCaller, requireNoAccount } from './context.ts';
import { createDemoClock } from './demo/clock.ts';
import { FIRST_DAY, type Populated, type PopulatedOwner, populate } from './demo/populate.ts';
import { importFiles, sizeOf } from './import.ts';
import type { ImportedFile } from './import-summary.ts';
import { listenOrClose } from './listening.ts';
import { wholeNumber, withExample } from './options.ts';
import { fieldLines, printAnswer, printNote, quoted, tableLines } from './output.ts';
import { limitStopping, stopSignal } from './stop-signal.ts';

const HOST = '127.0.0.1';
const USUAL_PORT = 8080;
const PAGE = 5;

type LoadedOwner = PopulatedOwner & IntelligenceCounts;

export function registerDemo(program: Command): void {
  withExample(
    program
      .command('demo')
      .argument('[file...]', 'STIX files to show instead of the samples')
      .option('--port <n>', 'port to listen on; by default 8080, or any that is free', wholeNumber)
      .description('try Taxiway out: a populated instance with sample intelligence, in a temporary folder')
      .action(async (files: string[], options: { port?: number }, command: Command) => {
        requireNoAccount(command);
        for (const file of files) sizeOf(file);
        try {
          await runDemo(files, options.port, globalsOf(command).json ?? false);
        } catch (error) {
          throw namedByOptions(error, command);
        }
      }),
    'npm run demo',
    'npm run demo -- my-bundle.json',
  );
}

async function runDemo(files: readonly string[], port: number | undefined, json: boolean): Promise<void> {
  let isStopped = false;
  const stop = stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']).then(() => {
    isStopped = true;
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'taxiway-demo-'));
  // Also when it ends in another way than by a signal.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Nothing of the environment counts: the demo must not touch real data.
  const config = readConfig({
    TAXIWAY_DATA: folder,
    TAXIWAY_HOST: HOST,
    TAXIWAY_PORT: String(port ?? ((await isFree(USUAL_PORT)) ? USUAL_PORT : 0)),
    TAXIWAY_LOG_LEVEL: process.env.TAXIWAY_LOG_LEVEL ?? 'warn',
  });
  const clock = createDemoClock();
  clock.goTo(FIRST_DAY);
  const app = await openApp(config, { replace: { clock } });
  try {
    const operator = operatorCaller();
    const samples = files.length === 0;
    const populated = await populate(app, clock, operator, { samples, isStopped: () => isStopped });
    const loaded = await loadAll(app, operator, populated.owners, { files, json });
    if (isStopped) return;
    const server = await listenOrClose(app);
    announce(json, server.url, populated, loaded);
    await stop;
    limitStopping();
    await server.close();
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The owners with what they hold; the files are loaded into the first one. */
async function loadAll(
  app: App,
  operator: Caller,
  owners: readonly PopulatedOwner[],
  { files, json }: { files: readonly string[]; json: boolean },
): Promise<LoadedOwner[]> {
  const [first] = owners;
  if (first !== undefined && files.length > 0) {
    const work = {
      files,
      sizes: files.map(sizeOf),
      owner: first.owner,
      report: { write: () => undefined },
      json,
    };
    for (const file of await importFiles(app, operator, work)) noteTrouble(file);
  }
  const loaded: LoadedOwner[] = [];
  for (const owner of owners)
    loaded.push({ ...owner, ...(await countIntelligence(app, operator, owner.owner)) });
  return loaded;
}

function noteTrouble({ file, refused, stopped }: ImportedFile): void {
  if (refused > 0) printNote(`${file}: ${refused} objects were refused; "taxiway import" says why`);
  if (stopped !== undefined) printNote(`${file}: ${stopped.message}; what came before is kept`);
}

function announce(
  json: boolean,
  url: string,
  { signIns, password: demoPassword, partner }: Populated,
  owners: readonly LoadedOwner[],
): void {
  const { userName, password } = partner;
  // Browsers bind passkeys to names, and to no address.
  const consoleUrl = `${url.replace(HOST, 'localhost')}/`;
  const discovery = `${url}/taxii2/`;
  const apiRoot = `${url}/${partner.servicePath}/`;
  const curl = (address: string) =>
    `curl -s -w '\\n' -u ${quoted(`${userName}:${password}`)} -H 'Accept: application/taxii+json;version=2.1' '${address}'`;
  const listCollections = curl(`${apiRoot}collections/`);
  // The one with the most to see.
  const fullest = owners.reduce((a, b) => (b.objects > a.objects ? b : a));
  const hasIndicators = fullest.indicators > 0;
  // curl would take brackets for a range.
  const match = hasIndicators ? 'match%5Btype%5D=indicator&' : '';
  const pullObjects = curl(`${apiRoot}collections/${fullest.collectionId}/objects/?${match}limit=${PAGE}`);
  printAnswer(
    json,
    {
      ...{ url: `${url}/`, console: consoleUrl, signIns, discovery, apiRoot, userName, password, owners },
      ...{ listCollections, pullObjects },
    },
    [
      '',
      'Taxiway runs, in a temporary folder that is removed when it ends.',
      '',
      `The console: ${consoleUrl}`,
      `Sign in with the password ${demoPassword} as`,
      '',
      ...tableLines(
        ['Role', 'E-mail', 'Organization'],
        signIns.map((each) => [each.role, each.email, each.organization]),
      ).map((line) => `  ${line}`),
      '',
      ...tableLines(
        ['Owner', 'Kind', 'Objects', 'Versions', 'Collection'],
        owners.map((each) => [
          each.owner,
          each.kind,
          String(each.objects),
          String(each.versions),
          each.collectionId,
        ]),
      ).map((line) => `  ${line}`),
      '',
      ...fieldLines([
        ['TAXII discovery', discovery],
        ['API root', apiRoot],
        ['User name', userName],
        ['Password', `${password}  (shown this once)`],
      ]),
      '',
      'List the collections:',
      '',
      listCollections,
      '',
      `Pull ${PAGE} ${hasIndicators ? 'indicators' : 'objects'} of ${fullest.owner}:`,
      '',
      pullObjects,
      '',
      'Pull everything with taxii2-client (pip install taxii2-client):',
      '',
      ...pythonLines(discovery, userName, password),
      '',
      'Ctrl-C ends it.',
    ],
  );
}

function pythonLines(discovery: string, userName: string, password: string): string[] {
  return [
    "python3 - <<'END'",
    'from taxii2client.v21 import Server, as_pages',
    `server = Server("${discovery}", user="${userName}", password="${password}")`,
    'for collection in server.default.collections:',
    '    pages = as_pages(collection.get_objects, per_request=100)',
    '    print(collection.title, sum(len(page.get("objects", [])) for page in pages))',
    'END',
  ];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
