import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName, emailAddress, nameKey, pseudonym, userName } from './names.ts';

describe('names are compared', () => {
  it.each([
    ['without regard to letter case', 'Harbour', 'hARBOUR'],
    ['beyond ASCII', 'ÄÖÜ', 'äöü'],
    ['with ß as ss', 'Straße', 'STRASSE'],
    ['with the capital ẞ as well', 'STRAẞE', 'straße'],
    ['with either small sigma', 'ΟΔΟΣ', 'οδος'],
    ['with either small sigma, the other one', 'ΟΔΟΣ', 'οδοσ'],
    ['in either composition', 'S\u00e4ule', 'Sa\u0308ule'],
    ['in either width', 'ＳＯＣ１', 'soc1'],
    ['with ligatures as their letters', 'o\ufb03ce', 'office'],
    ['with any blank', 'a\u00a0b', 'a b'],
  ])('%s', (_, a, b) => {
    expect(nameKey(a)).toBe(nameKey(b));
  });

  it.each([
    ['letters of different scripts', 'a', 'а'],
    ['accents', 'a', 'ä'],
    ['blanks from none', 'a b', 'ab'],
    ['numbers', 'soc1', 'soc2'],
  ])('and told apart by %s', (_, a, b) => {
    expect(nameKey(a)).not.toBe(nameKey(b));
  });

  it('the same again when what is compared is compared, whatever the letters', () => {
    for (let point = 0; point <= 0x10_ffff; point++) {
      const key = nameKey(String.fromCodePoint(point));
      if (nameKey(key) !== key) expect.fail(`U+${point.toString(16)} is compared as two different things`);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (name) => {
        expect(nameKey(nameKey(name))).toBe(nameKey(name));
        expect(nameKey(name.toUpperCase())).toBe(nameKey(name));
        expect(nameKey(name.normalize('NFD'))).toBe(nameKey(name));
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

describe('a name that people read', () => {
  it('loses the blanks around it', () => {
    expect(displayName.parse('  Harbour Watch ')).toBe('Harbour Watch');
  });

  it.each(['Ärzte & Söhne: Ost', '監視', 'a.b', '🛰 Watch', 'x'.repeat(100)])('may be %s', (name) => {
    expect(displayName.parse(name)).toBe(name);
  });

  it.each([
    ['empty', ' '],
    ['longer than 100 characters', 'x'.repeat(101)],
    ['with a slash', 'a/b'],
    ['with a backslash', 'a\\b'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['with a line break', 'a\nb'],
    ['with a right-to-left override', 'a\u202eb'],
    ['with a zero-width blank', 'a\u200bb'],
    ['with half a surrogate pair', '\ud83d'],
    ['with U+0000', 'a\0b'],
    ['like a UUID, which an alias could be taken for', '472C94AE-3113-4e3e-a4dd-a9f4ac7471d4'],
  ])('must not be %s', (_, name) => {
    expect(displayName.safeParse(name).success).toBe(false);
  });

  it.each([
    ['a slash', 'a／b'],
    ['two dots', '．．'],
    ['a UUID', '４72c94ae-3113-4e3e-a4dd-a9f4ac7471d4'],
  ])('must not be compared as %s either', (_, name) => {
    expect(displayName.safeParse(name).success).toBe(false);
  });
});

describe('a user name', () => {
  it.each(['siem', 'Größe 7', 'a@b.example', 'DOMAIN\\siem', 'a/b', 'x'.repeat(100)])('may be %s', (name) => {
    expect(userName.parse(name)).toBe(name);
  });

  it.each([
    ['empty', ''],
    ['longer than 100 characters', 'x'.repeat(101)],
    ['with a colon (RFC 7617)', 'a:b'],
    ['with a blank before it', ' a'],
    ['with a blank after it', 'a\u3000'],
    ['with U+0000', 'a\0b'],
    ['with a delete', 'a\x7fb'],
    ['with a byte order mark', '\ufeffa'],
  ])('must not be %s', (_, name) => {
    expect(userName.safeParse(name).success).toBe(false);
  });
});

it.each([
  ['soc@example.org', true],
  ['soc', false],
  ['soc@', false],
  [`${'x'.repeat(250)}@example.org`, false],
])('%s is an e-mail address: %s', (address, expected) => {
  expect(emailAddress.safeParse(address).success).toBe(expected);
});

describe('a pseudonym', () => {
  it.each(['night-owl', 'amber-lynx-7', 'abc'])('may be %j', (name) => {
    expect(pseudonym.parse(name)).toBe(name);
  });

  it('is kept in lower case, so that none differs from another by letter case', () => {
    expect(pseudonym.parse(' Azure-Marten ')).toBe('azure-marten');
  });

  it.each([
    ['a letter of another script', 'аzure'],
    ['another hyphen', 'azure\u2010marten'],
    ['what cannot be seen', 'azure\u034f-marten'],
    ['blanks, as what the product says of its own', 'A Super User'],
    ['an e-mail address', 'root@example.org'],
    ['two hyphens', 'a--b'],
    ['too few characters', 'ab'],
  ])('is refused with %s', (_, name) => {
    expect(pseudonym.safeParse(name).success).toBe(false);
  });
});

describe('names that would look alike', () => {
  it.each(['Al\u034fpha', 'Al\ufe0fpha', '\u2800', '\u3164', '\u115f', 'a\u200db'])(
    'such as %j are refused',
    (name) => {
      expect(displayName.safeParse(name).success).toBe(false);
      expect(userName.safeParse(name).success).toBe(false);
    },
  );
});
