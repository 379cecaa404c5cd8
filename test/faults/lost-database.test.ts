import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../../server/testing/postgres.ts';
import {
  type RunningProcess,
  type ServerProcess,
  scriptResult,
  startScript,
  startServerProcess,
} from '../../server/testing/processes.ts';
import { type Instance, missingFrom, openInstance, storedVersions } from './instance.ts';
import type { PollerReport } from './processes/poller.ts';
import { send, type Target } from './processes/taxii-client.ts';
import type { WriterReport } from './processes/writer.ts';
import { openProxy } from './proxy.ts';

const script = (name: string) => new URL(`./processes/${name}.ts`, import.meta.url);

describe('while PostgreSQL goes away and comes back', () => {
  let postgres: Postgres;
  let instance: Instance;
  let server: ServerProcess;
  let target: Target;
  const started: RunningProcess[] = [];
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  beforeEach(async () => {
    instance = await openInstance('postgres', { databaseUrl: await postgres.createDatabase() });
    server = await startServerProcess(instance.app.config);
    started.push(server);
    target = {
      urls: [server.url],
      collection: instance.owner.collectionId,
      authorization: instance.authorization,
    };
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((process) => process.end()));
    await instance?.close();
  });
  afterAll(async () => {
    await postgres?.stop();
  });
  const readiness = async () => (await fetch(`${server.url}/readyz`)).status;

  it('requests in the middle of it are answered 503 or done, nothing acknowledged is lost, and the server goes on', {
    timeout: 90_000,
  }, async () => {
    expect(await readiness()).toBe(200);
    const writers = [1, 2, 3].map((writer) =>
      startScript(script('writer'), {
        target,
        writer,
        seed: writer,
        maxEnvelope: 100,
        padding: 300,
        tolerant: true,
        deletes: false,
      }),
    );
    const poller = startScript(script('poller'), {
      target,
      seed: 1,
      tolerant: true,
      pollers: [
        { mode: 'next', resource: 'objects', limit: 50, allVersions: true },
        { mode: 'last', resource: 'manifest', limit: 0, allVersions: true },
      ],
    });
    started.push(...writers, poller);
    await sleep(1000);
    for (let crash = 0; crash < 3; crash++) {
      await sleep(600);
      await postgres.restart();
    }
    await sleep(600);
    expect(server.child.exitCode, server.stderr()).toBeNull();
    const written = await Promise.all(writers.map((each) => scriptResult<WriterReport>(each)));
    const polled = await scriptResult<PollerReport[]>(poller);
    const stored = await storedVersions(instance.app, instance.owner.id);
    expect([...written, ...polled].flatMap((each) => each.problems)).toEqual([]);
    // Every request got an answer, and those that were refused left nothing behind.
    expect(written.flatMap((each) => each.unknown)).toEqual([]);
    expect(
      missingFrom(
        stored.all,
        written.flatMap((each) => each.expected),
      ),
    ).toEqual([]);
    for (const each of polled) expect(missingFrom(each.seen, stored.all)).toEqual([]);
    expect(stored.all.length).toBeGreaterThan(100);
    expect(await readiness()).toBe(200);
  });

  it('a server without a database says so on every request, and serves again as soon as there is one', {
    timeout: 90_000,
  }, async () => {
    const databaseUrl = new URL(instance.app.config.databaseUrl ?? '');
    const proxy = await openProxy(Number(databaseUrl.port));
    databaseUrl.port = String(proxy.port);
    server = await startServerProcess({ ...instance.app.config, databaseUrl: databaseUrl.toString() });
    started.push(server);
    target = { ...target, urls: [server.url] };
    const pages = () => send(target, 'objects/');
    try {
      for (let cut = 0; cut < 3; cut++) {
        expect((await pages()).status).toBe(200);
        expect(await readiness()).toBe(200);
        await proxy.cut();
        expect(await readiness()).toBe(503);
        expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
        const stranger = `Basic ${Buffer.from('nobody:wrong').toString('base64')}`;
        for (const answer of [
          await pages(),
          await send(target, 'objects/', { method: 'POST', body: '{"objects":[]}' }),
          await send(target, 'manifest/'),
          await send({ ...target, authorization: stranger }, 'objects/'),
        ]) {
          expect(answer.status).toBe(503);
          expect(answer.headers.get('content-type')).toBe('application/taxii+json;version=2.1');
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
          expect(await answer.json()).toMatchObject({ http_status: '503' });
        }
        await proxy.mend();
      }
      expect((await pages()).status).toBe(200);
      expect(await readiness()).toBe(200);
    } finally {
      await proxy.close();
    }
  });
});
