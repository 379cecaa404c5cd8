import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** Text of octets, one per character; never a line break. */
export const junk = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
const object = {
  type: 'indicator',
  spec_version: '2.1',
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  pattern: "[ipv4-addr:value = '192.0.2.1']",
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
};
const envelope = fc
  .tuple(
    fc.uuid({ version: 4 }),
    fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
  )
  .map(([id, extra]) => JSON.stringify({ objects: [{ ...object, id: `indicator--${id}`, ...extra }] }));
const damaged = fc.tuple(envelope, fc.nat(), fc.nat(40), junk).map(([text, at, length, instead]) => {
  const position = at % text.length;
  return text.slice(0, position) + instead + text.slice(position + length);
});
export const body: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: envelope.map((text) => Buffer.from(text)), weight: 3 },
  { arbitrary: damaged.map((text) => Buffer.from(text, 'latin1')), weight: 3 },
  { arbitrary: fc.json().map((text) => Buffer.from(text)), weight: 1 },
  { arbitrary: fc.json().map((text) => Buffer.from(`{"objects":[${text}]}`)), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
  {
    arbitrary: fc
      .constantFrom(
        '',
        '{}',
        '[]',
        '{"objects":[]}',
        '{"objects":{}}',
        '\ufeff{"objects":[]}',
        'null',
        '['.repeat(50_000),
        '{"a":'.repeat(50_000),
        `{"objects":[${'{"a":'.repeat(20_000)}`,
      )
      .map((text) => Buffer.from(text)),
    weight: 1,
  },
);

/** The body as it is sent; adds the headers that say how. */
export function framed(body: Buffer, framing: string, lines: string[]): Buffer {
  const payload = framing === 'gzip' ? gzipSync(body) : body;
  if (framing.includes('gzip')) lines.push('Content-Encoding: gzip');
  if (framing === 'chunked') {
    lines.push('Transfer-Encoding: chunked');
    const chunk = [Buffer.from(`${payload.length.toString(16)}\r\n`), payload, Buffer.from('\r\n')];
    return Buffer.concat([...(payload.length > 0 ? chunk : []), Buffer.from('0\r\n\r\n')]);
  }
  if (framing !== 'none')
    lines.push(`Content-Length: ${framing === 'short' ? payload.length >> 1 : payload.length}`);
  return payload;
}
