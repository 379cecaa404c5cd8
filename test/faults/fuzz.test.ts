import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../server/serving.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { newTaxiiUser } from '../../server/testing/test-server.ts';
import { fuzz } from './fuzz-scenario.ts';
import { type Instance, openInstance } from './instance.ts';
import { madeObject, objectId, send, TAXII } from './processes/taxii-client.ts';
import { openRaw } from './raw-http.ts';

const RUNS = 2000;

describe.each(ENGINES)('requests made up at random on %s', (engine) => {
  let instance: Instance;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    instance = await openInstance(engine);
    server = await startServer(instance.app);
  });
  afterAll(async () => {
    await server?.close(1000);
    await instance?.close();
  });

  it('are all answered, never with 500, with an error resource where they are refused, and refused ones change nothing', {
    timeout: 120_000,
  }, async () => {
    const { app, owner, authorization } = instance;
    const target = { urls: [server.url], collection: owner.collectionId, authorization };
    const objects = [madeObject(1, 1, 0), madeObject(1, 2, 0), madeObject(1, 2, 1)];
    const added = await send(target, 'objects/', { method: 'POST', body: JSON.stringify({ objects }) });
    expect(added.status).toBe(202);
    const { id } = (await added.json()) as { id: string };
    const { apiKey } = await newTaxiiUser(app, {
      userName: 'fuzzer',
      organization: owner.name,
      apiKey: true,
    });
    const seed = Number(process.env.TAXIWAY_TEST_SEED ?? randomInt(2 ** 31));
    const { runs, statuses } = await fuzz(
      app,
      server.port,
      {
        collection: owner.collectionId,
        alias: encodeURIComponent(owner.name),
        objectId: objectId(1, 2),
        status: id,
        credentials: [
          `Authorization: ${authorization}`,
          `X-API-Key: ${apiKey}`,
          `Authorization: Token ${apiKey}`,
        ],
      },
      { runs: RUNS, seed, seconds: 60 },
    );
    const shown = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}×${count}`);
    process.stdout.write(`fuzz on ${engine}: seed ${seed}, ${runs} requests: ${shown.join(' ')}\n`);
    // It reaches everything: pages, additions, deletions, and each kind of refusal.
    for (const status of [200, 202, 204, 400, 401, 404, 405, 406, 415, 422])
      expect(statuses.get(status), `answers with ${status}`).toBeGreaterThan(0);
    expect(app.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  });

  it('a refusal of what follows a whole request comes after the answer to it, and is not taken for it', async () => {
    const { app, owner, authorization } = instance;
    const target = { urls: [server.url], collection: owner.collectionId, authorization };
    const body = JSON.stringify({ objects: [madeObject(2, 1, 0)] });
    expect((await send(target, 'objects/', { method: 'POST', body })).status).toBe(202);
    const count = async () =>
      (await app.db.read.selectFrom('objects').select('id').where('stix_id', '=', objectId(2, 1)).execute())
        .length;
    expect(await count()).toBe(1);
    const connection = await openRaw(server.port);
    // A body without a length: the request ends before it.
    connection.write(
      `DELETE /intel/collections/${owner.collectionId}/objects/${objectId(2, 1)}/ HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${authorization}\r\n\r\n{"objects":[]}`,
    );
    const statuses = [(await connection.answer())?.status, (await connection.answer())?.status];
    expect(statuses).toEqual([200, 400]);
    expect(await connection.ended(5000)).toBe(true);
    connection.close();
    expect(await count()).toBe(0);
  });

  it('nor is the refusal of a body that breaks off in nonsense taken for the answer to the request before it', async () => {
    const { app, owner, authorization } = instance;
    const target = { urls: [server.url], collection: owner.collectionId, authorization };
    const body = JSON.stringify({ objects: [madeObject(3, 1, 0)] });
    expect((await send(target, 'objects/', { method: 'POST', body })).status).toBe(202);
    const objects = `/intel/collections/${owner.collectionId}/objects/`;
    const connection = await openRaw(server.port);
    connection.write(
      `DELETE ${objects}${objectId(3, 1)}/ HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${authorization}\r\n\r\n` +
        `POST ${objects} HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nAuthorization: ${authorization}\r\nTransfer-Encoding: chunked\r\n\r\nno chunk`,
    );
    const statuses = [(await connection.answer())?.status, (await connection.answer())?.status];
    expect(statuses).toEqual([200, 400]);
    expect(await connection.ended(5000)).toBe(true);
    connection.close();
    const left = await app.db.read
      .selectFrom('objects')
      .select('id')
      .where('stix_id', '=', objectId(3, 1))
      .execute();
    expect(left).toEqual([]);
  });
});
