import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

type Violation = { rule: string; from: string; to: string };
type Cruise = { rules: string[]; modules: string[]; violations: Violation[] };

/** What each file of a small tree with the layout of ours imports, and the rule that one of the imports breaks. */
type Plant = { rule: string; file: string; imports: string };

const PLANTS: Plant[] = [
  { rule: 'no-cycles', file: 'server/features/circle/circle.rules.ts', imports: './circle-more.rules.ts' },
  { rule: 'contract-imports-only-zod', file: 'contract/planted-server.ts', imports: '../server/errors.ts' },
  { rule: 'contract-imports-only-zod', file: 'contract/planted-core.ts', imports: 'node:fs' },
  { rule: 'contract-imports-only-zod', file: 'contract/planted-package.ts', imports: 'pino' },
  {
    rule: 'console-imports-only-contract',
    file: 'console/src/planted.ts',
    imports: '../../server/errors.ts',
  },
  { rule: 'protocols-are-pure', file: 'server/protocols/planted-core.ts', imports: 'node:crypto' },
  { rule: 'protocols-are-pure', file: 'server/protocols/planted-package.ts', imports: 'zod' },
  {
    rule: 'protocols-are-pure',
    file: 'server/protocols/taxii/planted.ts',
    imports: '../../../contract/good.ts',
  },
  { rule: 'access-is-pure', file: 'server/access/planted-core.ts', imports: 'node:crypto' },
  { rule: 'access-is-pure', file: 'server/access/planted-db.ts', imports: '../db/good.ts' },
  { rule: 'rules-are-pure', file: 'server/features/planted/core.rules.ts', imports: 'node:crypto' },
  { rule: 'rules-are-pure', file: 'server/features/planted/package.rules.ts', imports: 'zod' },
  {
    rule: 'rules-are-pure',
    file: 'server/features/planted/store.rules.ts',
    imports: '../good/good.store.ts',
  },
  {
    rule: 'rules-take-rows-as-types',
    file: 'server/features/planted/rows.rules.ts',
    imports: '../../db/schema.ts',
  },
  { rule: 'errors-know-only-contract', file: 'server/errors.ts', imports: 'node:os' },
  { rule: 'sql-only-in-stores-and-db', file: 'server/features/planted/kysely.service.ts', imports: 'kysely' },
  { rule: 'sql-only-in-stores-and-db', file: 'server/http/planted-pg.ts', imports: 'pg' },
  { rule: 'sql-only-in-stores-and-db', file: 'server/cli/planted-sqlite.ts', imports: 'node:sqlite' },
  { rule: 'db-is-the-ground', file: 'server/db/planted.ts', imports: '../features/good/good.store.ts' },
  {
    rule: 'stores-take-rights-as-types',
    file: 'server/features/planted/access.store.ts',
    imports: '../../access/good.ts',
  },
  {
    rule: 'stores-know-rows-not-rights',
    file: 'server/features/planted/core.store.ts',
    imports: 'node:crypto',
  },
  { rule: 'hono-only-in-http', file: 'server/features/planted/hono.routes.ts', imports: 'hono' },
  { rule: 'hono-only-in-http', file: 'server/cli/planted-hono.ts', imports: '@hono/node-server' },
  {
    rule: 'http-knows-no-features',
    file: 'server/http/planted.ts',
    imports: '../features/good/good.service.ts',
  },
  {
    rule: 'routes-never-ask-stores',
    file: 'server/features/planted/store.routes.ts',
    imports: '../good/good.store.ts',
  },
  {
    rule: 'services-call-no-services',
    file: 'server/features/planted/calls.service.ts',
    imports: '../good/good.service.ts',
  },
  {
    rule: 'services-know-no-http',
    file: 'server/features/planted/http.service.ts',
    imports: '../../http/good.ts',
  },
  {
    rule: 'cli-goes-through-the-app',
    file: 'server/cli/planted-store.ts',
    imports: '../features/good/good.store.ts',
  },
  { rule: 'main-only-starts-commands', file: 'server/main.ts', imports: './app.ts' },
  {
    rule: 'testing-only-for-tests',
    file: 'server/features/planted/helped.ts',
    imports: '../../testing/good.ts',
  },
  { rule: 'no-development-packages', file: 'server/planted-dev.ts', imports: 'fast-check' },
];

/** A tree in which every import is allowed; `type:` marks those that are only for types. */
const ALLOWED: Record<string, string[]> = {
  'contract/good.ts': ['zod'],
  'contract/good.test.ts': ['vitest', 'node:fs'],
  'console/src/good.ts': ['../../contract/good.ts'],
  'server/app.ts': ['./features/good/good.routes.ts', './features/good/good.service.ts', './http/good.ts'],
  'server/db/schema.ts': [],
  'server/access/good.ts': ['../../contract/good.ts', '../errors.ts'],
  'server/protocols/good.ts': ['./taxii/good.ts'],
  'server/protocols/taxii/good.ts': [],
  'server/protocols/good.test.ts': ['vitest', 'node:fs', './good.ts'],
  'server/db/good.ts': ['kysely', 'pg', 'node:sqlite', '../errors.ts', '../../contract/good.ts'],
  'server/http/good.ts': ['hono', '@hono/node-server', 'node:http', '../access/good.ts', '../errors.ts'],
  'server/features/good/good.routes.ts': [
    './good.service.ts',
    '../../http/good.ts',
    '../../../contract/good.ts',
    'zod',
  ],
  'server/features/good/good.service.ts': [
    './good.rules.ts',
    './good.store.ts',
    '../../access/good.ts',
    '../../protocols/good.ts',
    '../../db/good.ts',
    'node:crypto',
  ],
  'server/features/good/good.rules.ts': [
    '../../../contract/good.ts',
    '../../access/good.ts',
    '../../protocols/good.ts',
    '../../errors.ts',
  ],
  'server/features/good/good.store.ts': [
    'kysely',
    '../../db/good.ts',
    '../../../contract/good.ts',
    '../../protocols/good.ts',
    '../../errors.ts',
  ],
  'server/features/good/good.store.test.ts': ['vitest', 'kysely', '../../testing/good.ts', './good.store.ts'],
  'server/features/circle/circle-more.rules.ts': ['./circle.rules.ts'],
  'server/cli/good.ts': [
    'commander',
    '../app.ts',
    '../../contract/good.ts',
    'type:../features/good/good.service.ts',
  ],
  'server/testing/good.ts': ['pg', 'vitest', 'hono', '../app.ts'],
  'bench/good.ts': ['../server/testing/good.ts', 'pg'],
  'test/good.test.ts': ['vitest', '../server/testing/good.ts', '../server/features/good/good.service.ts'],
};

async function cruise(folder: string, trees: string[]): Promise<Cruise> {
  const cruiser = join(root, 'node_modules/.bin/depcruise');
  const args = [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...trees];
  const output = await new Promise<string>((resolve, reject) => {
    // It ends with the number of violations as its exit code, which makes an error of what is asked for here.
    execFile(
      process.execPath,
      args,
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => (stdout === '' ? reject(new Error(stderr)) : resolve(stdout)),
    );
  });
  const result = JSON.parse(output) as {
    modules: { source: string }[];
    summary: {
      violations: { rule: { name: string }; from: string; to: string }[];
      ruleSetUsed: { forbidden: { name: string }[] };
    };
  };
  return {
    rules: result.summary.ruleSetUsed.forbidden.map(({ name }) => name),
    modules: result.modules.map(({ source }) => source),
    violations: result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

async function plantTree(folder: string): Promise<void> {
  for (const file of ['.dependency-cruiser.mjs', 'package.json', 'tsconfig.json']) {
    await cp(join(root, file), join(folder, file));
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const files = new Map(Object.entries(ALLOWED));
  for (const { file, imports } of PLANTS) files.set(file, [...(files.get(file) ?? []), imports]);
  for (const [file, imports] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    const lines = imports.map((target, index) => {
      const isType = target.startsWith('type:');
      return `import ${isType ? 'type ' : ''}* as i${index} from '${target.replace('type:', '')}';\nexport { i${index} };\n`;
    });
    await writeFile(join(folder, file), lines.join('') || 'export {};\n');
  }
}

describe('the import rules', () => {
  let folder: string;
  let planted: Cruise;

  beforeAll(async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), 'taxiway-architecture-'));
    await plantTree(folder);
    planted = await cruise(folder, ['contract', 'console', 'server', 'bench', 'test']);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('have a planted violation each', () => {
    expect(new Set(PLANTS.map(({ rule }) => rule))).toEqual(new Set(planted.rules));
  });

  it.each(PLANTS)('$rule reports $file importing $imports', ({ rule, file }) => {
    // A cycle is reported once, from either of its ends.
    const reported = planted.violations.filter(
      (violation) => violation.from === file || (rule === 'no-cycles' && violation.to === file),
    );
    expect(reported.map((violation) => violation.rule)).toContain(rule);
  });

  it('report nothing in files that keep to them', () => {
    const plantedFiles = new Set(PLANTS.map(({ file }) => file));
    const others = planted.violations.filter(
      ({ from }) => !plantedFiles.has(from) && !from.includes('/circle/'),
    );
    expect(others).toEqual([]);
  });

  it('are asked about every source file of the server and the contract', async () => {
    const trees = ['contract', 'server'];
    const { modules } = await cruise(root, trees);
    const files = globSync(
      trees.map((tree) => `${tree}/**/*.ts`),
      { cwd: root },
    );
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !modules.includes(file))).toEqual([]);
  });
});
