import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentEquals, contentKey } from './check.ts';

describe('the content key of a JSON text', () => {
  it.each([
    ['the order of members', '{"a":1,"b":[{"c":2,"d":3}]}', '{"b":[{"d":3,"c":2}],"a":1}'],
    ['white space', '{"a":[1,2]}', ' { "a" : [ 1 , 2 ] } '],
    ['the way a number is written', '{"a":1.50}', '{"a":15e-1}'],
    ['the way a string is escaped', '{"a":"\\u0041"}', '{"a":"A"}'],
  ])('does not depend on %s', (_, a, b) => {
    expect(contentKey(a)).toBe(contentKey(b));
  });

  it.each([
    ['numbers beyond 2^53', '{"a":9007199254740993}', '{"a":9007199254740992}'],
    ['a number from its text', '{"a":1}', '{"a":"1"}'],
    ['the order of a list', '{"a":[1,2]}', '{"a":[2,1]}'],
    ['a member named __proto__', '{"__proto__":{"a":1}}', '{}'],
    ['null from nothing', '{"a":null}', '{}'],
  ])('tells %s', (_, a, b) => {
    expect(contentKey(a)).not.toBe(contentKey(b));
  });

  it('is none for what is not JSON', () => {
    expect(contentKey('{')).toBeUndefined();
  });

  it('is equal exactly for what contentEquals finds equal', () => {
    const small = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(0, 1, '1', '', null, true),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b', '1', '__proto__'), tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(small.value, small.value, (a, b) => {
        const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
        expect(contentKey(left) === contentKey(right)).toBe(contentEquals(left, right));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
