import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { openApp } from '../app.ts';
import { readConfig } from '../config.ts';
import type { App, Caller } from '../context.ts';
import { createTaxiiUser, type NewTaxiiUser } from '../features/account-creation/taxii-users.service.ts';
import { countIntelligence, type IntelligenceCounts } from '../features/intelligence/counting.service.ts';
import { addMember, createOrganization, createOwner } from '../features/owners/owners.service.ts';
import { globalsOf, namedByOptions, operatorCaller, requireNoAccount } from './context.ts';
import { importFiles, sizeOf } from './import.ts';
import type { ImportedFile } from './import-summary.ts';
import { listenOrClose } from './listening.ts';
import { wholeNumber, withExample } from './options.ts';
import { fieldLines, printAnswer, printNote, quoted, tableLines } from './output.ts';
import { limitStopping, stopSignal } from './stop-signal.ts';

const HOST = '127.0.0.1';
const USUAL_PORT = 8080;
const USER_NAME = 'partner-siem';
const PAGE = 5;

type DemoOwner = {
  kind: 'organization' | 'community' | 'source';
  owner: string;
  collectionId: string;
  files: readonly string[];
};
type LoadedOwner = Omit<DemoOwner, 'files'> & IntelligenceCounts;

export function registerDemo(program: Command): void {
  withExample(
    program
      .command('demo')
      .argument('[file...]', 'STIX files to show instead of the samples')
      .option('--port <n>', 'port to listen on; by default 8080, or any that is free', wholeNumber)
      .description('try Taxiway out: sample intelligence and a TAXII user, in a temporary folder')
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
  const app = await openApp(config);
  try {
    const operator = operatorCaller();
    const owners = await createOwners(app, operator, files);
    const user = await createTaxiiUser(app, operator, {
      userName: USER_NAME,
      organization: owners[0]?.owner ?? '',
    });
    const loaded = await loadAll(app, operator, owners, json);
    if (isStopped) return;
    const server = await listenOrClose(app);
    announce(json, server.url, user, loaded);
    await stop;
    limitStopping();
    await server.close();
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An organization and what it belongs to, with the files that are loaded into each. */
async function createOwners(app: App, operator: Caller, files: readonly string[]): Promise<DemoOwner[]> {
  const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}.json`, import.meta.url));
  const home = await createOrganization(app, operator, { name: 'Tarnholm Line' });
  const owners: DemoOwner[] = [
    {
      kind: 'organization',
      owner: home.name,
      collectionId: home.collectionId,
      files: files.length > 0 ? files : [sample('organization')],
    },
  ];
  for (const [kind, name] of [
    ['community', 'Breakwater Exchange'],
    ['source', 'Lanternfish Labs'],
  ] as const) {
    const { collectionId } = await createOwner(app, operator, { kind, name });
    await addMember(app, operator, { owner: name, organization: home.name, defaultRole: 'User' });
    owners.push({ kind, owner: name, collectionId, files: files.length > 0 ? [] : [sample(kind)] });
  }
  return owners;
}

async function loadAll(
  app: App,
  operator: Caller,
  owners: readonly DemoOwner[],
  json: boolean,
): Promise<LoadedOwner[]> {
  const loaded: LoadedOwner[] = [];
  for (const { files, ...owner } of owners) {
    const report = { write: () => undefined };
    const imported = await importFiles(app, operator, {
      files,
      sizes: files.map(sizeOf),
      owner: owner.owner,
      report,
      json,
    });
    for (const file of imported) noteTrouble(file);
    loaded.push({ ...owner, ...(await countIntelligence(app, operator, owner.owner)) });
  }
  return loaded;
}

function noteTrouble({ file, refused, stopped }: ImportedFile): void {
  if (refused > 0) printNote(`${file}: ${refused} objects were refused; "taxiway import" says why`);
  if (stopped !== undefined) printNote(`${file}: ${stopped.message}; what came before is kept`);
}

function announce(json: boolean, url: string, user: NewTaxiiUser, owners: readonly LoadedOwner[]): void {
  const { userName, password = '' } = user;
  const discovery = `${url}/taxii2/`;
  const apiRoot = `${url}/${user.service.path}/`;
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
    { url: `${url}/`, discovery, apiRoot, userName, password, owners, listCollections, pullObjects },
    [
      '',
      'Taxiway runs, in a temporary folder that is removed when it ends.',
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
