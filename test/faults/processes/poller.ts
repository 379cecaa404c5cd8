/**
 * A process with several pollers of a collection. When its standard input ends, each polls on until a request that it
 * made after that says that there is nothing more.
 */
import { random, report, send, type Target, toldToEnd } from './taxii-client.ts';

/**
 * `next`: follows `next` while there is more, then asks for what was added after the Last header.
 * `last`: knows only the Last header (TAXII 2.1 §3.4).
 * `milliseconds`: follows `next`, but cuts its cursor to milliseconds, as OpenCTI does.
 */
export type PollerMode = 'next' | 'last' | 'milliseconds';

export type PollerInput = {
  target: Target;
  seed: number;
  pollers: {
    mode: PollerMode;
    resource: 'objects' | 'manifest';
    /** 0 = another one for each request. */
    limit: number;
    allVersions: boolean;
  }[];
  tolerant?: boolean;
};

export type PollerReport = {
  /** `id version` of everything that it was ever sent. */
  seen: string[];
  requests: number;
  records: number;
  /** Requests in a row without a page. */
  failures: number;
  problems: string[];
};

type Page = {
  more?: boolean;
  next?: string;
  objects?: { id: string; modified?: string; created?: string; version?: string; date_added?: string }[];
};

const input = JSON.parse(process.argv[2] ?? '') as PollerInput;
const end = toldToEnd();
const MAX_FAILURES = 400;
report(await Promise.all(input.pollers.map((poller, index) => poll(poller, input.seed + index))));

async function poll(poller: PollerInput['pollers'][number], seed: number): Promise<PollerReport> {
  const dice = random(seed);
  const seen = new Set<string>();
  const result: PollerReport = { seen: [], requests: 0, records: 0, failures: 0, problems: [] };
  let addedAfter: string | undefined;
  let next: string | undefined;
  /** The last stamp of the page before, where this one must be beyond it. */
  let beyond = '';
  for (;;) {
    const isLast = end.yes;
    const query = new URLSearchParams();
    if (next !== undefined) query.set('next', next);
    else if (addedAfter !== undefined) query.set('added_after', addedAfter);
    // A token remembers the limit, but a client may change it.
    const limit = poller.limit === 0 ? [1, 3, 10, 100, 1000][dice.below(5)] : poller.limit;
    if (limit !== undefined && (next === undefined || dice.chance(0.3))) query.set('limit', String(limit));
    if (poller.allVersions && next === undefined) query.set('match[version]', 'all');
    const answer = await ask(`${poller.resource}/?${query}`, dice.below(input.target.urls.length), result);
    if (answer === undefined) continue;
    const { page, first, last } = answer;
    const records = page.objects ?? [];
    for (const record of records)
      seen.add(`${record.id} ${record.version ?? record.modified ?? record.created ?? ''}`);
    result.records += records.length;
    checkOrder(records, { first, last, beyond }, result);
    beyond = poller.mode === 'milliseconds' && page.more !== true ? '' : last;
    if (page.more === true && page.next === undefined) result.problems.push('more without next');
    if (page.more === true && records.length === 0) result.problems.push('more without objects');
    next = poller.mode === 'last' ? undefined : page.more === true ? page.next : undefined;
    addedAfter = poller.mode === 'milliseconds' ? `${last.slice(0, 23)}Z` : last;
    if (page.more !== true && isLast) break;
    if (page.more !== true) await new Promise((resolve) => setTimeout(resolve, 5 + dice.below(60)));
    if (result.problems.length > 20) break;
  }
  return { ...result, seen: [...seen] };
}

/** `date_added` grows strictly, within a page and from page to page. Equal lengths: they compare as text. */
function checkOrder(
  records: NonNullable<Page['objects']>,
  { first, last, beyond }: { first: string; last: string; beyond: string },
  { problems }: PollerReport,
): void {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(last)) problems.push(`Last header ${last}`);
  if (first > last) problems.push(`First ${first} is after Last ${last}`);
  if (records.length > 0 && first <= beyond) problems.push(`page begins at ${first}, not after ${beyond}`);
  const stamps = records.flatMap((record) => (record.date_added === undefined ? [] : [record.date_added]));
  if (stamps.length === 0) return;
  if (stamps[0] !== first || stamps.at(-1) !== last) problems.push('headers and date_added differ');
  for (const [index, stamp] of stamps.entries()) {
    const before = stamps[index - 1];
    if (before !== undefined && stamp <= before) problems.push(`${stamp} follows ${before}`);
  }
}

async function ask(
  path: string,
  server: number,
  result: PollerReport,
): Promise<{ page: Page; first: string; last: string } | undefined> {
  result.requests++;
  try {
    const answer = await send(input.target, path, { url: input.target.urls[server] });
    const text = await answer.text();
    if (answer.status === 200) {
      result.failures = 0;
      const header = (name: string) => answer.headers.get(`x-taxii-date-added-${name}`) ?? '';
      return { page: JSON.parse(text) as Page, first: header('first'), last: header('last') };
    }
    if (!(input.tolerant === true && answer.status === 503))
      result.problems.push(`GET ${path} was answered ${answer.status} ${text.slice(0, 500)}`);
  } catch (error) {
    if (input.tolerant !== true) result.problems.push(`GET ${path} failed: ${String(error)}`);
  }
  result.failures++;
  if (result.failures > MAX_FAILURES || result.problems.length > 20)
    throw new Error(`gave up after ${result.failures} failures\n${result.problems.join('\n')}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return undefined;
}
