import { expect } from 'vitest';
import { type Answer, type Client, type Resource, TAXII } from './wire.ts';

/**
 * What widespread TAXII clients do on the wire, each as plainly as possible. A loop that would not end in the client
 * ends here after MAX_REQUESTS, with a failure.
 */
const MAX_REQUESTS = 300;

function countRequests(): () => void {
  let count = 0;
  return () => {
    if (++count > MAX_REQUESTS) throw new Error('the client would go on for ever');
  };
}

/** taxii2client checks the type of each answer before it looks at it. */
function asTaxii2Client(answer: Answer): Resource {
  const [type, ...parameters] = String(answer.headers['content-type']).split(';');
  if (answer.status >= 400) throw new Error(`HTTP ${answer.status}`);
  if (type?.trim() !== 'application/taxii+json') throw new Error(`Unexpected Content-Type ${type}`);
  if (!parameters.some((each) => each.trim().replaceAll('"', '') === 'version=2.1'))
    throw new Error('version');
  return answer.json;
}

export async function taxii2Get(client: Client, path: string, query = ''): Promise<Resource> {
  const slashed = path.endsWith('/') ? path : `${path}/`;
  return asTaxii2Client(
    await client.get(slashed + query, { Accept: TAXII, 'User-Agent': 'taxii2-client/2.3.0' }),
  );
}

/** `as_pages`: adopts the size of a first page that is not the one asked for, and goes on with `next` or with nothing. */
export async function taxii2Pages(
  client: Client,
  path: string,
  perRequest: number,
  filters = '',
): Promise<Resource[]> {
  const tick = countRequests();
  const pages: Resource[] = [];
  let limit = perRequest;
  let query = `?${filters}${limit === 0 ? '' : `&limit=${limit}`}`;
  for (;;) {
    tick();
    const page = await taxii2Get(client, path, query);
    pages.push(page);
    if (page.more !== true) return pages;
    const count = page.objects?.length ?? page.versions?.length ?? 0;
    if (pages.length === 1 && count !== limit) limit = count;
    query = `?${filters}&limit=${limit}&next=${page.next ?? ''}`;
  }
}

/** `Collection(url)` and `Status`: what the library refuses. */
export function checkTaxii2Collection(url: string, collection: Resource): void {
  if (!collection.id || !url.includes(collection.id)) throw new Error('the id does not match the URL');
  for (const name of ['title', 'can_read', 'can_write']) {
    if (collection[name] === undefined || collection[name] === null) throw new Error(`no '${name}'`);
  }
}

export function checkTaxii2Status(status: Resource): void {
  const { success_count: good = 0, failure_count: bad = 0, pending_count: open = 0 } = status;
  if (status.total_count !== good + bad + open) throw new Error('total_count does not match');
  for (const [list, count] of [
    [status.successes, good],
    [status.failures, bad],
  ] as const) {
    if (list !== undefined && list.length !== count) throw new Error('a list does not match its count');
  }
}

/** OpenCTI's own ingester: no limit, one page per run, dates through JavaScript, next and a newer added_after together. */
export function createOpenCtiIngester(client: Client, objectsPath: string) {
  let next = '';
  let addedAfter = '2000-01-01T00:00:00.000Z';
  return async function run(): Promise<{ ids: string[]; isDone: boolean }> {
    const query = [`added_after=${encodeURIComponent(addedAfter)}`];
    if (next !== '') query.unshift(`next=${encodeURIComponent(next)}`);
    const answer = await client.get(`${objectsPath.replace(/\/$/, '')}?${query.join('&')}`, {
      Accept: 'application/json, text/plain, */*',
    });
    expect(answer.status).toBe(200);
    const { objects = [], more } = answer.json;
    next = more === true ? String(answer.json.next) : '';
    const last = answer.headers['x-taxii-date-added-last'];
    // Through Date: the microseconds are lost.
    if (more !== true) addedAfter = new Date(String(last)).toISOString();
    return { ids: objects.map((object) => String(object.id)), isDone: more !== true };
  };
}

/** The OpenCTI taxii2 connector: filters and limit on the first page only; `objects` must be there when more is. */
export async function openCtiConnectorWalk(client: Client, path: string, filters: string): Promise<string[]> {
  const tick = countRequests();
  const ids: string[] = [];
  let query = `?${filters}&limit=3`;
  for (;;) {
    tick();
    const page = await taxii2Get(client, path, query);
    ids.push(...(page.objects ?? []).map((object) => String(object.id)));
    if (page.more !== true) return ids;
    if (page.objects === undefined) throw new Error("KeyError: 'objects'");
    query = `?next=${page.next}`;
  }
}

/** Elastic's CEL input: goes on by the presence of next, keeps the Last header verbatim as cursor. */
export function createElasticInput(client: Client, url: string, limit: number) {
  let cursor: string | undefined;
  return async function poll(initial: string): Promise<string[]> {
    const tick = countRequests();
    const ids: string[] = [];
    let query = `?added_after=${encodeURIComponent(cursor ?? initial)}&limit=${limit}`;
    for (;;) {
      tick();
      const answer = await client.get(url + query, { Accept: TAXII, 'Content-Type': TAXII });
      expect(answer.status).toBe(200);
      const last = answer.headers['x-taxii-date-added-last'];
      if (typeof last !== 'string') throw new Error('no cursor: everything would be ingested again');
      cursor = last;
      ids.push(...(answer.json.objects ?? []).map((object) => String(object.id)));
      if (answer.json.next === undefined) return ids;
      query = `?next=${encodeURIComponent(answer.json.next)}&limit=${limit}`;
    }
  };
}

/** MISP: a base URL with a slash and a root with another, limit and an empty next, and the lower-case scheme. */
export async function mispPull(client: Client, collectionPath: string): Promise<string[]> {
  const tick = countRequests();
  const ids: string[] = [];
  let next = '';
  for (;;) {
    tick();
    const answer = await client.get(`/${collectionPath}objects/?limit=3&next=${next}`, {
      Authorization: client.authorization.replace('Basic', 'basic'),
      'Content-type': TAXII,
    });
    expect(answer.status).toBe(200);
    if (answer.json.objects === undefined) return ids;
    ids.push(...answer.json.objects.map((object) => String(object.id)));
    if (answer.json.more !== true) return ids;
    next = String(answer.json.next);
  }
}

/** Cortex XSOAR: 2.1 first and 2.0 after a 406; stops at the first empty page; its next poll begins at the last `modified`. */
export async function xsoarPoll(client: Client, path: string, addedAfter: string, limit: number) {
  const tick = countRequests();
  const objects: Record<string, unknown>[] = [];
  let query = `?added_after=${addedAfter}&limit=${limit}&match[type]=indicator,relationship,malware,file`;
  for (;;) {
    tick();
    const page = await taxii2Get(client, path, query);
    if (page.objects === undefined) break;
    objects.push(...page.objects);
    if (page.more !== true) break;
    query = `?next=${page.next}&limit=${limit}&match[type]=indicator,relationship,malware,file`;
  }
  return { objects, cursor: String(objects.at(-1)?.modified ?? addedAfter) };
}

/** MineMeld, patched: pages by next, and begins the next poll at the greatest `modified` it has seen. */
export async function mineMeldPoll(client: Client, path: string, addedAfter: string): Promise<string[]> {
  const tick = countRequests();
  const ids: string[] = [];
  let query = `?added_after=${addedAfter}`;
  for (;;) {
    tick();
    const page = await taxii2Get(client, path, query);
    ids.push(...(page.objects ?? []).map((object) => String(object.id)));
    if (page.next === undefined) return ids;
    query = `?next=${page.next}`;
  }
}
