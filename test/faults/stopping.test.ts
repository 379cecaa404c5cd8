import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type RunningProcess,
  type ServerProcess,
  startServerProcess,
} from '../../server/testing/processes.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { type Instance, openInstance, storedVersions } from './instance.ts';
import { madeObject, send, TAXII, type Target } from './processes/taxii-client.ts';
import { openRaw, type RawConnection } from './raw-http.ts';

const STOP_MS = 10_000;
/** What is left by then is cut off. */
const GRACE_MS = 8000;

describe.each(ENGINES)('SIGTERM on %s', (engine) => {
  let instance: Instance;
  let server: ServerProcess;
  let target: Target;
  const connections: RawConnection[] = [];
  const processes: RunningProcess[] = [];
  beforeEach(async () => {
    instance = await openInstance(engine);
    server = await startServerProcess(instance.app.config);
    processes.push(server);
    target = {
      urls: [server.url],
      collection: instance.owner.collectionId,
      authorization: instance.authorization,
    };
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await Promise.all(processes.splice(0).map((process) => process.end()));
    await instance?.close();
  });
  const open = async () => {
    const connection = await openRaw(server.port);
    connections.push(connection);
    return connection;
  };
  const head = (method: string, path: string, more = '') =>
    `${method} /intel/collections/${target.collection}/${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAccept: ${TAXII}\r\nAuthorization: ${target.authorization}\r\n${more}\r\n`;
  const post = async (objects: unknown[]) => {
    const answer = await send(target, 'objects/', { method: 'POST', body: JSON.stringify({ objects }) });
    expect(answer.status).toBe(202);
  };
  /** Sends SIGTERM; how the server ended, and after how long. */
  const stop = async () => {
    const from = performance.now();
    const ended = await server.end('SIGTERM');
    return { ...ended, ms: performance.now() - from };
  };

  it('under load, every request that was begun is answered to its end, and the server ends with code 0', {
    timeout: 60_000,
  }, async () => {
    await post(Array.from({ length: 400 }, (_, number) => madeObject(1, number, 0, 1000)));
    let isStopping = false;
    let answered = 0;
    let refused = 0;
    const broken: string[] = [];
    const acknowledged: string[] = [];
    const load = Array.from({ length: 12 }, async (_, client) => {
      for (let round = 0; round < 10_000; round++) {
        const writes = client % 3 === 0;
        const object = madeObject(10 + client, round, 0);
        try {
          const answer = writes
            ? await send(target, 'objects/', { method: 'POST', body: JSON.stringify({ objects: [object] }) })
            : await send(target, 'objects/?limit=300');
          if (answer.status !== (writes ? 202 : 200)) broken.push(`answered ${answer.status}`);
          // Whatever was begun comes to its end.
          const text = await answer.text().catch((error: unknown) => String(broken.push(`body: ${error}`)));
          JSON.parse(text);
          answered++;
          if (writes) acknowledged.push(`${object.id} ${object.modified}`);
        } catch (error) {
          const code = String(Reflect.get(Object(Reflect.get(Object(error), 'cause')), 'code'));
          // A connection that was refused, or was idle when the server closed it: nothing was begun.
          if (!isStopping || !['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE'].includes(code))
            broken.push(`${code} ${String(error)}`);
          refused++;
          return;
        }
      }
    });
    await sleep(700);
    isStopping = true;
    const { code, ms } = await stop();
    await Promise.all(load);
    expect(broken).toEqual([]);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS);
    expect(answered).toBeGreaterThan(12);
    expect(refused).toBe(12);
    const stored = new Set((await storedVersions(instance.app, instance.owner.id)).all);
    expect(acknowledged.filter((each) => !stored.has(each))).toEqual([]);
  });

  it('ends within ten seconds although clients are idle, read nothing, or do not finish what they send', {
    timeout: 60_000,
  }, async () => {
    for (let part = 0; part < 3; part++)
      await post(Array.from({ length: 100 }, (_, number) => madeObject(2 + part, number, 0, 60_000)));
    const idle = await open();
    idle.write(head('GET', 'objects/?limit=1'));
    expect((await idle.answer())?.status).toBe(200);
    const unread = await open();
    unread.socket.pause();
    unread.write(head('GET', 'objects/?limit=300'));
    const trickling = await open();
    trickling.write(
      `${head('POST', 'objects/', `Content-Type: ${TAXII}\r\nContent-Length: 100000\r\n`)}{"objects":[`,
    );
    const halfHeaders = await open();
    halfHeaders.write('GET /taxii2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const silent = await open();
    await sleep(300);

    const stopping = stop();
    await sleep(500);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    expect(await idle.ended(2000)).toBe(true);
    expect(await silent.ended(2000)).toBe(true);
    const { code, ms } = await stopping;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS);
    expect((await storedVersions(instance.app, instance.owner.id)).all).toHaveLength(300);
  });

  it('finishes an answer that a slow client is reading, and a POST that comes to its end in time', {
    timeout: 60_000,
  }, async () => {
    for (let part = 0; part < 2; part++)
      await post(Array.from({ length: 100 }, (_, number) => madeObject(2 + part, number, 0, 60_000)));
    const slow = await open();
    slow.write(head('GET', 'objects/?limit=200'));
    await sleep(200);
    slow.socket.pause();
    const late = await open();
    const body = JSON.stringify({ objects: [madeObject(7, 7, 7)] });
    late.write(
      head('POST', 'objects/', `Content-Type: ${TAXII}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`) +
        body.slice(0, 20),
    );
    await sleep(200);
    const stopping = stop();
    await sleep(1500);
    slow.socket.resume();
    late.write(body.slice(20));
    const page = await slow.answer();
    expect(page?.status).toBe(200);
    expect((JSON.parse(String(page?.body)) as { objects: unknown[] }).objects).toHaveLength(200);
    expect((await late.answer())?.status).toBe(202);
    const { code, ms } = await stopping;
    expect(code).toBe(0);
    // It does not wait for anything else.
    expect(ms).toBeLessThan(GRACE_MS);
    expect((await storedVersions(instance.app, instance.owner.id)).all).toHaveLength(201);
  });
});
