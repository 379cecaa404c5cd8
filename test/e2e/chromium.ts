import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);

/** Where distributions put it. */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const INSTALL_MS = 540_000;

/** The browser of the machine: one that is installed, or Debian's, or Playwright's own, which are installed here. */
async function chromiumPath(): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  const attempts: string[] = [];
  for (const [what, install] of [
    ['Debian’s', installFromDebian],
    ['Playwright’s own', installFromPlaywright],
  ] as const) {
    try {
      await install();
      const installed = findChromium();
      if (installed !== undefined) return installed;
      attempts.push(`${what}: is nowhere after its installation`);
    } catch (error) {
      attempts.push(`${what}: ${firstLine(error)}`);
    }
  }
  throw new Error(
    `The end-to-end tests need Chromium, and there is none: install it, or name one in CHROMIUM_PATH. Tried ${attempts.join('; ')}`,
  );
}

function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== '') return CHROMIUM_PATH;
  return [...INSTALLED, chromium.executablePath()].find((file) => existsSync(file));
}

async function installFromDebian(): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error('needs root and apt-get');
  const options = {
    timeout: INSTALL_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 1e8,
  };
  await run('apt-get', ['update', '-qq'], options);
  await run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
    options,
  );
}

async function installFromPlaywright(): Promise<void> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  await run(process.execPath, [path.join(folder, 'cli.js'), 'install', 'chromium'], {
    timeout: INSTALL_MS,
    maxBuffer: 1e8,
  });
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** Starts the browser, without a window. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: await chromiumPath(),
    // Containers have neither the namespaces of its sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}
