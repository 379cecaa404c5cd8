import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent } from './children.ts';
import { type Connection, getRequest, openConnection, postRequest, type Reply } from './http-client.ts';
import { benchObject } from './stix-data.ts';

/** The load generator: a process of its own, that does the jobs which it is sent. */

/** A part of a collection that one connection walks through, again and again: RFC 3339 stamps, `from` exclusive. */
export type Range = { from: string; to: string };

export type Job =
  /** The same request again and again on each connection; with `paceMs`, one per that time. */
  | { kind: 'repeat'; port: number; connections: number; ms: number; request: string; paceMs?: number }
  /** Each connection follows `next` through its range. */
  | {
      kind: 'walk';
      port: number;
      path: string;
      authorization: string;
      limit: number;
      ms: number;
      ranges: Range[];
    }
  /** The requests one after the other, each on the connection to its port: their latencies, in order. */
  | { kind: 'each'; requests: { port: number; request: string }[] }
  /** Envelopes of `size` objects, numbered from `firstNumber`. */
  | {
      kind: 'post';
      port: number;
      path: string;
      authorization: string;
      size: number;
      connections: number;
      ms: number;
      firstNumber: number;
    };

export type Load = {
  requests: number;
  bytes: number;
  ms: number;
  /** Objects that were posted. */
  objects: number;
  p50: number;
  p99: number;
  /** Milliseconds of each request, for `each` only. */
  latencies?: number[];
};

async function run(job: Job): Promise<Load> {
  const load = { requests: 0, bytes: 0, objects: 0 };
  const latencies: number[] = [];
  const timed = async (connection: Connection, request: string | Uint8Array): Promise<Reply> => {
    const begun = performance.now();
    const reply = await connection.send(request);
    latencies.push(performance.now() - begun);
    if (reply.status !== 200 && reply.status !== 202)
      throw new Error(`an answer was ${reply.head.split('\r\n')[0]} ${reply.bodyStart.slice(0, 500)}`);
    load.requests++;
    load.bytes += reply.bodyBytes;
    return reply;
  };

  if (job.kind === 'each') {
    const connections = new Map<number, Connection>();
    for (const { port } of job.requests)
      if (!connections.has(port)) connections.set(port, await openConnection(port));
    const begun = performance.now();
    for (const { port, request } of job.requests) {
      const connection = connections.get(port);
      if (connection !== undefined) await timed(connection, request);
    }
    const ms = performance.now() - begun;
    for (const connection of connections.values()) connection.close();
    return { ...load, ms, ...percentiles(latencies), latencies };
  }

  const count = job.kind === 'walk' ? job.ranges.length : job.connections;
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(job.port)));
  const begun = performance.now();
  const deadline = begun + job.ms;
  const isOver = () => performance.now() >= deadline;
  let nextNumber = job.kind === 'post' ? job.firstNumber : 0;
  await Promise.all(
    connections.map(async (connection, index) => {
      if (job.kind === 'repeat') {
        while (!isOver()) {
          const started = performance.now();
          await timed(connection, job.request);
          if (job.paceMs !== undefined) await sleep(Math.max(0, started + job.paceMs - performance.now()));
        }
      } else if (job.kind === 'walk') {
        const range = job.ranges[index];
        if (range !== undefined) await walk(job, range, isOver, (request) => timed(connection, request));
      } else {
        while (!isOver()) {
          const first = nextNumber;
          nextNumber += job.size;
          await timed(connection, postRequest(job.path, job.authorization, envelope(first, job.size)));
          load.objects += job.size;
        }
      }
    }),
  );
  const ms = performance.now() - begun;
  for (const connection of connections) connection.close();
  return { ...load, ms, ...percentiles(latencies) };
}

async function walk(
  job: Job & { kind: 'walk' },
  range: Range,
  isOver: () => boolean,
  send: (request: string) => Promise<Reply>,
): Promise<void> {
  const first = `added_after=${range.from}`;
  let position = first;
  while (!isOver()) {
    const path = `${job.path}?limit=${job.limit}&${position}`;
    const reply = await send(getRequest(path, job.authorization));
    const next = /"next":"([^"]+)"/.exec(reply.bodyStart)?.[1];
    const last = /\r\nx-taxii-date-added-last: *(\S+)/i.exec(reply.head)?.[1] ?? '';
    position = next === undefined || last >= range.to ? first : `next=${next}`;
  }
}

function envelope(first: number, size: number): Buffer {
  const objects = Array.from({ length: size }, (_, index) => benchObject(first + index).text);
  return Buffer.from(`{"objects":[${objects.join(',')}]}`);
}

function percentiles(latencies: readonly number[]): { p50: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

answerParent(run);
