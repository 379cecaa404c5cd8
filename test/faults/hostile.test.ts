import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../server/testing/processes.ts';
import { basic, newTaxiiUser } from '../../server/testing/test-server.ts';
import { type Instance, openInstance, storedVersions } from './instance.ts';
import { madeObject, random, send, TAXII, type Target } from './processes/taxii-client.ts';
import { openRaw, type RawConnection } from './raw-http.ts';

const MAX_BYTES_IN_FLIGHT = 80_000_000;
const OBJECTS = 400;
const OBJECT_BYTES = 60_000;
/** What a server needs for itself and for what is under way, with room for what the collector has not collected. */
const MAX_RSS = 600_000_000;
const LORISES = 100;

describe('a server under slow and hostile clients', () => {
  let instance: Instance;
  let server: ServerProcess;
  let target: Target;
  let others: Target;
  const connections: RawConnection[] = [];
  const lorises: { connection: RawConnection; from: number }[] = [];
  let dripping: NodeJS.Timeout;

  beforeAll(async () => {
    instance = await openInstance('sqlite', { maxBytesInFlight: MAX_BYTES_IN_FLIGHT });
    const { app, owner, authorization } = instance;
    const other = await newTaxiiUser(app, { userName: 'another-siem', organization: owner.name });
    server = await startServerProcess(app.config);
    target = { urls: [server.url], collection: owner.collectionId, authorization };
    others = { ...target, authorization: basic(other) };
    for (let start = 0; start < OBJECTS; start += 100) {
      const objects = Array.from({ length: 100 }, (_, index) =>
        madeObject(1, start + index, 0, OBJECT_BYTES),
      );
      const answer = await send(target, 'objects/', { method: 'POST', body: JSON.stringify({ objects }) });
      expect(answer.status).toBe(202);
    }
    // Slow all the while, so that every other test shows that they are in nobody's way.
    for (let count = 0; count < LORISES; count++) {
      const connection = await open();
      connection.write('GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      lorises.push({ connection, from: performance.now() });
    }
    dripping = setInterval(() => {
      for (const { connection } of lorises) connection.write('a');
    }, 500);
  });
  afterAll(async () => {
    clearInterval(dripping);
    for (const connection of connections) connection.close();
    await server?.end();
    await instance?.close();
  });

  async function open(): Promise<RawConnection> {
    const connection = await openRaw(server.port);
    connections.push(connection);
    return connection;
  }
  const request = (method: string, path: string, more = '', who = target) =>
    `${method} /intel/collections/${target.collection}/${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${who.authorization}\r\n${more}\r\n`;
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  /** Somebody else is served as if nothing were the matter. */
  const expectOthersServed = async () => {
    const from = performance.now();
    const answer = await send(others, 'objects/?limit=1');
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    expect(performance.now() - from).toBeLessThan(5000);
  };

  it('answers pipelined requests in their order, each to its end', async () => {
    const connection = await open();
    const objects = JSON.stringify({ objects: [madeObject(2, 1, 0)] });
    const post = `Content-Type: ${TAXII}\r\nContent-Length: ${objects.length}\r\n`;
    const wanted: (number | 'posted' | 'missing')[] = [];
    let sent = '';
    for (let round = 0; round < 30; round++) {
      sent += request('GET', `manifest/?limit=${round + 1}`);
      sent += request('POST', 'objects/', post) + objects;
      sent += request('GET', 'objects/indicator--00000000-0000-4000-8000-00000000ffff/');
      wanted.push(round + 1, 'posted', 'missing');
    }
    connection.write(sent);
    for (const [index, want] of wanted.entries()) {
      const answer = await connection.answer();
      const body = JSON.parse(String(answer?.body)) as { objects?: unknown[]; http_status?: string };
      if (want === 'posted') expect(answer?.status, `answer ${index}`).toBe(202);
      else if (want === 'missing') expect(body.http_status, `answer ${index}`).toBe('404');
      else expect(body.objects, `answer ${index}`).toHaveLength(want);
    }
    await expectOthersServed();
  });

  it('waits for bodies that trickle in without holding up anybody, and stores nothing of those that break off', async () => {
    const before = (await storedVersions(instance.app, instance.owner.id)).all.length;
    const body = JSON.stringify({ objects: [madeObject(3, 1, 0, 5000)] });
    const slow: RawConnection[] = [];
    for (let count = 0; count < 60; count++) {
      const connection = await open();
      connection.write(
        request('POST', 'objects/', `Content-Type: ${TAXII}\r\nContent-Length: ${body.length}\r\n`),
      );
      slow.push(connection);
    }
    for (let octet = 0; octet < 20; octet++) {
      for (const connection of slow) connection.write(body[octet] ?? '');
      await sleep(20);
      await expectOthersServed();
    }
    const [patient, ...rest] = slow;
    for (const connection of rest) connection.close();
    await sleep(200);
    expect((await storedVersions(instance.app, instance.owner.id)).all).toHaveLength(before);
    patient?.write(body.slice(20));
    expect((await patient?.answer())?.status).toBe(202);
    expect((await storedVersions(instance.app, instance.owner.id)).all).toHaveLength(before + 1);
  });

  it('holds a bounded number of octets for clients that never read, serves the others, and lets go afterwards', {
    timeout: 60_000,
  }, async () => {
    // Each asks for another page, so that none of them is shared.
    const manifest = (await (await send(target, `manifest/?limit=${OBJECTS}`)).json()) as {
      objects: { date_added: string }[];
    };
    const unread: RawConnection[] = [];
    for (let count = 0; count < 150; count++) {
      const connection = await open();
      connection.socket.pause();
      const after = manifest.objects[count]?.date_added ?? '';
      connection.write(request('GET', `objects/?added_after=${after}`));
      unread.push(connection);
    }
    let most = 0;
    for (let round = 0; round < 10; round++) {
      await sleep(300);
      await expectOthersServed();
      most = Math.max(most, await metric('taxiway_bytes_in_flight'));
    }
    expect(most).toBeGreaterThan(0);
    // A page that is begun may go beyond, by no more than its own size.
    expect(most).toBeLessThan(MAX_BYTES_IN_FLIGHT + 25_000_000);
    expect(await metric('process_resident_memory_bytes')).toBeLessThan(MAX_RSS);
    for (const connection of unread) connection.close();
    await expectNothingHeld();
    expect((await send(target, 'objects/?limit=1')).status).toBe(200);
  });

  const expectNothingHeld = async () => {
    const deadline = performance.now() + 25_000;
    let held = Number.NaN;
    // Twice in a row: what was under way has come to its end.
    for (let zeros = 0; zeros < 2 && performance.now() < deadline; zeros = held === 0 ? zeros + 1 : 0) {
      await sleep(100);
      held = await metric('taxiway_bytes_in_flight');
    }
    expect(held).toBe(0);
  };

  it('forgets thousands of requests that are broken off, at whatever moment', {
    timeout: 60_000,
  }, async () => {
    const dice = random(7);
    const body = JSON.stringify({ objects: [madeObject(4, 1, 0)] });
    const kinds = [
      () => request('GET', `objects/?limit=${1 + dice.below(20)}`),
      () => request('GET', 'manifest/', 'Accept-Encoding: gzip\r\n'),
      () =>
        request('POST', 'objects/', `Content-Type: ${TAXII}\r\nContent-Length: ${body.length}\r\n`) +
        body.slice(0, dice.below(body.length)),
      () => request('GET', 'objects/').slice(0, dice.below(100)),
      () => request('GET', 'objects/?limit=100').repeat(3),
    ];
    const client = async () => {
      for (let round = 0; round < 100; round++) {
        const connection = await openRaw(server.port);
        connection.write(kinds[dice.below(kinds.length)]?.() ?? '');
        if (dice.chance(0.7)) await sleep(dice.below(30));
        if (dice.chance(0.5)) connection.socket.resetAndDestroy();
        else connection.close();
      }
    };
    await Promise.all(Array.from({ length: 30 }, client));
    await expectOthersServed();
    await expectNothingHeld();
    expect(await metric('process_resident_memory_bytes')).toBeLessThan(MAX_RSS);
    expect(server.child.exitCode).toBeNull();
    expect(server.stderr()).not.toMatch(/"level":"(error|fatal)"/);
  });

  it('ends connections whose headers do not come to an end', { timeout: 60_000 }, async () => {
    for (const { connection, from } of lorises) {
      const answer = await connection.answer(Math.max(1, from + 30_000 - performance.now()));
      expect(answer?.status).toBe(408);
      expect(answer?.headers.get('content-type')).toBe(TAXII);
      expect(await connection.ended(1000)).toBe(true);
    }
    await expectOthersServed();
  });
});
