import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observableId } from './observable-id.ts';
import { sha1 } from './sha1.ts';

it('SHA-1 gives the digest that other implementations give', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(Array.from(sha1(bytes))).toEqual(Array.from(createHash('sha1').update(bytes).digest()));
    }),
  );
});

describe('the deterministic id of an observable', () => {
  it.each([
    ['ipv4-addr', { value: '198.51.100.3', x_other: 1 }, 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4'],
    ['domain-name', { value: 'example.com' }, 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7'],
  ])('of the %s is the one that other software gives', (type, object, id) =>
    expect(observableId(type, object)).toBe(id),
  );

  it('takes one hash, in the order of preference', () => {
    const [md5, sha256] = ['a'.repeat(32), 'b'.repeat(64)];
    const one = observableId('file', { hashes: { MD5: md5 } });
    expect(observableId('file', { hashes: { 'SHA-256': sha256, MD5: md5 } })).toBe(one);
    expect(observableId('file', { hashes: { 'SHA-256': sha256 } })).not.toBe(one);
  });

  it('does not depend on the order of members in what contributes', () => {
    const id = observableId('windows-registry-key', { key: 'k', values: [{ name: 'é', data: 'b' }] });
    expect(observableId('windows-registry-key', { values: [{ data: 'b', name: 'é' }], key: 'k' })).toBe(id);
  });

  it('does not exist without a contributing property', () => {
    expect(observableId('process', { pid: 1 })).toBeUndefined();
    expect(observableId('file', { size: 1 })).toBeUndefined();
  });
});
