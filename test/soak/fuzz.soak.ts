import { describe, expect, it } from 'vitest';
import { startServer } from '../../server/serving.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { newTaxiiUser } from '../../server/testing/test-server.ts';
import { fuzz } from '../faults/fuzz-scenario.ts';
import { openInstance } from '../faults/instance.ts';
import { madeObject, objectId, send } from '../faults/processes/taxii-client.ts';
import { soakSettings, tell } from './settings.ts';

const RUNS_PER_ROUND = 20_000;

describe.each(ENGINES)('requests made up at random on %s', (engine) => {
  it('are all answered for a long time, never with 500, and refused ones change nothing', async () => {
    const { seconds, seed } = soakSettings(300);
    const end = performance.now() + seconds * 1000;
    for (let round = 0; round === 0 || performance.now() < end; round++) {
      // Afresh, so that the database does not grow with what the requests add.
      const { app, owner, authorization, close } = await openInstance(engine);
      const server = await startServer(app);
      try {
        const target = { urls: [server.url], collection: owner.collectionId, authorization };
        const body = JSON.stringify({ objects: [madeObject(1, 2, 0), madeObject(1, 2, 1)] });
        const added = (await (await send(target, 'objects/', { method: 'POST', body })).json()) as {
          id: string;
        };
        const input = { userName: 'fuzzer', organization: owner.name, apiKey: true };
        const { apiKey } = await newTaxiiUser(app, input);
        const known = {
          collection: owner.collectionId,
          alias: encodeURIComponent(owner.name),
          objectId: objectId(1, 2),
          status: added.id,
          credentials: [`Authorization: ${authorization}`, `X-API-Key: ${apiKey}`],
        };
        const left = Math.max(10, (end - performance.now()) / 1000);
        const options = { runs: RUNS_PER_ROUND, seed: seed + round, seconds: left };
        const { runs } = await fuzz(app, server.port, known, options);
        tell(`fuzz on ${engine}: seed ${seed + round}, ${runs} requests`);
        expect(app.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
      } finally {
        await server.close(1000);
        await close();
      }
    }
  });
});
