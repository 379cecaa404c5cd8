import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObjectScanner, ScanError, type ScannedItem, type ScanOptions } from './object-scanner.ts';

type Shape = ScanOptions['shape'];

function scanChunks(chunks: Uint8Array[], shape: Shape, maxObjectBytes = 1e6): ScannedItem[] {
  const scanner = createObjectScanner({ shape, maxObjectBytes });
  const items: ScannedItem[] = [];
  for (const chunk of chunks) items.push(...scanner.push(chunk));
  return [...items, ...scanner.end()];
}

const encode = (text: string) => new TextEncoder().encode(text);
const textOf = (item: ScannedItem) =>
  item.kind === 'object' ? new TextDecoder().decode(item.bytes) : `refused line ${item.line}`;
const scan = (text: string, shape: Shape, maxObjectBytes?: number) =>
  scanChunks([encode(text)], shape, maxObjectBytes).map(textOf);

function errorOf(bytes: Uint8Array, shape: Shape): string {
  try {
    scanChunks([bytes], shape);
  } catch (error) {
    if (error instanceof ScanError) return error.code;
    throw error;
  }
  return 'none';
}

/** Cuts the bytes at the given places; what comes out may not depend on them. */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.slice(at[i], end));
}

function outcome(chunks: Uint8Array[], shape: Shape, maxObjectBytes: number): unknown[] {
  const scanner = createObjectScanner({ shape, maxObjectBytes });
  const seen: unknown[] = [];
  const note = (items: ScannedItem[]) =>
    seen.push(...items.map((item) => ({ ...item, bytes: 'bytes' in item ? textOf(item) : '' })));
  try {
    for (const chunk of chunks) note(scanner.push(chunk));
    note(scanner.end());
  } catch (error) {
    if (error instanceof ScanError) return [...seen, error.code];
    throw error;
  }
  return seen;
}

describe('a TAXII envelope', () => {
  it('gives each object in its original text', () => {
    const objects = ['{ "a" : 1.0 }', '{"b":12345678901234567890,"a":"}]\\"{"}', '{"é":"\\u0000 😀"}'];
    expect(
      scan(`\n{"more":false, "objects" : [ ${objects.join(' ,\n')} ], "next":"x"}\n`, 'envelope'),
    ).toEqual(objects);
  });

  it('may be a bundle, with its members in any order', () => {
    expect(scan('{"objects":[{"a":1}],"type":"bundle","id":"bundle--x"}', 'envelope')).toEqual(['{"a":1}']);
    expect(scan('{"type":"bundle","spec_version":"2.0","objects":[{"a":1}]}', 'envelope')).toEqual([
      '{"a":1}',
    ]);
  });

  it('finds its objects however the name is written', () => {
    expect(scan('{"\\u006fbjects":[{"a":1}]}', 'envelope')).toEqual(['{"a":1}']);
    expect(scan('{"x":{"objects":[1]},"objects":[{"a":1}]}', 'envelope')).toEqual(['{"a":1}']);
  });

  it('hands out elements that are no objects, and broken ones, for the check to refuse', () => {
    const elements = [
      '1',
      'null',
      '"],"',
      '[{"a":[]}]',
      '{"a" 1,,}',
      '{"type":"bundle","objects":[{}]}',
      'tru',
    ];
    expect(scan(`{"objects":[${elements.join(',')}]}`, 'envelope')).toEqual(elements);
  });

  it('counts members and depth, not those in strings', () => {
    const [item] = scanChunks([encode('{"objects":[{"a:{":{"b":[[1]],"b":":"}}]}')], 'envelope');
    expect(item).toMatchObject({ kind: 'object', members: 3, depth: 4, index: 0, line: 1 });
  });

  it('passes over an object that is too large and keeps those around it', () => {
    const text = `{"objects":[{"a":1},{"a":"${'x'.repeat(100)}"},{"b":2}]}`;
    expect(scan(text, 'envelope', 50)).toEqual(['{"a":1}', 'refused line 1', '{"b":2}']);
  });

  it.each([
    '',
    '  ',
    '{"objects":[{}',
    '{"objects":[{},]}',
    '{"objects":[,{}]}',
    '{"objects":[{}{}]}',
    '{"objects":[{}]]',
    '{"objects":[{}],}',
    '{"objects":[{}]} {}',
    '{"objects":[{}]}x',
    '{"a":tru,"objects":[{}]}',
    '{"a" "objects":[{}]}',
    '{"objects":[nul l]}',
    '{"objects":[}]}',
    '{"a":}',
    '\uFEFF{"objects":[{}]}',
    'hello{',
  ])('is malformed as %j', (text) => expect(errorOf(encode(text), 'envelope')).toMatch('malformed'));

  it.each([
    '{}',
    '{"a":1}',
    '{"objects":[]}',
    '{"objects":[ ]}',
    '{"objects":{}}',
    '{"objects":null}',
    '{"objects":[{}],"objects":[{}]}',
    '{"objects":[{}],"\\u006fbjects":1}',
    '[{}]',
    '"objects"',
    '12',
    `{"a":"${'x'.repeat(70_000)}","objects":[{}]}`,
    `{"objects":[{}],"a":"${'x'.repeat(70_000)}"}`,
  ])('has the wrong shape as %.40s', (text) =>
    expect(errorOf(encode(text), 'envelope')).toMatch('wrong_shape'),
  );

  it.each([
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a lone continuation byte', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['what lies beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('is malformed with %s inside an object', (_name, bytes) => {
    const text = [...encode('{"objects":[{"a":"'), ...bytes, ...encode('"}]}')];
    expect(errorOf(new Uint8Array(text), 'envelope')).toBe('malformed');
  });
});

describe('a file', () => {
  it.each([
    ['a bundle', '{"type":"bundle","objects":[{"a":1},{"b":2}]}', ['{"a":1}', '{"b":2}']],
    ['a bundle without objects', '{"type":"bundle","objects":[]}', []],
    ['a list of objects', '[{"a":1},\n{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['a list of bundles', '[{"objects":[{"a":1}]},{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['one object over several lines', '{\n "a":\n 1\n}\n', ['{\n "a":\n 1\n}']],
    ['objects one after the other', '{"a":1}{"b":2}\t{"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']],
    ['JSON Lines', '{"a":1}\r\n\r\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    [
      'JSON Lines of bundles',
      '{"objects":[{"a":1}]}\n{"objects":[{"b":2},{"c":3}]}\n',
      ['{"a":1}', '{"b":2}', '{"c":3}'],
    ],
    ['a byte order mark', '\uFEFF{"a":1}', ['{"a":1}']],
    [
      'bundles over several lines',
      '{\n"objects": [\n{"a":1}\n]}\n{\n"objects":[{"b":2}]}',
      ['{"a":1}', '{"b":2}'],
    ],
    [
      'a line, then an object over lines',
      '{"a":1}\n{\n "b":2\n}\n{"c":3}\n',
      ['{"a":1}', '{\n "b":2\n}', '{"c":3}'],
    ],
    [
      'a nested bundle',
      '{"objects":[{"type":"bundle","objects":[{}]}]}',
      ['{"type":"bundle","objects":[{}]}'],
    ],
    [
      'observed-data of STIX 2.0',
      '{"type":"observed-data","objects":{"0":{}}}',
      ['{"type":"observed-data","objects":{"0":{}}}'],
    ],
    ['a custom object with a list', '{"type":"x-list","objects":[{}]}', ['{"type":"x-list","objects":[{}]}']],
    [
      'a custom object whose type follows',
      '{"id":"x-l--1","objects":[{}],"type":"x-l"}',
      ['{"id":"x-l--1","objects":[{}],"type":"x-l"}'],
    ],
  ])('may be %s', (_name, text, expected) => expect(scan(text, 'any')).toEqual(expected));

  it.each([
    ['is cut off', '{"a":1}\n{"b":\n{"c":3}\n', ['{"a":1}', 'refused line 2', '{"c":3}']],
    ['is cut off in a string', '{"a":1}\n{"b":"x\n{"c":3}\n', ['{"a":1}', 'refused line 2', '{"c":3}']],
    ['is no object', '{"a":1}\nhello {\n{"c":3}\n', ['{"a":1}', 'refused line 2', '{"c":3}']],
    ['is a scalar', '{"a":1}\n"x"\n{"c":3}\n', ['{"a":1}', 'refused line 2', '{"c":3}']],
    [
      'is a bundle cut off',
      '{"a":1}\n{"objects":[{"b":2},\n{"c":3}',
      ['{"a":1}', '{"b":2}', 'refused line 2', '{"c":3}'],
    ],
    ['is the last', '{"a":1}\n{"b":2', ['{"a":1}', 'refused line 2']],
    ['is the first', '{"a":1,"b":"x"\n{"c":3}\n', ['refused line 1', '{"c":3}']],
    ['is the first and ends in a comma', '{"a":1,\n{"c":3}\n', ['refused line 1', '{"c":3}']],
    ['is the first and ends in a string', '{"a":1,"b":"x\n{"c":3}\n', ['refused line 1', '{"c":3}']],
    [
      'has something behind its object',
      '{"a":1}\n{"b":2} x\n{"c":3}',
      ['{"a":1}', '{"b":2}', 'refused line 2', '{"c":3}'],
    ],
  ])('of JSON Lines loses only the line that %s', (_name, text, expected) =>
    expect(scan(text, 'any')).toEqual(expected),
  );

  it('of JSON Lines loses only the line that is not UTF-8', () => {
    const bytes = [...encode('{"a":1}\n{"b":"'), 0xff, ...encode('"}\n{"c":3}\n')];
    expect(scanChunks([new Uint8Array(bytes)], 'any').map(textOf)).toEqual([
      '{"a":1}',
      'refused line 2',
      '{"c":3}',
    ]);
  });

  it.each(['', '\uFEFF', 'hello', '{"a":', '{"objects":[{}', '[{},]', '{"objects":[{}],}'])(
    'is malformed as %j',
    (text) => expect(errorOf(encode(text), 'any')).toBe('malformed'),
  );

  it('says on which line each object begins', () => {
    const items = scanChunks([encode('{\n"objects": [\n{"a":1},\n\n{"b":\n2}, {"c":3}]}\n{"d":4}')], 'any');
    expect(items.map((item) => item.line)).toEqual([3, 5, 6, 7]);
    expect(items.map((item) => item.index)).toEqual([0, 1, 2, 3]);
  });

  it('hands out what was found before an error, then throws it', () => {
    const scanner = createObjectScanner({ shape: 'any', maxObjectBytes: 100 });
    expect(scanner.push(encode('{"a":1} x')).map(textOf)).toEqual(['{"a":1}']);
    expect(() => scanner.end()).toThrow(ScanError);
  });
});

const places = fc.array(fc.nat(400), { maxLength: 12 });
const anyObject = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue(), { maxKeys: 4 });
const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n');

describe('chunks', () => {
  it('give the same elements wherever they are cut, and each element is its own JSON text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyObject, space), { minLength: 1, maxLength: 5 }),
        places,
        (objects, at) => {
          const list = objects.map(
            ([object, blank]) => `${blank}${JSON.stringify(object, null, blank.length)}${blank}`,
          );
          const bytes = encode(`{"type":"bundle","objects":[${list.join(',')}],"x":"é"}`);
          for (const shape of ['envelope', 'any'] as const) {
            const texts = scanChunks(cut(bytes, at), shape).map(textOf);
            expect(texts).toEqual(list.map((text) => text.trim()));
            expect(texts.map((text) => JSON.parse(text))).toEqual(
              objects.map(([object]) => JSON.parse(JSON.stringify(object))),
            );
          }
        },
      ),
    );
  });

  it('give the same outcome wherever they are cut, whatever the bytes are', () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\\n \uFEFFé1'.split(''),
      '{"a":1}',
      '"objects":[',
      '{"type":"bundle","objects":[',
      '{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}',
      'null',
      '\n{',
    );
    const bytes = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((pieces) => encode(pieces.join(''))),
      fc.array(piece, { maxLength: 8 }).map((pieces) => encode(pieces.join('')).slice(0, -1)),
      fc.uint8Array({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(bytes, places, fc.constantFrom<Shape>('envelope', 'any'), (text, at, shape) => {
        expect(outcome(cut(text, at), shape, 20)).toEqual(outcome([text], shape, 20));
      }),
      { numRuns: 2000 },
    );
  });
});

const data = new URL('../../../../shared/data/', import.meta.url);
if (existsSync(data)) {
  it('the objects of a published bundle and of its history are all found', () => {
    const bundle = readFileSync(new URL('ics-attack-18.1.json', data));
    const texts = scanChunks(cut(bundle, [1000, 2_000_000, 2_000_001]), 'envelope').map(textOf);
    const { objects } = JSON.parse(bundle.toString()) as { objects: unknown[] };
    expect(texts.map((text) => JSON.parse(text))).toEqual(objects);
    const history = gunzipSync(readFileSync(new URL('attack-history.jsonl.gz', data)));
    const chunks = Array.from({ length: Math.ceil(history.length / 65_536) }, (_, i) =>
      history.subarray(i * 65_536, (i + 1) * 65_536),
    );
    expect(scanChunks(chunks, 'any', 10e6).map(textOf).join('\n')).toBe(history.toString().trim());
  });
}
