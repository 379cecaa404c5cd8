import { randomInt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../../server/testing/postgres.ts';
import { startCommand } from '../../server/testing/processes.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { type Instance, openInstance, storedVersions } from './instance.ts';
import { killWhileOthersWrite } from './kill-scenario.ts';
import { madeObject, random } from './processes/taxii-client.ts';

const IMPORTED = 30_000;
/** A transaction of an import takes a multiple of so many objects, and inserts them in smaller lots. */
const BATCH = 500;

describe.each(ENGINES)('after kill -9 on %s', (engine) => {
  let postgres: Postgres | undefined;
  let instance: Instance;
  const seed = Number(process.env.TAXIWAY_TEST_SEED ?? randomInt(2 ** 31));
  beforeAll(async () => {
    if (engine === 'postgres') postgres = await startPostgres({ durable: true });
  });
  beforeEach(async () => {
    const databaseUrl = await postgres?.createDatabase();
    instance = await openInstance(engine, databaseUrl === undefined ? {} : { databaseUrl });
  });
  afterEach(async () => {
    await instance?.close();
  });
  afterAll(async () => {
    await postgres?.stop();
  });

  it('in the middle of POSTs, nothing acknowledged is lost and no request is half there', {
    timeout: 90_000,
  }, async () => {
    const figures = await killWhileOthersWrite(instance, { kills: 4, seed, padding: 300 });
    process.stdout.write(
      `kill -9 on ${engine}: seed ${seed}, ${figures.kills} kills, ${figures.requests} requests, ${figures.versions} versions, ${figures.unanswered} unanswered (${figures.storedUnanswered} of them stored)\n`,
    );
    expect(figures.problems).toEqual([]);
    expect(figures.versions).toBeGreaterThan(100);
    expect(figures.unanswered).toBeGreaterThan(0);
  });

  it('in the middle of imports, whole transactions are there, and another import brings the rest', {
    timeout: 90_000,
  }, async () => {
    const { app, owner } = instance;
    const dice = random(seed);
    const file = path.join(tmpdir(), `taxiway-import-${process.pid}-${engine}.jsonl`);
    const lines = Array.from({ length: IMPORTED }, (_, number) =>
      JSON.stringify(madeObject(9, number, 0, 200)),
    );
    await writeFile(file, lines.join('\n'));
    const count = async () => (await storedVersions(app, owner.id)).all.length;
    try {
      let before = 0;
      let halfway = 0;
      for (let attempt = 0; attempt < 3; attempt++) {
        const importing = startCommand(app.config, ['import', file, '--owner', owner.name]);
        // Killed once it is at work, at a moment of its own.
        const deadline = performance.now() + 20_000;
        while ((await count()) <= before && performance.now() < deadline) await sleep(10);
        await sleep(dice.below(150));
        await importing.end('SIGKILL');
        const after = await count();
        expect(after).toBeGreaterThan(before);
        // Batches of the same objects in the same order: only whole ones are there.
        expect(after === IMPORTED || after % BATCH === 0, `${after} objects`).toBe(true);
        if (after < IMPORTED) halfway++;
        before = after;
      }
      expect(halfway).toBeGreaterThan(0);
      const last = startCommand(app.config, ['import', file, '--owner', owner.name, '--json']);
      expect(await last.ended, last.stderr()).toEqual({ code: 0, signal: null });
      expect(JSON.parse(last.stdout())).toMatchObject({
        files: [{ added: IMPORTED - before, alreadyThere: before, refused: 0 }],
      });
      expect(await count()).toBe(IMPORTED);
    } finally {
      await rm(file, { force: true });
    }
  });
});
