import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLanes } from './lanes.ts';
import { refusalOf } from './testing/builders.ts';

/** Works that end when the test says so. */
function createWorks() {
  const lanes = createLanes(2, 3);
  const started: string[] = [];
  const ends = new Map<string, (failed?: Error) => void>();
  return {
    started,
    start: (lane: string, name: string, id = name) =>
      lanes(lane, name, async () => {
        started.push(id);
        await new Promise<void>((resolve, reject) =>
          ends.set(id, (failed) => (failed === undefined ? resolve() : reject(failed))),
        );
        return id;
      }),
    end: async (id: string, failed?: Error) => {
      ends.get(id)?.(failed);
      await turn();
    },
  };
}

describe('a lane', () => {
  it('runs two works at a time, the others in the order in which they came', async () => {
    const { started, start, end } = createWorks();
    const works = ['a', 'b', 'c', 'd'].map((name) => start('lane', name));
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('a');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    await end('c');
    await end('d');
    expect(await Promise.all(works)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('runs one work of a name at a time, and lets others pass meanwhile', async () => {
    const { started, start, end } = createWorks();
    const works = [start('lane', 'a', 'a1'), start('lane', 'a', 'a2'), start('lane', 'b')];
    expect(started).toEqual(['a1', 'b']);
    await end('a1');
    expect(started).toEqual(['a1', 'b', 'a2']);
    await end('a2');
    await end('b');
    expect(await Promise.all(works)).toEqual(['a1', 'a2', 'b']);
  });

  it('sends away for a second who finds three waiting, and nobody in another lane', async () => {
    const { started, start, end } = createWorks();
    const works = ['a', 'b', 'c', 'd', 'e'].map((name) => start('lane', name));
    expect(await refusalOf(start('lane', 'f'))).toEqual({
      code: 'throttled',
      details: { retryAfterSeconds: 1 },
    });
    works.push(start('other', 'g'));
    expect(started).toEqual(['a', 'b', 'g']);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'g']) await end(id);
    expect(await Promise.all(works)).toEqual(['a', 'b', 'c', 'd', 'e', 'g']);
  });

  it('is free again after a work that failed', async () => {
    const { started, start, end } = createWorks();
    const failing = start('lane', 'a', 'a1');
    const next = start('lane', 'a', 'a2');
    const failed = expect(failing).rejects.toThrow('failed');
    await end('a1', new Error('failed'));
    await failed;
    expect(started).toEqual(['a1', 'a2']);
    await end('a2');
    expect(await next).toBe('a2');
  });
});
