import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectTaxii } from './shapes.ts';
import { TAXII, talk } from './wire.ts';
import { openWorld, ROOT, type World } from './world.ts';

/** On one engine: no request of these reaches the database. */
describe('slow clients', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
  });
  afterAll(() => world?.close());

  it('item 193 · connections that never finish their headers are ended after a while, and hinder nobody meanwhile', async () => {
    const pause = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));
    const started = performance.now();
    const slow = Promise.all(
      Array.from({ length: 50 }, () =>
        talk(
          world.port,
          [`GET ${ROOT} HTTP/1.1\r\n`, pause(1500), 'Host: x\r\n', pause(1500), 'X-A: b\r\n'],
          {
            timeoutMs: 28_000,
          },
        ),
      ),
    );
    for (let count = 0; count < 20; count++) expectTaxii(await world.client.get(ROOT), 200);
    expect(performance.now() - started).toBeLessThan(2500);
    for (const { answers, ended } of await slow) {
      expect(ended).toBe(true);
      expect(answers[0]?.status).toBe(408);
      expect(answers[0]?.headers.get('content-type')).toBe(TAXII);
    }
  }, 40_000);
});
