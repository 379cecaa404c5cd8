import { describe, expect, it } from 'vitest';
import { createWarningKinds } from './warning-kinds.ts';

describe('kinds of warnings', () => {
  it('are counted by object, without ids and places, the most frequent first', () => {
    const kinds = createWarningKinds();
    const id = (number: number) => `domain-name--00000000-0000-5000-8000-00000000000${number}`;
    kinds.add({ warnings: ['name: is empty'] });
    for (const number of [1, 2])
      kinds.add({
        warnings: [
          `id: the deterministic id of this object is ${id(number)}`,
          `refs[${number}]: is odd`,
          'refs[7]: is odd',
        ],
      });
    expect(kinds.mostFrequent()).toEqual([
      { kind: 'id: the deterministic id of this object is …', count: 2 },
      { kind: 'refs[]: is odd', count: 2 },
      { kind: 'name: is empty', count: 1 },
    ]);
    expect(kinds.total()).toEqual({ kinds: 3, atLeast: false });
  });

  it('are bounded in number and length', () => {
    const kinds = createWarningKinds();
    for (let number = 0; number < 1000; number++)
      kinds.add({ warnings: [`property_${number}: ${'x'.repeat(1000)}`] });
    const shown = kinds.mostFrequent();
    expect(shown).toHaveLength(20);
    expect(Math.max(...shown.map(({ kind }) => kind.length))).toBeLessThan(200);
    expect(kinds.total()).toEqual({ kinds: 200, atLeast: true });
  });
});
