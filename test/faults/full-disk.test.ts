import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApp } from '../../server/app.ts';
import { startServer } from '../../server/serving.ts';
import { type RunningProcess, startServerProcess } from '../../server/testing/processes.ts';
import { type Instance, openInstance, storedVersions } from './instance.ts';
import { madeObject, send, type Target } from './processes/taxii-client.ts';

const run = promisify(execFile);

/** Posts envelopes of about half a megabyte until one is not taken; how many were. */
async function fill(target: Target, from: number): Promise<{ taken: number; refused: Response | undefined }> {
  for (let taken = 0; taken < 100; taken++) {
    const objects = Array.from({ length: 50 }, (_, index) => madeObject(from + taken, index, 0, 10_000));
    const answer = await send(target, 'objects/', { method: 'POST', body: JSON.stringify({ objects }) });
    if (answer.status !== 202) return { taken, refused: answer };
    await answer.arrayBuffer();
  }
  return { taken: 100, refused: undefined };
}

async function expectUnavailable(refused: Response | undefined): Promise<void> {
  expect(refused?.status).toBe(503);
  expect(refused?.headers.get('content-type')).toBe('application/taxii+json;version=2.1');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused?.json()).toMatchObject({
    http_status: '503',
    error_id: expect.stringMatching(/./),
    description: expect.stringMatching(/nothing was changed|database/),
  });
}

async function countOverTaxii(target: Target): Promise<number> {
  const answer = await send(target, 'manifest/?limit=10000');
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { objects?: unknown[] }).objects?.length ?? 0;
}

describe('when SQLite may grow no further', () => {
  let instance: Instance;
  beforeEach(async () => {
    instance = await openInstance('sqlite');
  });
  afterEach(async () => {
    await instance?.close();
  });

  it('a POST is answered 503 and changes nothing, reads go on, and writing works again once there is room', async () => {
    const { app, owner, authorization } = instance;
    const server = await startServer(app);
    try {
      const target = { urls: [server.url], collection: owner.collectionId, authorization };
      const limit = (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(app.db.write);
      await limit(600);
      const { taken, refused } = await fill(target, 1);
      expect(taken).toBeGreaterThan(0);
      await expectUnavailable(refused);
      expect(await countOverTaxii(target)).toBe(taken * 50);
      expect((await storedVersions(app, owner.id)).all).toHaveLength(taken * 50);

      await limit(1_000_000);
      const again = await send(target, 'objects/', {
        method: 'POST',
        body: JSON.stringify({ objects: [madeObject(200, 1, 0)] }),
      });
      expect(again.status).toBe(202);
      expect(await countOverTaxii(target)).toBe(taken * 50 + 1);
    } finally {
      await server.close(1000);
    }
  });
});

/**
 * A folder that cannot hold more than a few megabytes: a file system of its own where we may mount one, else a limit on
 * the size of files (RLIMIT_FSIZE), which every user may set, and lift again for the process.
 */
type SmallDisk = {
  folder: string;
  wrapper: string[];
  /** Makes room. */
  relieve(server: RunningProcess): Promise<void>;
  remove(): Promise<void>;
};

const DISK_MEGABYTES = 6;

async function smallDisk(): Promise<SmallDisk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taxiway-full-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES + 2}m,mode=700`, 'tmpfs', folder]);
  } catch {
    return {
      folder,
      wrapper: ['/bin/sh', '-c', `ulimit -S -f ${DISK_MEGABYTES * 1024 * 2}; exec "$@"`, 'sh'],
      relieve: async (server) => void (await run('prlimit', [`--pid=${server.pid}`, '--fsize=unlimited'])),
      remove: removeFolder,
    };
  }
  // What somebody else keeps on the same disk.
  const ballast = path.join(folder, 'ballast');
  await writeFile(ballast, Buffer.alloc(2_000_000));
  return {
    folder,
    wrapper: [],
    relieve: () => rm(ballast),
    async remove() {
      await run('umount', ['-l', folder]);
      await removeFolder();
    },
  };
}

describe('on a full disk', () => {
  let disk: SmallDisk;
  let instance: Instance;
  let server: RunningProcess | undefined;
  beforeEach(async () => {
    disk = await smallDisk();
    instance = await openInstance('sqlite', { dataFolder: disk.folder });
    // The folder must have been made with room for the schema.
    expect((await statfs(disk.folder)).bavail).toBeGreaterThan(0);
  });
  afterEach(async () => {
    await server?.end();
    await instance?.close();
    await disk?.remove();
  });

  it('a server answers 503, goes on reading, takes nothing by halves, and goes on writing when there is room again', {
    timeout: 60_000,
  }, async () => {
    const { app, owner, authorization } = instance;
    const started = await startServerProcess(app.config, { wrapper: disk.wrapper });
    server = started;
    const target = { urls: [started.url], collection: owner.collectionId, authorization };
    const { taken, refused } = await fill(target, 1);
    expect(taken).toBeGreaterThan(0);
    await expectUnavailable(refused);
    expect(await countOverTaxii(target)).toBe(taken * 50);
    // It stays that way: every further attempt is answered, and changes nothing.
    for (let attempt = 0; attempt < 5; attempt++) {
      const { taken: more, refused: again } = await fill(target, 100 + attempt);
      expect(more).toBe(0);
      await expectUnavailable(again);
    }
    expect(await countOverTaxii(target)).toBe(taken * 50);
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);

    await disk.relieve(started);
    const relieved = await fill(target, 200);
    expect(relieved.taken).toBeGreaterThan(0);
    expect(await countOverTaxii(target)).toBe((taken + relieved.taken) * 50);
    expect((await started.end('SIGTERM')).code).toBe(0);

    const reopened = await openApp(app.config);
    try {
      const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(reopened.db.read);
      expect(check.rows).toEqual([{ integrity_check: 'ok' }]);
      expect((await storedVersions(app, owner.id)).all).toHaveLength((taken + relieved.taken) * 50);
    } finally {
      await reopened.close();
    }
  });
});
