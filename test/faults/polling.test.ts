import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { ENOUGH, pollWhileOthersWrite } from './polling-scenario.ts';

const SECONDS = 4;

describe.each(ENGINES)('polling on %s', (engine) => {
  it('misses nothing, however many processes write and delete meanwhile', { timeout: 60_000 }, async () => {
    const seed = Number(process.env.TAXIWAY_TEST_SEED ?? randomInt(2 ** 31));
    const figures = await pollWhileOthersWrite(engine, { seconds: SECONDS, seed, servers: 2 });
    process.stdout.write(
      `polling on ${engine}: seed ${seed}, ${figures.objects} objects in ${figures.versions} versions, ${figures.pollers} pollers, ${figures.requests} requests\n`,
    );
    expect(figures.problems).toEqual([]);
    expect(figures.versions).toBeGreaterThan(ENOUGH);
  });
});
