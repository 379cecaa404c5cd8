import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { pollWhileOthersWrite } from '../faults/polling-scenario.ts';
import { soakSettings, tell } from './settings.ts';

/** Each round starts on an empty database, so that its pollers see the whole of it. */
const ROUND_SECONDS = 60;

describe.each(ENGINES)('polling on %s', (engine) => {
  it('misses nothing for a long time, however many processes write and delete meanwhile', async () => {
    const { seconds, seed } = soakSettings(300);
    const rounds = Math.max(1, Math.round(seconds / ROUND_SECONDS));
    for (let round = 0; round < rounds; round++) {
      const figures = await pollWhileOthersWrite(engine, {
        seconds: Math.min(seconds, ROUND_SECONDS),
        seed: seed + 1000 * round,
        servers: 1 + (round % 4),
      });
      tell(
        `polling on ${engine}: seed ${seed + 1000 * round}, ${figures.objects} objects in ${figures.versions} versions, ${figures.pollers} pollers, ${figures.requests} requests`,
      );
      expect(figures.problems).toEqual([]);
    }
  });
});
