import { expect, it } from 'vitest';
import { prettyJson } from './pretty-json.ts';

const OBJECT = {
  type: 'report',
  id: 'report--00000000-0000-4000-8000-000000000001',
  name: 'Ω, "quoted" \\ and {braces}\n',
  object_refs: ['a', 'b'],
  revoked: false,
  confidence: -1.5e3,
  nothing: null,
  nested: { list: [{}, [], [[1]], { x: { y: [true] } }] },
};

it('JSON is laid out as JSON.stringify would', () => {
  for (const value of [OBJECT, {}, [], { a: [], b: {} }, 'x', 1, [1, [2, [3]]]])
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 7)])
      expect(prettyJson(text)).toBe(JSON.stringify(value, null, 2));
});

it('JSON keeps every token as it is written', () => {
  expect(prettyJson('{"a":12345678901234567890,"a":1.50,"b":"\\u0041 \\" {,}"}')).toBe(
    '{\n  "a": 12345678901234567890,\n  "a": 1.50,\n  "b": "\\u0041 \\" {,}"\n}',
  );
  expect(prettyJson('"never ends')).toBe('"never ends');
});
