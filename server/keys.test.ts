import { spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKeyFile } from './key-file.ts';
import { createKeys, parseMasterKeys } from './keys.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const bytes = Buffer.from('the bytes of a cursor');

describe('a signature', () => {
  it('is verified by any process with the same key, for its purpose and its bytes only', () => {
    const signed = createKeys([OLD]).sign('checkpoint', bytes);
    const other = createKeys([OLD]);
    expect(other.verify('checkpoint', bytes, signed)).toBe('valid');
    expect(other.verify('checkpoint', Buffer.from('other bytes'), signed)).toBe('invalid');
    expect(other.verify('another purpose', bytes, signed)).toBe('unknown_key');
    expect(other.verify('checkpoint', bytes, { ...signed, signature: 'AAAA' })).toBe('invalid');
  });

  it('stays valid after a rotation that keeps the older key, and is of an unknown key when that goes', () => {
    const signed = createKeys([OLD]).sign('checkpoint', bytes);
    expect(createKeys([NEW, OLD]).verify('checkpoint', bytes, signed)).toBe('valid');
    expect(createKeys([NEW]).verify('checkpoint', bytes, signed)).toBe('unknown_key');
    expect(createKeys([NEW, OLD]).sign('checkpoint', bytes).keyId).not.toBe(signed.keyId);
  });

  it('is verified with nothing but the public key', () => {
    const keys = createKeys([OLD]);
    const signed = keys.sign('checkpoint', bytes);
    const publicKey = keys.publicKey('checkpoint');
    expect(createKeys([NEW]).verify('checkpoint', bytes, signed, [publicKey])).toBe('valid');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    expect(verify(null, bytes, key, Buffer.from(signed.signature, 'base64url'))).toBe(true);
    expect(() => keys.verify('checkpoint', bytes, signed, ['no key'])).toThrow('is no public key');
  });
});

describe('sealed bytes', () => {
  it('come back as they were', () => {
    const keys = createKeys([OLD]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (some) => {
        expect(Buffer.from(keys.unseal('next', keys.seal('next', some)) ?? [])).toEqual(Buffer.from(some));
      }),
      { seed: 1 },
    );
  });

  it('are text that needs no escaping in a URL', () => {
    expect(createKeys([OLD]).seal('next', bytes)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('open in another process with the same key', () => {
    expect(createKeys([OLD]).unseal('next', createKeys([OLD]).seal('next', bytes))).toEqual(bytes);
  });

  it('stay valid after a rotation that keeps the older key, and become void when it goes', () => {
    const before = createKeys([OLD]).seal('next', bytes);
    const rotated = createKeys([NEW, OLD]);
    expect(rotated.unseal('next', before)).toEqual(bytes);
    expect(createKeys([NEW]).unseal('next', before)).toBeUndefined();
    // New things are made with the newest key.
    expect(createKeys([NEW]).unseal('next', rotated.seal('next', bytes))).toEqual(bytes);
  });

  it('are nothing for another purpose or another key', () => {
    const keys = createKeys([OLD]);
    const sealed = keys.seal('next', bytes);
    expect(keys.unseal('session', sealed)).toBeUndefined();
    expect(createKeys([NEW]).unseal('next', sealed)).toBeUndefined();
  });

  it('are nothing with any character changed, added or missing', () => {
    const keys = createKeys([OLD]);
    const sealed = keys.seal('next', bytes);
    for (let index = 0; index < sealed.length; index++) {
      for (const other of ['A', 'B', 'z', '_']) {
        const tampered = sealed.slice(0, index) + other + sealed.slice(index + 1);
        if (tampered !== sealed) expect(keys.unseal('next', tampered)).toBeUndefined();
      }
      expect(keys.unseal('next', sealed.slice(0, index))).toBeUndefined();
    }
    for (const tampered of [`${sealed}A`, `${sealed}=`, ` ${sealed}`, '', 'A', 'ä'])
      expect(keys.unseal('next', tampered)).toBeUndefined();
  });

  it('are never made up', () => {
    const keys = createKeys([OLD]);
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        expect(keys.unseal('next', text)).toBeUndefined();
      }),
      { seed: 1 },
    );
  });
});

describe('master keys', () => {
  const text = (key: Buffer) => key.toString('base64url');

  it('are read from one text, the newest first', () => {
    expect(parseMasterKeys(`${text(NEW)},${text(OLD)}`)).toEqual([NEW, OLD]);
    expect(parseMasterKeys(` ${text(NEW)}\n${text(OLD)}\n`)).toEqual([NEW, OLD]);
  });

  it.each([
    ['none', ''],
    ['too short', text(OLD.subarray(1))],
    ['too long', text(Buffer.concat([OLD, NEW]))],
    ['one of them too short', `${text(OLD)},abc`],
  ])('are refused when there is %s, without repeating them', (_, keys) => {
    expect(() => parseMasterKeys(keys)).toThrow(/^A master key is 32 octets in base64url/);
    const reason = (() => {
      try {
        parseMasterKeys(keys);
      } catch (error) {
        return JSON.stringify(error) + String(error);
      }
      return '';
    })();
    for (const part of keys.split(',')) if (part.length > 3) expect(reason).not.toContain(part);
  });
});

describe('the key file', () => {
  function folder(): string {
    const made = mkdtempSync(path.join(tmpdir(), 'taxiway-keys-'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    return made;
  }

  it('is made at first, readable by its owner only, and read from then on', () => {
    const file = path.join(folder(), 'master.key');
    const [key] = openKeyFile(file).masterKeys;
    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openKeyFile(file).masterKeys).toEqual([key]);
    expect(readdirSync(path.dirname(file))).toEqual(['master.key']);
  });

  it('may hold older keys too', () => {
    const file = path.join(folder(), 'master.key');
    writeFileSync(file, `${NEW.toString('base64url')}\n${OLD.toString('base64url')}\n`);
    expect(openKeyFile(file).masterKeys).toEqual([NEW, OLD]);
  });

  it('is never replaced when it is damaged', () => {
    const file = path.join(folder(), 'master.key');
    writeFileSync(file, 'damaged');
    expect(() => openKeyFile(file).masterKeys).toThrow('A master key is');
    expect(readFileSync(file, 'utf8')).toBe('damaged');
  });

  it('is made once by processes that start at once', async () => {
    const file = path.join(folder(), 'master.key');
    const script = `import { openKeyFile } from ${JSON.stringify(new URL('key-file.ts', import.meta.url).href)};
      process.stdin.once('data', () => {
        process.stdout.write(Buffer.from(openKeyFile(${JSON.stringify(file)}).masterKeys[0]).toString('hex'));
        process.exit();
      });
      process.stderr.write('ready');`;
    const processes = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    onTestFinished(() => processes.forEach((child) => void child.kill()));
    await Promise.all(
      processes.map((child) => new Promise<void>((resolve) => child.stderr.once('data', () => resolve()))),
    );
    const keys = processes.map(
      (child) =>
        new Promise<string>((resolve) => {
          let printed = '';
          child.stdout.on('data', (chunk: Buffer) => {
            printed += chunk.toString();
          });
          child.once('close', () => resolve(printed));
        }),
    );
    for (const child of processes) child.stdin.write('go');
    const printed = await Promise.all(keys);
    expect(printed[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(printed).size).toBe(1);
    expect(readdirSync(path.dirname(file))).toEqual(['master.key']);
  });
});
