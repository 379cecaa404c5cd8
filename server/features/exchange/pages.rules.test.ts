import { describe, expect, it } from 'vitest';
import type { TaxiiFilters } from '../../protocols/taxii/filters.ts';
import { cutPage, firstStretch, nextStretch, planPage } from './pages.rules.ts';

const LAST = { first: false, last: true, exact: [] };
const FIRST = { first: true, last: false, exact: [] };
const ID = 'indicator--00000000-0000-4000-8000-000000000001';
const types = (count: number) => Array.from({ length: count }, (_, index) => `x-type-${index}`);

describe('the strategy of a page', () => {
  it.each<[string, string, TaxiiFilters, string | undefined]>([
    ['without filters', 'latest', {}, undefined],
    ['with match[version]=last, which says the same', 'latest', { versions: LAST }, undefined],
    ['of some types', 'by-type', { types: ['indicator', 'malware'] }, undefined],
    ['of 40 types', 'by-type', { types: types(40) }, undefined],
    ['of more types than are worth a range each', 'scan', { types: types(41) }, undefined],
    ['of some types in all versions', 'scan', { types: ['malware'], versions: 'all' }, undefined],
    ['of some ids', 'by-id', { ids: [ID] }, undefined],
    ['of some ids and types', 'by-id', { ids: [ID], types: ['malware'] }, undefined],
    ['of one object in all versions', 'by-id', { versions: 'all' }, ID],
    ['of one object, whose type is known', 'by-id', { types: ['malware'] }, ID],
    ['of all versions', 'scan', { versions: 'all' }, undefined],
    ['of first versions', 'scan', { versions: FIRST }, undefined],
    ['of a specification version', 'scan', { specVersions: ['2.1'] }, undefined],
    ['of exact versions', 'scan', { versions: { ...FIRST, first: false, exact: [1] } }, undefined],
  ])('%s is %s', (_, strategy, filters, stixId) => {
    expect(planPage(filters, stixId).strategy).toBe(strategy);
  });

  it('has as many parameters as its condition has places for them', () => {
    const every: TaxiiFilters[] = [];
    for (const ids of [undefined, [ID], [ID, ID]])
      for (const some of [undefined, ['malware', 'indicator'], types(41)])
        for (const specVersions of [undefined, ['2.0'], ['2.0', '2.1']])
          for (const versions of [
            undefined,
            'all' as const,
            LAST,
            FIRST,
            { ...FIRST, last: true, exact: [1, 2] },
          ])
            every.push({
              ...(ids === undefined ? {} : { ids }),
              ...(some === undefined ? {} : { types: some }),
              ...(specVersions === undefined ? {} : { specVersions }),
              ...(versions === undefined ? {} : { versions }),
            });
    for (const filters of every) {
      const { sql, parameters } = planPage(filters, undefined).condition;
      expect(sql.split('?').length - 1).toBe(parameters.length);
      // Values come as parameters, never as text.
      expect(sql).not.toContain('malware');
    }
  });
});

describe('the stretches of a walk', () => {
  it('begin with about what the page needs', () => {
    expect(firstStretch(10)).toBe(22);
    expect(firstStretch(10_000)).toBe(2000);
  });

  it('grow while they are fast, to ten thousand rows', () => {
    expect(nextStretch('sqlite', 1000, 1)).toBe(4000);
    expect(nextStretch('sqlite', 4000, 1)).toBe(10_000);
    expect(nextStretch('sqlite', 4000, 10)).toBe(4000);
  });

  it('shrink as soon as one is slow, so that nobody waits long for their turn', () => {
    expect(nextStretch('sqlite', 4000, 40)).toBe(1000);
    expect(nextStretch('sqlite', 4000, 21)).toBeLessThan(2000);
    expect(nextStretch('sqlite', 4000, 60_000)).toBe(100);
  });

  it('wait longer for PostgreSQL, which hinders nobody here', () => {
    expect(nextStretch('postgres', 1000, 100)).toBe(4000);
    expect(nextStretch('postgres', 1000, 1000)).toBe(250);
  });
});

describe('cutting a page', () => {
  const records = (...sizes: number[]) => sizes.map((size) => ({ size }));

  it('keeps as many records as the limit says', () => {
    expect(cutPage(records(1, 1, 1), 2, 100)).toEqual({ records: records(1, 1), more: true });
    expect(cutPage(records(1, 1), 2, 100)).toEqual({ records: records(1, 1), more: false });
  });

  it('keeps as many as fit the octets, with the comma after each', () => {
    expect(cutPage(records(9, 9, 9), 10, 20)).toEqual({ records: records(9, 9), more: true });
    expect(cutPage(records(9, 9, 9), 10, 30)).toEqual({ records: records(9, 9, 9), more: false });
  });

  it('keeps one record however large it is, so that no client stops before it for ever', () => {
    expect(cutPage(records(1000, 1), 10, 20)).toEqual({ records: records(1000), more: true });
    expect(cutPage(records(1000), 10, 20)).toEqual({ records: records(1000), more: false });
  });

  it('of nothing is empty', () => {
    expect(cutPage([], 10, 20)).toEqual({ records: [], more: false });
  });
});
