import { setTimeout as sleep } from 'node:timers/promises';
import { startHelper, startTaxiway } from './children.ts';
import { openConnection } from './http-client.ts';
import { rangesOf } from './instances.ts';
import type { Job, Load } from './load.ts';
import { count, median, megabytes, milliseconds } from './report.ts';
import { type Bench, CONNECTIONS, type Prepared, perSecond, targetOn } from './rows-common.ts';
import { pageRequest } from './rows-read.ts';

/** Adding over TAXII while others read the same collection, 200 pages of 100 a second. */
export async function posts(bench: Bench, { small }: Prepared): Promise<void> {
  const server = await startTaxiway(small.settings, small.logFile);
  const reader = startHelper<Job, Load>('load.ts');
  const ms = bench.quick ? 2000 : 8000;
  const { port } = server;
  const reads = {
    kind: 'repeat',
    port,
    connections: 8,
    request: pageRequest(small, 100),
    paceMs: 40,
  } as const;
  const alone = await reader.ask({ ...reads, ms: ms / 4 });
  let firstNumber = 10_000_000;
  for (const { size, connections } of [
    { size: 1000, connections: 2 },
    { size: 1, connections: CONNECTIONS },
  ]) {
    const { path, authorization } = small;
    const [posted, read] = await Promise.all([
      bench.load.ask({ kind: 'post', port, path, authorization, size, connections, ms, firstNumber }),
      reader.ask({ ...reads, ms }),
    ]);
    firstNumber += 10_000_000;
    bench.report({
      what: `POST of ${size === 1 ? '1 object' : `envelopes of ${count(size)} objects`}, ${connections} connections`,
      taxiway:
        size === 1
          ? `${count(perSecond(posted))} requests/s, p50 ${milliseconds(posted.p50)}, p99 ${milliseconds(posted.p99)}`
          : `${count((posted.objects / posted.ms) * 1000)} objects/s, p50 ${milliseconds(posted.p50)}, p99 ${milliseconds(posted.p99)} per envelope`,
      beside: `reads meanwhile: p50 ${milliseconds(read.p50)}, p99 ${milliseconds(read.p99)}; reads alone: p99 ${milliseconds(alone.p99)}`,
    });
  }
  await reader.stop();
  await server.stop();
}

/** From the start of the process to the first page of the large collection. */
export async function start(bench: Bench, prepared: Prepared): Promise<void> {
  await prepared.stopServer();
  const { large } = prepared;
  const times: number[] = [];
  for (let run = 0; run < (bench.quick ? 3 : 7); run++) {
    const begun = performance.now();
    const server = await startTaxiway(large.settings, large.logFile);
    const connection = await openConnection(server.port);
    const { status } = await connection.send(pageRequest(large, 100));
    times.push(performance.now() - begun);
    if (status !== 200) throw new Error(`the first answer was ${status}`);
    connection.close();
    await server.stop();
  }
  const seconds = median(times) / 1000;
  bench.report({
    what: `start on ${count(bench.objects)} objects, to the first page, in seconds`,
    taxiway: `${seconds.toFixed(2)} s`,
    beside: `slowest of ${times.length}: ${(Math.max(...times) / 1000).toFixed(2)} s`,
    ratio: seconds,
    ...targetOn(bench.engine, { atMost: 1 }),
  });
}

/** Resident memory of a fresh server, and of one from which 64 connections pull everything in the largest default pages. */
export async function memory(bench: Bench, prepared: Prepared): Promise<void> {
  await prepared.stopServer();
  const { large } = prepared;
  const server = await startTaxiway(large.settings, large.logFile);
  await sleep(1000);
  const idle = server.residentBytes();
  const pull = bench.load.ask({
    kind: 'walk',
    port: server.port,
    path: large.path,
    authorization: large.authorization,
    limit: 1000,
    ms: bench.quick ? 3000 : 15_000,
    ranges: rangesOf(large, 64, 0),
  });
  let peak = 0;
  let over = false;
  const sampling = (async () => {
    while (!over) {
      peak = Math.max(peak, server.residentBytes());
      await sleep(200);
    }
  })();
  const load = await pull.finally(() => {
    over = true;
  });
  await sampling;
  await server.stop();
  bench.report({
    what: 'resident memory while 64 connections pull everything, pages of 1,000',
    taxiway: `${megabytes(peak)} at ${count(load.bytes / load.ms / 1000)} MB/s, p99 ${milliseconds(load.p99)}`,
    beside: `idle: ${megabytes(idle)}`,
  });
}

/** The reads again, with two processes: `--workers 2`, and on PostgreSQL two servers on one database. */
export async function processes(bench: Bench, prepared: Prepared): Promise<void> {
  await prepared.stopServer();
  const { large } = prepared;
  const second = startHelper<Job, Load>('load.ts');
  const ms = bench.quick ? 1500 : 5000;
  const measure = async (ports: readonly [number, number], what: string): Promise<void> => {
    const both = async (jobs: readonly [Job, Job]): Promise<number> => {
      const [one, other] = await Promise.all([bench.load.ask(jobs[0]), second.ask(jobs[1])]);
      return perSecond(one) + perSecond(other);
    };
    const half = CONNECTIONS / 2;
    const repeat = (port: number): Job => ({
      kind: 'repeat',
      port,
      connections: half,
      ms,
      request: pageRequest(large, 100),
    });
    const ranges = rangesOf(large, CONNECTIONS, 1);
    const walk = (port: number, from: number): Job => ({
      kind: 'walk',
      port,
      path: large.path,
      authorization: large.authorization,
      limit: 100,
      ms,
      ranges: ranges.slice(from, from + half),
    });
    await both([repeat(ports[0]), repeat(ports[1])]);
    const repeated = await both([repeat(ports[0]), repeat(ports[1])]);
    const once = await both([walk(ports[0], 0), walk(ports[1], half)]);
    bench.report({
      what: `page of 100, ${what}`,
      taxiway: `repeated: ${count(repeated)} requests/s; each read once: ${count(once)} pages/s`,
      beside: '',
    });
  };

  const one = await startTaxiway(large.settings, large.logFile);
  await measure([one.port, one.port], 'one process');
  if (bench.engine === 'postgres') {
    const other = await startTaxiway(large.settings, large.logFile);
    await measure([one.port, other.port], 'two servers on one database');
    await other.stop();
  }
  await one.stop();
  const workers = await startTaxiway({ ...large.settings, TAXIWAY_WORKERS: '2' }, large.logFile);
  await measure([workers.port, workers.port], '--workers 2');
  await workers.stop();
  await second.stop();
}
