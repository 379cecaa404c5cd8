import { describe, expect, it } from 'vitest';
import { startPostgres } from '../../server/testing/postgres.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { openInstance } from '../faults/instance.ts';
import { killWhileOthersWrite } from '../faults/kill-scenario.ts';
import { soakSettings, tell } from './settings.ts';

const KILLS_PER_ROUND = 20;

describe.each(ENGINES)('after kill -9 on %s', (engine) => {
  it('in the middle of POSTs, many times, nothing acknowledged is lost and no request is half there', async () => {
    const { seconds, seed } = soakSettings(180);
    const postgres = engine === 'postgres' ? await startPostgres({ durable: true }) : undefined;
    try {
      const end = performance.now() + seconds * 1000;
      for (let round = 0; round === 0 || performance.now() < end; round++) {
        const databaseUrl = await postgres?.createDatabase();
        const instance = await openInstance(engine, databaseUrl === undefined ? {} : { databaseUrl });
        try {
          const figures = await killWhileOthersWrite(instance, {
            kills: KILLS_PER_ROUND,
            seed: seed + 1000 * round,
            padding: round % 2 === 0 ? 0 : 2000,
          });
          tell(
            `kill -9 on ${engine}: seed ${seed + 1000 * round}, ${figures.kills} kills, ${figures.versions} versions, ${figures.unanswered} unanswered (${figures.storedUnanswered} of them stored)`,
          );
          expect(figures.problems).toEqual([]);
        } finally {
          await instance.close();
        }
      }
    } finally {
      await postgres?.stop();
    }
  });
});
