import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createSecrets } from './secrets.ts';

describe('a generated secret', () => {
  const secrets = createSecrets();

  it.each([40, 128, 192, 256])(
    'of %d bits has at least as many, in letters that no client escapes',
    (bits) => {
      const secret = secrets.generate(bits);
      expect(secret).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Buffer.from(secret, 'base64url').length * 8).toBeGreaterThanOrEqual(bits);
    },
  );

  it('is never given twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => secrets.generate(128))).size).toBe(1000);
  });

  it('is stored as its SHA-256 and found by it', async () => {
    expect(secrets.digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const stored = { algorithm: 'sha256', hash: secrets.digest('abc') } as const;
    expect(await secrets.verify('abc', stored)).toBe(true);
    expect(await secrets.verify('abd', stored)).toBe(false);
    expect(await secrets.verify('', stored)).toBe(false);
    expect(secrets.hashes.count).toBe(0);
  });
});

describe('a typed secret', () => {
  it('is stored as Argon2id of at least 19 MiB and two passes, salted', async () => {
    const secrets = createSecrets();
    const [first, second] = await Promise.all([secrets.hash('a phrase'), secrets.hash('a phrase')]);
    expect(first).toMatchObject({ algorithm: 'argon2id' });
    expect(first.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first.hash).not.toBe(second.hash);
    expect(await secrets.verify('a phrase', first)).toBe(true);
    expect(await secrets.verify('a phrasf', first)).toBe(false);
    expect(secrets.hashes.count).toBe(4);
  });

  it('for one asker is hashed two at a time and twenty wait; others neither wait for them nor are sent away', async () => {
    const secrets = createSecrets();
    let done = 0;
    const many = Array.from({ length: 25 }, async (_, i) => {
      await secrets.hash(`phrase ${i}`, 'account 1');
      done++;
    });
    const refused = Promise.allSettled(many);
    await secrets.hash('a phrase', 'account 2');
    expect(done).toBeLessThan(5);
    const errors = (await refused).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ code: 'throttled', details: { retryAfterSeconds: 1 } });
    expect(secrets.hashes.count).toBe(23);
  });

  it('costs the same when there is nothing to compare it with', async () => {
    const secrets = createSecrets();
    await secrets.waste();
    expect(secrets.hashes.count).toBe(1);
  });

  it('is hashed for all who ask at once, after one another where there are too few cores', async () => {
    const secrets = createSecrets();
    const many = availableParallelism() * 3;
    const stored = await Promise.all(
      Array.from({ length: many }, (_, index) => secrets.hash(`phrase ${index}`)),
    );
    const checks = await Promise.all(stored.map((each, index) => secrets.verify(`phrase ${index}`, each)));
    expect(checks.every((isRight) => isRight)).toBe(true);
  });

  it('item 13: of 200 at once no more are hashed at a time than one less than there are cores, and the process goes on meanwhile', async () => {
    const secrets = createSecrets();
    const done: number[] = [];
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    const work = Array.from({ length: 200 }, async (_, index) => {
      await secrets.waste();
      done.push(index);
    });
    await work[0];
    // Were they all under way together, all would be done at about the same time, after that of 200 hashes.
    expect(done.length).toBeLessThan(availableParallelism() * 2);
    await Promise.all(work);
    clearInterval(turn);
    expect(secrets.hashes.count).toBe(200);
    // The event loop was free: it went round at least once for each hash.
    expect(turns).toBeGreaterThan(100);
  });

  it('does not hold up the queue when a stored hash is damaged', async () => {
    const secrets = createSecrets();
    const damaged = { algorithm: 'argon2id', hash: 'damaged' } as const;
    for (let time = 0; time < availableParallelism() + 1; time++)
      await expect(secrets.verify('a phrase', damaged)).rejects.toThrow();
    await expect(secrets.hash('a phrase')).resolves.toBeDefined();
  });
});

describe('the fingerprint under which a secret is remembered', () => {
  it('is of this process only, and tells its parts apart', () => {
    const secrets = createSecrets();
    expect(secrets.fingerprint('basic', 'a', 'b')).toBe(secrets.fingerprint('basic', 'a', 'b'));
    expect(secrets.fingerprint('basic', 'a', 'b')).not.toBe(createSecrets().fingerprint('basic', 'a', 'b'));
    expect(secrets.fingerprint('basic', 'ab', '')).not.toBe(secrets.fingerprint('basic', 'a', 'b'));
  });
});
