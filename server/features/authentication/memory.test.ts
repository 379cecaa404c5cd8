import { describe, expect, it } from 'vitest';
import { createSecrets } from '../../secrets.ts';
import { createMemory, type Presented } from './memory.ts';

const verified = (accountId: number) => ({
  accountId,
  credentialVersion: 1,
  credential: { id: accountId, allowedNetworks: null, readOnly: false },
});
const basic = (userName: string, password: string): Presented => ({ scheme: 'basic', userName, password });
const KEY = { isKey: true, expiresAt: null };
const PASSWORD = { isKey: false, expiresAt: null };

describe('what is remembered', () => {
  const newMemory = () => createMemory({ secrets: createSecrets(), clock: { now: () => 1000 } });

  it('of an API key holds however and with whatever user name it is presented', () => {
    const memory = newMemory();
    memory.remember(basic('anything', 'txw_key'), verified(1), KEY);
    for (const presented of [
      { scheme: 'key', key: 'txw_key' } as const,
      basic('', 'txw_key'),
      basic('x', 'txw_key'),
    ])
      expect(memory.recall(presented)).toMatchObject(verified(1));
    memory.forget(basic('y', 'txw_key'));
    expect(memory.recall({ scheme: 'key', key: 'txw_key' })).toBeUndefined();
  });

  it.each(['a typed pass phrase', 'txw_typed-by-a-person'])(
    'of the password %s holds with its user name only, and not as a key',
    (password) => {
      const memory = newMemory();
      memory.remember(basic('Siem', password), verified(1), PASSWORD);
      expect(memory.recall(basic('sIEM', password))).toMatchObject(verified(1));
      for (const presented of [
        basic('other', password),
        basic('', password),
        { scheme: 'key', key: password } as const,
      ])
        expect(memory.recall(presented)).toBeUndefined();
    },
  );

  it.each<[string, (index: number) => Presented, { isKey: boolean; expiresAt: null }]>([
    ['key under 12,000 user names', (index) => basic(`name ${index}`, 'txw_key'), KEY],
    [
      'password under 12,000 spellings of its user name',
      (index) =>
        basic(
          [...'abcdefghijklmn'].map((c, bit) => ((index >> bit) & 1 ? c.toUpperCase() : c)).join(''),
          'p',
        ),
      PASSWORD,
    ],
  ])('of others is not driven out by one %s', (_, presented, of) => {
    const memory = newMemory();
    memory.remember(basic('innocent', 'phrase'), verified(1), PASSWORD);
    for (let index = 0; index < 12_000; index++) memory.remember(presented(index), verified(2), of);
    expect(memory.recall(basic('innocent', 'phrase'))).toMatchObject(verified(1));
  });

  it('ends with the credential, and makes room for newer ones', () => {
    const memory = newMemory();
    memory.remember(basic('ended', 'p'), verified(1), { isKey: false, expiresAt: 1000 });
    expect(memory.recall(basic('ended', 'p'))).toBeUndefined();
    memory.remember(basic('first', 'p'), verified(1), PASSWORD);
    for (let index = 0; index < 10_000; index++)
      memory.remember(basic(`${index}`, 'p'), verified(2), PASSWORD);
    expect(memory.recall(basic('first', 'p'))).toBeUndefined();
    expect(memory.recall(basic('9999', 'p'))).toBeDefined();
  });
});
