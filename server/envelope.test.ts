import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from './envelope.ts';
import { createKeys } from './keys.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);

describe('an envelope', () => {
  it('gives back what was put in, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, context) => {
        expect(decrypt(KEY, context, encrypt(KEY, context, plain))).toEqual(Buffer.from(plain));
      }),
      { seed: 1 },
    );
  });

  it('is different each time, so that equal secrets do not show', () => {
    const texts = new Set(Array.from({ length: 50 }, () => encrypt(KEY, 'a', Buffer.from('secret'))));
    expect(texts.size).toBe(50);
  });

  it('does not open under another key or for another context', () => {
    const text = encrypt(KEY, 'credentials/1', Buffer.from('secret'));
    expect(decrypt(OTHER, 'credentials/1', text)).toBeUndefined();
    expect(decrypt(KEY, 'credentials/2', text)).toBeUndefined();
    expect(decrypt(KEY, '', text)).toBeUndefined();
  });

  it('does not open once any octet of it was changed, or was cut off', () => {
    const bytes = Buffer.from(encrypt(KEY, 'a', Buffer.from('secret')), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(decrypt(KEY, 'a', changed.toString('base64url'))).toBeUndefined();
      expect(decrypt(KEY, 'a', bytes.subarray(0, at).toString('base64url'))).toBeUndefined();
    }
  });
});

describe('a wrapped key', () => {
  const DATA_KEY = Buffer.alloc(32, 3);

  it('names the master key that opens it, and opens after a rotation that keeps that one', () => {
    const wrapped = createKeys([KEY]).wrap('data_keys/1', DATA_KEY);
    expect(wrapped).toMatch(/^v1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
    expect(createKeys([KEY]).unwrap('data_keys/1', wrapped)).toEqual(DATA_KEY);
    expect(createKeys([OTHER, KEY]).unwrap('data_keys/1', wrapped)).toEqual(DATA_KEY);
    const rotated = createKeys([OTHER, KEY]).wrap('data_keys/1', DATA_KEY);
    expect(createKeys([OTHER]).unwrap('data_keys/1', rotated)).toEqual(DATA_KEY);
    expect(createKeys([KEY]).unwrap('data_keys/1', rotated)).toBeUndefined();
  });

  it('does not open for another organization, under another master key, or as another version', () => {
    const wrapped = createKeys([KEY]).wrap('data_keys/1', DATA_KEY);
    expect(createKeys([KEY]).unwrap('data_keys/2', wrapped)).toBeUndefined();
    expect(createKeys([OTHER]).unwrap('data_keys/1', wrapped)).toBeUndefined();
    for (const text of ['', 'v1', 'v1..', wrapped.replace('v1', 'v2'), `${wrapped}x.y`.slice(3)])
      expect(createKeys([KEY]).unwrap('data_keys/1', text)).toBeUndefined();
  });
});
