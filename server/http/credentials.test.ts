import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredential } from './credentials.ts';

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const basic = (text: string) => readCredential({ authorization: `Basic ${base64(text)}` });

describe('HTTP Basic', () => {
  it.each([
    ['Basic', 'Basic'],
    ['in lower case, as MISP sends it', 'basic'],
    ['in upper case', 'BASIC'],
    ['with more blanks', 'Basic  '],
  ])('is read %s', (_, scheme) => {
    expect(readCredential({ authorization: `${scheme} ${base64('siem:secret')}` })).toEqual({
      scheme: 'basic',
      userName: 'siem',
      password: 'secret',
    });
  });

  it('ends the user name at the first colon (RFC 7617 §2)', () => {
    expect(basic('siem:a:b:')).toEqual({ scheme: 'basic', userName: 'siem', password: 'a:b:' });
    expect(basic(':key')).toEqual({ scheme: 'basic', userName: '', password: 'key' });
    expect(basic('siem:')).toEqual({ scheme: 'basic', userName: 'siem', password: '' });
  });

  it('is UTF-8', () => {
    expect(basic('Größe:пароль🔑')).toEqual({ scheme: 'basic', userName: 'Größe', password: 'пароль🔑' });
  });

  it('is read without padding and in the URL alphabet', () => {
    const value = Buffer.from('siem:ÿÿ>>').toString('base64url');
    expect(readCredential({ authorization: `Basic ${value}` })).toMatchObject({ password: 'ÿÿ>>' });
  });

  it.each([
    ['without a colon', `Basic ${base64('siem')}`],
    ['that is not base64', 'Basic s!em'],
    ['that is not UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`],
    ['with U+0000', `Basic ${base64('siem:a\0b')}`],
    ['without a value', 'Basic'],
    ['with two values', `Basic ${base64('a:b')} ${base64('c:d')}`],
    ['longer than anybody’s', `Basic ${base64(`siem:${'x'.repeat(2000)}`)}`],
  ])('is unreadable %s', (_, authorization) => {
    expect(readCredential({ authorization })).toEqual({ scheme: 'unreadable' });
  });
});

describe('an API key', () => {
  it.each([
    ['as Bearer', { authorization: 'Bearer txw_abc' }],
    ['as Token', { authorization: 'Token txw_abc' }],
    ['as token in lower case', { authorization: 'token txw_abc ' }],
    ['in X-API-Key', { apiKey: ' txw_abc ' }],
  ])('is read %s', (_, headers) => {
    expect(readCredential(headers)).toEqual({ scheme: 'key', key: 'txw_abc' });
  });

  it.each([
    ['empty', { apiKey: '' }],
    ['of blanks', { apiKey: '   ' }],
    ['of another scheme', { authorization: 'Digest txw_abc' }],
    ['longer than anybody’s', { authorization: `Bearer ${'x'.repeat(2001)}` }],
  ])('is unreadable %s', (_, headers) => {
    expect(readCredential(headers)).toEqual({ scheme: 'unreadable' });
  });

  it('in X-API-Key counts only where there is no Authorization', () => {
    expect(readCredential({ authorization: 'Bearer one', apiKey: 'two' })).toMatchObject({ key: 'one' });
    expect(readCredential({ authorization: 'Digest one', apiKey: 'two' })).toEqual({ scheme: 'unreadable' });
  });
});

describe('a request', () => {
  it('that presents nothing has no credential', () => {
    expect(readCredential({})).toEqual({ scheme: 'none' });
  });

  it('never breaks the reading, whatever it presents', () => {
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String().map((text) => `Basic ${text}`),
      fc.string().map((text) => `Bearer ${text}`),
    );
    fc.assert(
      fc.property(fc.option(header), fc.option(fc.string()), (authorization, apiKey) => {
        const { scheme } = readCredential({
          authorization: authorization ?? undefined,
          apiKey: apiKey ?? undefined,
        });
        expect(['basic', 'key', 'none', 'unreadable']).toContain(scheme);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('with any user name without a colon and any password is read as it was sent', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(
        text.filter((each) => !each.includes(':')),
        text,
        (userName, password) => {
          expect(basic(`${userName}:${password}`)).toEqual({ scheme: 'basic', userName, password });
        },
      ),
      { seed: 1 },
    );
  });
});
