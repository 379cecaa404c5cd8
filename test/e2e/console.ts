import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import type { OpenedApp } from '../../server/app.ts';
import { startServer } from '../../server/serving.ts';
import { openTestApp, type TestApp } from '../../server/testing/test-app.ts';
import { launchChromium } from './chromium.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..', '..');
/** So long anything on a page may take: a busy machine is slow. */
const WAIT_MS = 25_000;
const GALLERY = path.join(import.meta.dirname, 'gallery');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Scheme = 'light' | 'dark';
export type ConsoleOptions = { scheme?: Scheme; viewport?: { width: number; height: number } };

/** A console that somebody uses: one browser profile, with one page. */
export type ConsoleUser = {
  page: Page;
  context: BrowserContext;
  /** Signs in and opens an address of the console, such as `/profile`. */
  signIn(person: { userName: string; password: string }, address?: string): Promise<void>;
  /** Opens an address of the console. */
  open(address: string): Promise<void>;
};

export type TestConsole<Instance extends OpenedApp = TestApp> = {
  app: Instance;
  /** `http://localhost:<port>`: a browser keeps Secure cookies of this host only without TLS. */
  url: string;
  newUser(options?: ConsoleOptions): Promise<ConsoleUser>;
  /** What went wrong in any page so far: exceptions, errors on the console, breaches of the Content-Security-Policy. */
  troubles: string[];
  close(): Promise<void>;
};

/** Serves an empty instance, with the console, and starts a browser. */
export async function openTestConsole(engine: 'sqlite' | 'postgres' = 'sqlite'): Promise<TestConsole> {
  return await serveTestConsole(await openTestApp(engine));
}

/** The same with an instance of the test's own making. */
export async function serveTestConsole<Instance extends OpenedApp>(
  app: Instance,
): Promise<TestConsole<Instance>> {
  await run(process.execPath, [path.join(root, 'scripts', 'build-console.ts')], { cwd: root });
  const server = await startServer(app);
  const url = `http://localhost:${server.port}`;
  let browser: Browser | undefined;
  const troubles: string[] = [];
  return {
    app,
    url,
    troubles,
    async newUser({ scheme = 'light', viewport = { width: 1280, height: 800 } } = {}) {
      browser ??= await launchChromium();
      const context = await browser.newContext({
        colorScheme: scheme,
        viewport,
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'Europe/Berlin',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      watch(page, troubles);
      const open = async (address: string) => {
        await page.goto(`${url}/console${address}`);
        await settle(page);
      };
      return {
        page,
        context,
        open,
        async signIn({ userName, password }, address = '/') {
          // The lightest page of the origin: the cookie is what is wanted.
          await page.goto(`${url}/healthz`);
          const status = await page.evaluate(
            async (body) => {
              const response = await fetch('/rest/v1/session', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body,
              });
              return response.status;
            },
            JSON.stringify({ email: userName, password }),
          );
          if (status !== 201) throw new Error(`${userName} cannot sign in: ${status}`);
          await open(address);
        },
      };
    },
    async close() {
      await browser?.close();
      await server.close(1000);
      await app.close();
    },
  };
}

const underWay = new WeakMap<Page, Set<Request>>();
/** So long nothing may have been asked for: an answer may lead to the next question. */
const QUIET_MS = 150;

/** Until nothing is on its way any more. */
export async function settle(page: Page): Promise<void> {
  await page.locator('main, [role="main"], form').first().waitFor();
  const requests = underWay.get(page) ?? new Set();
  const end = Date.now() + WAIT_MS;
  for (let quietSince = Date.now(); Date.now() - quietSince < QUIET_MS && Date.now() < end; ) {
    if (requests.size > 0) quietSince = Date.now();
    await delay(25);
  }
}

/** Answers that are refusals are logged by the browser as errors; they are what some tests are about. */
const REFUSED = /Failed to load resource: the server responded with a status of/;

function watch(page: Page, troubles: string[]): void {
  const requests = new Set<Request>();
  underWay.set(page, requests);
  page.on('request', (request) => {
    // What the page before had asked for is nobody's affair any more.
    if (request.isNavigationRequest()) requests.clear();
    requests.add(request);
  });
  page.on('requestfinished', (request) => requests.delete(request));
  page.on('requestfailed', (request) => requests.delete(request));
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text()))
      troubles.push(`${page.url()}: ${message.text()}`);
  });
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules of axe-core that depend on colours: all others say the same in light and in dark. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * What axe-core finds wrong with the page as it is, by the rules of WCAG 2.2 AA; empty: nothing. Where a dialog stands over
 * the page, of the dialog: what is below it cannot be reached, and is looked at without it.
 */
export async function accessibilityProblems(page: Page, runOnly: string[] = WCAG): Promise<string[]> {
  // The page's own policy lets no foreign script in; the browser's debugger may. Once is enough for a document.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const results = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as {
      axe: { run(where: object, options: object): Promise<AxeResults> };
    };
    const dialogs = document.querySelectorAll('[aria-modal="true"]');
    return await axe.run(dialogs[dialogs.length - 1] ?? document, {
      runOnly: rules,
      resultTypes: ['violations'],
    });
  }, runOnly);
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Puts a picture of the page into the gallery. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(GALLERY, { recursive: true });
  await page.screenshot({ path: path.join(GALLERY, `${name}.png`), animations: 'disabled' });
}

/** Everything that moves only for a moment has come to rest; what is not drawn never does, and is not waited for. */
const AT_REST = `Promise.race([
  Promise.allSettled(
    document
      .getAnimations()
      .filter((each) => each.effect?.getTiming().iterations !== Infinity)
      .map((each) => each.finished),
  ),
  new Promise((resolve) => setTimeout(resolve, 2000)),
]).then(() => undefined)`;

/** Looks at the page in light and in dark: neither has anything that axe-core finds wrong, and there is a picture of each. */
export async function inBothSchemes(page: Page, name: string): Promise<string[]> {
  const problems: string[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: 'attached' });
    await page.evaluate(AT_REST);
    const found = await accessibilityProblems(page, scheme === 'light' ? WCAG : COLOURS);
    problems.push(...found.map((problem) => `${scheme}: ${problem}`));
    await picture(page, `${name}-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor({ state: 'attached' });
  await page.evaluate(AT_REST);
  return problems;
}
