import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { joinList, readHeading, readRow, splitList } from './columns.rules.ts';

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return (error.details.problems ?? []).map(({ message }) => message);
    throw error;
  }
  throw new Error('was not refused');
}

describe('the heading of an import', () => {
  it('names columns in whatever case and order; email and accessId are other names of userName', () => {
    expect(readHeading(['FIRSTNAME', ' kind ', 'Email'])).toEqual(['firstName', 'kind', 'userName']);
    expect(readHeading(['accessId', 'kind'])).toEqual(['userName', 'kind']);
  });

  it('is refused with everything that is wrong with it at once', () => {
    const problems = problemsOf(() =>
      readHeading(['userName', 'email', 'colour', '', 'firstName', 'firstname']),
    );
    expect(problems).toEqual([
      'has the column userName twice',
      expect.stringContaining('has an unknown column "colour"; there are: kind, userName'),
      'has a column without a name',
      'has the column firstName twice',
      'lacks the column kind',
    ]);
  });

  it('has no column that every JavaScript object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'])
      expect(problemsOf(() => readHeading(['kind', 'userName', name]))).toEqual([
        expect.stringContaining(`has an unknown column "${name}"`),
      ]);
  });

  it('does not take passwords, and says why', () => {
    for (const name of ['password', 'Password'])
      expect(problemsOf(() => readHeading(['kind', 'userName', name]))).toEqual([
        expect.stringContaining('they do not belong in files'),
      ]);
  });

  it('is refused plainly where semicolons or tabs separate the columns', () => {
    for (const separator of [';', '\t'])
      expect(problemsOf(() => readHeading([['kind', 'userName'].join(separator)]))).toEqual([
        expect.stringContaining('not separated by commas'),
      ]);
  });
});

describe('a row of an import', () => {
  const heading = readHeading(['kind', 'userName', 'locked', 'customTqlTimeoutMs', 'groups']);

  it('says nothing where it is empty, or too short', () => {
    expect(readRow(heading, ['user', 'a@example.com', ' ', ''])).toEqual({
      kind: 'user',
      values: { kind: 'user', userName: 'a@example.com' },
      problems: [],
    });
  });

  it('is refused with everything that is wrong with its cells at once', () => {
    const { problems } = readRow(heading, ['king', '', 'maybe', '1.5', ';', 'more']);
    expect(problems.map(({ path }) => path)).toEqual([
      '',
      'locked',
      'customTqlTimeoutMs',
      'groups',
      'kind',
      'userName',
    ]);
  });

  it('takes spellings of switches as spreadsheets write them', () => {
    for (const [text, value] of [
      ['TRUE', true],
      ['yes', true],
      ['False', false],
      ['no', false],
    ] as const)
      expect(readRow(heading, ['taxii', 'siem', text]).values.locked).toBe(value);
  });

  it('item 79: is refused for a value in a column that the kind of account does not have: nothing is silently dropped', () => {
    const wide = readHeading(['kind', 'userName', 'pseudonym', 'systemRole', 'organizationRole', 'groups']);
    const { problems } = readRow(wide, ['taxii', 'siem', 'x', 'Taxii User', 'Standard User', 'g']);
    expect(problems.map(({ path }) => path)).toEqual([
      'pseudonym',
      'systemRole',
      'organizationRole',
      'groups',
    ]);
  });

  it('needs no user name for an API user, which is given an Access ID', () => {
    expect(readRow(heading, ['api', '']).problems).toEqual([]);
  });
});

describe('a list in a cell', () => {
  it('gives back the names that were written, with semicolons in them or not', () => {
    const name = fc
      .string({ unit: fc.constantFrom(...'ab;, \'"='.split('')), minLength: 1 })
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(name), (names) => {
        expect(splitList(joinList(names))).toEqual(names);
      }),
    );
  });
});
