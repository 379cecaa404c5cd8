import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/e2e/chromium.ts';
import { startTaxiway } from './children.ts';
import { createInstance, settle } from './instances.ts';
import { count, median, milliseconds } from './report.ts';
import { fill } from './rows-accounts.ts';
import { type Bench, targetOn } from './rows-common.ts';

const run = promisify(execFile);
const builder = path.join(import.meta.dirname, '..', 'scripts', 'build-console.ts');

/** What Lighthouse takes for a phone: a slow fourth generation, and a processor four times slower than this one. */
const PHONE = { latency: 150, downloadThroughput: 1_638_400 / 8, uploadThroughput: 675_000 / 8, cpu: 4 };

/** Runs in the page before its own scripts: notes the largest paint, and how long the page could not react. */
const OBSERVER = `
  globalThis.seen = { largest: 0, blocked: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.largest = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.blocked += Math.max(0, entry.duration - 50);
  }).observe({ type: 'longtask', buffered: true });
`;

type Paint = {
  scriptBytes: number;
  allBytes: number;
  firstPaint: number;
  largestPaint: number;
  blocked: number;
};

/**
 * The console in a real browser: what the sign-in screen weighs and when it is painted, with an empty cache; and how long the
 * table of a large organization takes.
 */
export async function consoleScreens(bench: Bench): Promise<void> {
  await run(process.execPath, [builder]);
  const number = bench.quick ? 20_000 : 100_000;
  const instance = await createInstance(path.join(bench.folder, 'console'), await bench.createDatabase());
  const [large] = await fill(instance, number);
  if (large === undefined) throw new Error('there is no large organization');
  await settle(instance, 'accounts');
  const server = await startTaxiway(instance.settings, instance.logFile);
  const browser = await launchChromium();
  try {
    const url = `http://localhost:${server.port}`;
    await reportPaint(bench, browser, `${url}/console/sign-in`);
    await reportTable(bench, browser, url, large, number);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function reportPaint(bench: Bench, browser: Browser, address: string): Promise<void> {
  for (const phone of [false, true]) {
    const taken: Paint[] = [];
    // The first warms up.
    for (let round = 0; round <= (bench.quick ? 3 : 7); round++) {
      const paint = await paintOf(browser, address, phone);
      if (round > 0) taken.push(paint);
    }
    const of = (name: keyof Paint) => median(taken.map((paint) => paint[name]));
    const where = phone ? 'as on a phone (4 × slower processor, 1.6 Mbit/s, 150 ms)' : 'on this machine';
    if (!phone) {
      bench.report({
        what: 'script of the sign-in screen, as it is sent, in kB',
        taxiway: `${Math.round(of('scriptBytes') / 1000)} kB`,
        beside: `with styles and all else: ${Math.round(of('allBytes') / 1000)} kB`,
        ratio: of('scriptBytes') / 1000,
        ...targetOn(bench.engine, { atMost: 250 }),
      });
    }
    bench.report({
      what: `sign-in screen, empty cache, ${where}: first contentful paint, in ms`,
      taxiway: milliseconds(of('firstPaint')),
      beside: `largest: ${milliseconds(of('largestPaint'))}; total blocking time: ${milliseconds(of('blocked'))}`,
      ratio: of('firstPaint'),
    });
  }
}

async function paintOf(browser: Browser, address: string, phone: boolean): Promise<Paint> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    const sizes = { script: 0, all: 0 };
    const scripts = new Set<string>();
    devtools.on('Network.responseReceived', ({ requestId, type }) => {
      if (type === 'Script') scripts.add(requestId);
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      sizes.all += encodedDataLength;
      if (scripts.has(requestId)) sizes.script += encodedDataLength;
    });
    if (phone) {
      const { cpu, ...network } = PHONE;
      await devtools.send('Network.emulateNetworkConditions', { offline: false, ...network });
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: cpu });
    }
    await page.addInitScript({ content: OBSERVER });
    await page.goto(address);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await page.waitForLoadState('networkidle');
    const painted = await page.evaluate(() => {
      const { seen } = globalThis as unknown as { seen: { largest: number; blocked: number } };
      return {
        ...seen,
        first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      };
    });
    return {
      scriptBytes: sizes.script,
      allBytes: sizes.all,
      firstPaint: painted.first,
      largestPaint: painted.largest,
      blocked: painted.blocked,
    };
  } finally {
    await context.close();
  }
}

async function reportTable(
  bench: Bench,
  browser: Browser,
  url: string,
  person: { organizationId: number; email: string; password: string },
  number: number,
): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${url}/console/sign-in`);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel(/^Password/).fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('link', { name: 'Membership', exact: true }).waitFor();
  const steps: Record<string, number[]> = { opened: [], 'next page': [], searched: [] };
  for (let round = 0; round <= (bench.quick ? 2 : 5); round++) {
    const note = (step: string, ms: number) => (round > 0 ? steps[step]?.push(ms) : undefined);
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    note(
      'opened',
      await timeUntilRows(page, () => page.getByRole('link', { name: 'Membership', exact: true }).click()),
    );
    note(
      'next page',
      await timeUntilRows(page, () => page.getByRole('button', { name: 'Next page' }).click()),
    );
    const searched = `user-${number - 7 - round}@`;
    note(
      'searched',
      await timeUntilRows(
        page,
        () => page.getByRole('textbox', { name: 'Search accounts' }).fill(searched),
        searched,
      ),
    );
  }
  const shown = Object.entries(steps).map(([step, times]) => ({ step, ms: median(times) }));
  const slowest = shown.toSorted((a, b) => b.ms - a.ms)[0] ?? { step: '', ms: Number.NaN };
  bench.report({
    what: `membership table of ${count(number)} accounts in the browser, the slowest of ${shown.map(({ step }) => step).join(', ')}, in ms`,
    taxiway: `${milliseconds(slowest.ms)} (${slowest.step})`,
    beside: shown.map(({ step, ms }) => `${step}: ${milliseconds(ms)}`).join('; '),
    ratio: slowest.ms,
    ...targetOn(bench.engine, { atMost: 1000 }),
  });
  await context.close();
}

/** From the deed until other rows are there, or one with the text. */
async function timeUntilRows(page: Page, deed: () => Promise<void>, text?: string): Promise<number> {
  const rows = page.locator('tbody tr');
  const before = (await rows.count()) > 0 ? ((await rows.first().textContent()) ?? '') : '';
  const begun = performance.now();
  await deed();
  const known = JSON.stringify({ before, text });
  // By the debugger, frame by frame: the page's own policy lets nothing evaluate a text in it.
  await page.evaluate(`new Promise((resolve) => {
    const { before, text } = ${known};
    const look = () => {
      const now = document.querySelector('table[aria-busy="false"] tbody tr')?.textContent ?? '';
      const isThere = now !== '' && (text === undefined ? now !== before : now.includes(text));
      if (isThere) resolve(undefined);
      else requestAnimationFrame(look);
    };
    look();
  })`);
  return performance.now() - begun;
}
