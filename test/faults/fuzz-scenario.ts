import fc from 'fast-check';
import type { TestApp } from '../../server/testing/test-app.ts';
import { type FuzzedRequest, fuzzedRequests, garbage, type Known } from './fuzz-requests.ts';
import { openRaw, type RawAnswer } from './raw-http.ts';

const TAXII = 'application/taxii+json;version=2.1';
const PATIENCE_MS = 10_000;

/** Everything that a refused request must leave as it was. */
async function footprint(app: TestApp): Promise<string> {
  const { read } = app.db;
  const count = async (table: 'objects' | 'statuses' | 'accounts' | 'credentials' | 'collections') =>
    (
      await read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
    ).count;
  const owners = await read
    .selectFrom('owners')
    .select(['change_counter', 'last_stamp'])
    .orderBy('id')
    .execute();
  return JSON.stringify([
    owners,
    await count('objects'),
    await count('statuses'),
    await count('accounts'),
    await count('credentials'),
    await count('collections'),
  ]);
}

/** Sends the request; how it was answered, and what is wrong with that, if anything. */
async function ask(
  port: number,
  request: FuzzedRequest,
  isHttp: boolean,
): Promise<{ status?: number; wrong?: string | undefined }> {
  const connection = await openRaw(port, request.isHead);
  try {
    connection.write(request.octets);
    // Nothing more comes: a server that waits for more of what is no request learns that it waits in vain.
    if (!isHttp) connection.socket.end();
    const answer = await connection.answer(PATIENCE_MS);
    if (answer === undefined) return { wrong: isHttp ? 'the connection ended without an answer' : undefined };
    const { status } = answer;
    const wrong = wrongWith(answer, request.isHead);
    if (!isHttp && ![400, 431].includes(status)) return { status, wrong: `garbage was answered ${status}` };
    return { status, wrong: wrong === undefined ? undefined : `${status}: ${wrong}` };
  } catch (error) {
    return { wrong: String(error) };
  } finally {
    connection.close();
  }
}

function wrongWith({ status, headers, body }: RawAnswer, isHead: boolean): string | undefined {
  if (status >= 500) return `a server error: ${body.toString().slice(0, 500)}`;
  if (status < 400) return undefined;
  if (headers.get('content-type') !== TAXII) return `an error as ${headers.get('content-type')}`;
  if (isHead) return undefined;
  try {
    const resource = JSON.parse(body.toString()) as { title?: unknown; http_status?: unknown };
    if (typeof resource.title !== 'string') return 'an error without a title';
    if (resource.http_status !== String(status)) return `http_status is ${String(resource.http_status)}`;
  } catch {
    return `an error that is no JSON: ${body.toString().slice(0, 200)}`;
  }
  return undefined;
}

/**
 * Sends made-up requests, one after the other, and fails on the first that is not answered as the standard asks, or that
 * was refused and has left a trace.
 */
export async function fuzz(
  app: TestApp,
  port: number,
  known: Known,
  { runs, seed, seconds }: { runs: number; seed: number; seconds: number },
): Promise<{ runs: number; statuses: Map<number, number> }> {
  const statuses = new Map<number, number>();
  let done = 0;
  let before = await footprint(app);
  const options = { numRuns: runs, seed, interruptAfterTimeLimit: seconds * 1000 };
  await fc.assert(
    fc.asyncProperty(fuzzedRequests(known), async (request) => {
      const { status, wrong: complaint } = await ask(port, request, true);
      if (status !== undefined) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const after = await footprint(app);
      const wasRefused = status === undefined || status >= 400;
      const trace = after !== before && wasRefused ? `left a trace: ${before} → ${after}` : undefined;
      before = after;
      done++;
      const wrong = complaint ?? trace;
      if (wrong !== undefined) throw new Error(`${wrong}\n--- after\n${request.shown}`);
    }),
    options,
  );
  await fc.assert(
    fc.asyncProperty(garbage, async (request) => {
      const { wrong } = await ask(port, request, false);
      done++;
      if (wrong !== undefined) throw new Error(`${wrong}\n--- after\n${request.shown}`);
    }),
    { ...options, numRuns: Math.ceil(runs / 10) },
  );
  return { runs: done, statuses };
}
