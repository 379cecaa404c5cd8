import { describe, expect, it } from 'vitest';
import { problemOfAnyPolicy } from './password-policy.ts';
import {
  commonForms,
  minLengthFor,
  NOTHING_KNOWN,
  type PasswordHolder,
  type PasswordPolicy,
  passwordProblems,
} from './passwords.rules.ts';

const POLICY: PasswordPolicy = {
  passwordMinLength: 15,
  passwordMinLengthWithSecondFactor: 8,
  passwordMinCharacterClasses: 0,
  passwordHistory: 0,
  twoFactorAuthenticationRequired: false,
};
const ENFORCED = { ...POLICY, twoFactorAuthenticationRequired: true };
const JANE: PasswordHolder = {
  userName: 'jane.roe@acme-power.example',
  firstName: 'Jane',
  lastName: 'Roemer',
  organizationName: 'Acme Power',
  isPerson: true,
};
const CLIENT: PasswordHolder = { userName: 'client-7', organizationName: 'Acme Power', isPerson: false };

const messages = (password: string, holder = JANE, policy = POLICY, facts = NOTHING_KNOWN) =>
  passwordProblems(password, holder, policy, facts).map(({ message }) => message);

describe('a password that somebody types', () => {
  it('item 1: has at least 15 characters where it is all that is asked for', () => {
    expect(messages('fourteen-chars')).toEqual(['must have at least 15 characters']);
    expect(messages('fifteen-charset')).toEqual([]);
  });

  it('item 2: has at least 8 characters where everybody needs a second factor, and machines have none', () => {
    expect(messages('x7-kQ2p', JANE, ENFORCED)).toEqual(['must have at least 8 characters']);
    expect(messages('x7-kQ2p_', JANE, ENFORCED)).toEqual([]);
    expect(messages('x7-kQ2p_', CLIENT, ENFORCED)).toEqual(['must have at least 15 characters']);
    expect([minLengthFor(ENFORCED, JANE), minLengthFor(POLICY, JANE)]).toEqual([8, 15]);
  });

  it.each([64, 128, 256])('item 3: may have %d characters', (length) => {
    expect(messages('pass phrase of many words; '.repeat(12).slice(0, length))).toEqual([]);
  });

  it('item 3: has at most 1024 octets', () => {
    expect(messages('äbcd'.repeat(205))).toEqual(['must have at most 1024 octets']);
    expect(messages('abcd'.repeat(256))).toEqual([]);
  });

  it('item 4: counts code points, and takes every character but those that no client can send', () => {
    expect(messages('  🔑🔑ключ от двери ')).toEqual([]);
    expect(messages('🔑🚪🪟🔒abcdefghij')).toEqual(['must have at least 15 characters']);
    for (const wrong of ['two lines\nof a phrase', 'half a pair \ud83d of two'])
      expect(messages(wrong)).toEqual(['must not contain control characters or halves of surrogate pairs']);
  });

  it('is told of everything at once', () => {
    const facts = { isCommon: true, isBreached: true, isUsedBefore: true };
    expect(messages('aaa\n', JANE, { ...POLICY, passwordMinCharacterClasses: 3 }, facts)).toHaveLength(7);
    expect(passwordProblems('short', JANE, POLICY, NOTHING_KNOWN)[0]?.path).toBe('password');
  });

  it.each([
    'jane.roe@acme-power.example',
    'JANE.ROE@ACME-POWER.EXAMPLE',
    'AcmePower2026!!',
    'acme power acme power',
    'Ｔａｘｉｗａｙ-Taxiway-1',
    'JaneRoemer1234567',
    'Power to Taxiway!',
  ])('item 7: is not %s, which is little more than names that anybody would try', (password) => {
    expect(messages(password)).toEqual([
      'must not be, or be little more than, the name of the product, the organization or the account',
    ]);
  });

  it.each(['a powerful horse in the rain', 'Jane eats nine green apples', 'taxiway blue heron sixty'])(
    'item 7: may have a name in it beside enough else: %s',
    (password) => {
      expect(messages(password)).toEqual([]);
    },
  );

  it('item 8: no setting refuses 20 small letters', () => {
    const strictest = { ...POLICY, passwordMinCharacterClasses: 4 };
    expect(messages('bluegreenheronsunset', JANE, strictest)).toEqual([]);
    expect(messages('bluegreenheronsunse', JANE, strictest)).toEqual([
      'must have characters of at least 4 of these: capital letters, small letters, digits, others; or at least 20 characters',
    ]);
    expect(messages('Blue-green 4 herons', JANE, strictest)).toEqual([]);
  });

  it('has at least 4 different characters', () => {
    expect(messages('abcabcabcabcabc')).toEqual(['must have at least 4 different characters']);
  });

  it('is told while it is typed what no policy allows', () => {
    expect(problemOfAnyPolicy('seven77', 'jane')).toBe('must have at least 8 characters');
    expect(problemOfAnyPolicy('eight888', 'eight888')).toContain('the name of the product');
    expect(problemOfAnyPolicy('x7-kQ2p_', 'jane')).toBeUndefined();
  });

  it('item 5: is looked for among the common ones without regard to case, without what stands around it, and as what it repeats', () => {
    expect(commonForms('PassWord')).toEqual(['password']);
    expect(commonForms('12Monkey!')).toEqual(['12monkey!', 'monkey']);
    expect(commonForms('dragonDRAGONdragon')).toContain('dragon');
    expect(commonForms('monkey 8471 9923')).toEqual(['monkey 8471 9923']);
  });
});
