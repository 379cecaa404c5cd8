import type { BareAnswer, BareQuestion } from './bare.ts';
import { startHelper, startTaxiway } from './children.ts';
import { getRequest, openConnection } from './http-client.ts';
import { type Instance, rangesOf, stampOf } from './instances.ts';
import { count, median, milliseconds } from './report.ts';
import {
  type Bench,
  CONNECTIONS,
  inTurns,
  medianRatio,
  type Prepared,
  perSecond,
  targetOn,
} from './rows-common.ts';
import type { WithoutCredentialsQuestion } from './without-credentials.ts';

const ROUNDS = 7;
const ROUND_MS = 1300;
const PAGE_SIZES = [100, 10, 1000];

function roundsOf(bench: Bench): { rounds: number; ms: number } {
  return bench.quick ? { rounds: 3, ms: 500 } : { rounds: ROUNDS, ms: ROUND_MS };
}

/** The same page again and again, beside `node:http` that sends the same octets under the same headers. */
export async function repeatedReads(bench: Bench, prepared: Prepared): Promise<void> {
  const { port } = await prepared.server();
  const bare = startHelper<BareQuestion, BareAnswer>('bare.ts');
  const { rounds, ms } = roundsOf(bench);
  for (const limit of PAGE_SIZES) {
    const request = pageRequest(prepared.large, limit);
    const sample = await sampleOf(port, request);
    const { port: barePort = 0 } = await bare.ask({ kind: 'http', ...sample });
    const repeat = (to: number) => async () =>
      perSecond(await bench.load.ask({ kind: 'repeat', port: to, connections: CONNECTIONS, ms, request }));
    const [ours = [], theirs = []] = await inTurns(rounds, [repeat(port), repeat(barePort)]);
    bench.report({
      what: `page of ${limit} (${Math.round(sample.body.length / 1000)} KB), repeated, ${CONNECTIONS} connections`,
      taxiway: `${count(median(ours))} requests/s`,
      beside: `bare node:http, same bytes and headers: ${count(median(theirs))}/s`,
      ratio: medianRatio(ours, theirs),
      ...(limit === 100 ? targetOn(bench.engine, { atLeast: 0.5 }) : {}),
    });
  }
  await bare.stop();
}

/** Each page once, which no cache can help: 16 walks by `next`, beside a loop over the same table without a server. */
export async function readsOnce(bench: Bench, prepared: Prepared): Promise<void> {
  const { large } = prepared;
  const { port } = await prepared.server();
  const bare = startHelper<BareQuestion, BareAnswer>('bare.ts');
  const { store, ownerId } = large;
  const { rounds, ms } = roundsOf(bench);
  const { port: loopPort = 0 } = await bare.ask({ kind: 'loop-http', store, ownerId });
  const driver = 'file' in store ? 'node:sqlite' : 'pg';
  for (const limit of PAGE_SIZES) {
    const walk = (to: number, offset: number) => async (round: number) =>
      perSecond(
        await bench.load.ask({
          kind: 'walk',
          port: to,
          path: large.path,
          authorization: large.authorization,
          limit,
          ms,
          ranges: rangesOf(large, CONNECTIONS, round * 3 + offset),
        }),
      );
    const loop = async (round: number) => {
      const ranges = rangesOf(large, CONNECTIONS, round * 3 + 2);
      const { pages = 0, ms: took = 1 } = await bare.ask({ kind: 'loop', store, ownerId, limit, ms, ranges });
      return (pages / took) * 1000;
    };
    const taken = await inTurns(rounds, [walk(port, 0), loop, walk(loopPort, 1)]);
    const [ours = [], loops = [], served = []] = taken;
    bench.report({
      what: `page of ${limit}, each read once, ${CONNECTIONS} connections`,
      taxiway: `${count(median(ours))} pages/s`,
      beside: `bare ${driver} loop: ${count(median(loops))}/s; behind bare node:http: ${count(median(served))}/s`,
      ratio: medianRatio(ours, loops),
      ...(limit === 100 ? targetOn(bench.engine, { atLeast: 0.5 }) : {}),
    });
  }
  await bare.stop();
}

/** Whether a page takes longer far into a collection, or in a large one. One connection, pages of 100, each read once. */
export async function depth(bench: Bench, prepared: Prepared): Promise<void> {
  const { large, small, server } = prepared;
  const [{ port }, other] = [await server(), await startTaxiway(small.settings, small.logFile)];
  const pages = bench.quick ? 300 : 1500;
  const { stamps } = large;
  const near = Math.floor(stamps.length / 20);
  // Positions that lie a prime number of stamps apart, so that no page is asked for twice.
  const among = (from: number, length: number, index: number) => from + ((index * 7919) % length);
  const request = (instance: Instance, at: number) =>
    getRequest(
      `${instance.path}?limit=100&added_after=${stampOf((instance.stamps[at] ?? 0) + 1)}`,
      instance.authorization,
    );
  const compare = async (
    first: (index: number) => [number, string],
    second: (index: number) => [number, string],
  ) => {
    const requests = Array.from({ length: pages }, (_, index) => [first(index), second(index)])
      .flat()
      .map(([to, text]) => ({ port: to, request: text }));
    // Once to warm up, at other positions.
    const { latencies = [] } = await bench.load.ask({ kind: 'each', requests });
    const counted = latencies.slice(Math.floor(pages / 5) * 2);
    return [0, 1].map((which) => median(counted.filter((_, index) => index % 2 === which)));
  };
  const [start = 0, end = 0] = await compare(
    (index) => [port, request(large, among(0, near, index))],
    (index) => [port, request(large, among(stamps.length - near - 10, near, index))],
  );
  bench.report({
    what: `time of a page of 100 at the end of ${count(bench.objects)} objects ÷ at the start`,
    taxiway: milliseconds(end),
    beside: `at the start: ${milliseconds(start)}`,
    ratio: end / start,
    ...targetOn(bench.engine, { atMost: 1.2 }),
  });
  const [inSmall = 0, inLarge = 0] = await compare(
    (index) => [other.port, request(small, among(0, small.stamps.length - 10, index))],
    (index) => [port, request(large, among(0, stamps.length - 10, index))],
  );
  bench.report({
    what: `time of a page of 100 on ${count(bench.objects)} objects ÷ on ${count(bench.smallObjects)}`,
    taxiway: milliseconds(inLarge),
    beside: `on ${count(bench.smallObjects)}: ${milliseconds(inSmall)}`,
    ratio: inLarge / inSmall,
    ...targetOn(bench.engine, { atMost: 1.2 }),
  });
  await other.stop();
}

/** What it costs to ask on every request whose the credential is, beside servers that ask only once. */
export async function authentication(bench: Bench, prepared: Prepared): Promise<void> {
  const { large } = prepared;
  const { port } = await prepared.server();
  const without = async (what: WithoutCredentialsQuestion['without']) => {
    const helper = startHelper<WithoutCredentialsQuestion, { port: number }>('without-credentials.ts');
    const { settings, logFile } = large;
    return { ...helper, ...(await helper.ask({ settings, logFile, without: what })) };
  };
  const [noCredential, noRights] = [await without('credential'), await without('rights')];
  const request = pageRequest(large, 100);
  const { rounds, ms } = roundsOf(bench);
  const repeat = (to: number) => async () =>
    perSecond(await bench.load.ask({ kind: 'repeat', port: to, connections: CONNECTIONS, ms, request }));
  const [asked = [], unasked = [], blind = []] = await inTurns(
    rounds,
    [port, noCredential.port, noRights.port].map(repeat),
  );
  const cost = medianRatio(blind, asked).toFixed(2);
  bench.report({
    what: 'cost of authentication, per repeated page of 100',
    taxiway: `${count(median(asked))} requests/s`,
    beside: `without: ${count(median(unasked))}/s; nor reading account, rights and collection: ${count(median(blind))}/s (${cost})`,
    ratio: medianRatio(unasked, asked),
    ...targetOn(bench.engine, { atMost: 1.3 }),
  });
  await noCredential.stop();
  await noRights.stop();
}

export function pageRequest(instance: Instance, limit: number): string {
  return getRequest(`${instance.path}?limit=${limit}`, instance.authorization);
}

/** The answer as it comes over the wire, to be served by others. */
async function sampleOf(
  port: number,
  request: string,
): Promise<{ headers: [string, string][]; body: Buffer }> {
  const [, path = '', authorization = ''] = /^GET (\S+).*\r\nAuthorization: ([^\r]+)/s.exec(request) ?? [];
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: {
      Accept: 'application/taxii+json;version=2.1',
      Authorization: authorization,
      'Accept-Encoding': 'identity',
    },
  });
  const body = Buffer.from(await response.arrayBuffer());
  // These node:http adds by itself.
  const own = new Set(['date', 'connection', 'keep-alive']);
  const headers = [...response.headers].filter(([name]) => !own.has(name));
  // Once more over the client that will measure, as a check that both read the same.
  const connection = await openConnection(port);
  const { bodyBytes } = await connection.send(request);
  connection.close();
  if (bodyBytes !== body.length) throw new Error(`${bodyBytes} octets instead of ${body.length}`);
  return { headers, body };
}
