/**
 * Builds the console into `console/dist`, unless what is there was built from these very sources.
 * `npm start` and `npm run demo` begin with it.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
const built = join(root, 'console', 'dist');
const SOURCES = [
  'console/{index.html,vite.config.ts,src/**/*,public/**/*}',
  'contract/**/*.ts',
  'package-lock.json',
];

/** What the console is built from, in one value. */
function stampOf(): string {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function isBuiltFrom(stamp: string): boolean {
  const path = join(built, '.stamp');
  return existsSync(path) && readFileSync(path, 'utf8') === stamp;
}

/** Compressed once, as small as can be, and not with every answer. */
function compress(folder: string): void {
  for (const file of globSync('**/*.{js,css,svg}', { cwd: folder })) {
    const path = join(folder, file);
    const content = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
  }
}

/** What builds that were killed have left: a folder bears the number of its process. */
function removeLeftovers(): void {
  for (const entry of readdirSync(join(built, '..'))) {
    const [, id] = /^dist-(\d+)(?:-old)?$/.exec(entry) ?? [];
    if (id !== undefined && !isRunning(Number(id)))
      rmSync(join(built, '..', entry), { recursive: true, force: true });
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    // There is one, and it belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function main(): Promise<void> {
  const stamp = stampOf();
  if (isBuiltFrom(stamp)) return;
  const startedAt = performance.now();
  process.stderr.write('Building the console …\n');
  removeLeftovers();
  // Beside it, and put in its place when it is whole: another process may build, or serve, at the same time.
  const fresh = `${built}-${process.pid}`;
  const old = `${fresh}-old`;
  // Tests set another one, and what they build is served to everybody afterwards: React would be that for development.
  process.env.NODE_ENV = 'production';
  try {
    await build({
      configFile: join(root, 'console', 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: fresh, emptyOutDir: true },
    });
    compress(fresh);
    writeFileSync(join(fresh, '.stamp'), stamp);
    if (existsSync(built)) renameSync(built, old);
    renameSync(fresh, built);
  } catch (error) {
    // Another process was faster.
    if (!isBuiltFrom(stamp)) throw error;
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
  process.stderr.write(`The console is built (${((performance.now() - startedAt) / 1000).toFixed(1)} s).\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `The console could not be built: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
