import { describe, expect, it } from 'vitest';
import type { CollectionItem } from '../../../../contract/collections.ts';
import type { ReadableCollection } from '../../../../contract/intelligence.ts';
import { arranged, mergedCollections, sortOf } from './collection-list.ts';

const owner = (id: number, name: string) => ({ id, name, kind: 'organization' as const });
const readable = (id: number, name: string, objects: number): ReadableCollection => ({
  id: `c${id}`,
  owner: owner(id, name),
  description: null,
  publishedOnly: false,
  objects,
  versions: objects,
  lastAddedAt: objects === 0 ? null : `2026-01-0${id}T00:00:00Z`,
  abilities: { configure: false, viewConfiguration: false },
});
const configured = (id: number, name: string): CollectionItem => ({
  id: `c${id}`,
  version: 1,
  owner: owner(id, name),
  description: 'Of ships',
  writable: false,
  strict: false,
  responsible: null,
  createdAt: '2026-01-01T00:00:00Z',
  abilities: { edit: true },
});

describe('the collections that a person knows of', () => {
  const all = mergedCollections(
    [readable(1, 'Beta', 5), readable(2, 'alpha', 0)],
    [configured(1, 'Beta'), configured(3, 'Gamma')],
  );
  const ids = (sort: string, search?: string, of?: string) =>
    arranged(all, { sort, search, owner: of }).map(({ id }) => id);

  it('are each there once, with what is known of it', () => {
    expect(all.map((each) => [each.id, each.readable?.objects, each.configured?.version])).toEqual([
      ['c1', 5, 1],
      ['c2', 0, undefined],
      ['c3', undefined, 1],
    ]);
  });

  it('are sorted, and those that say nothing stand last where the most comes first', () => {
    expect(ids('owner')).toEqual(['c2', 'c1', 'c3']);
    expect(ids('-owner')).toEqual(['c3', 'c1', 'c2']);
    expect(ids('-objects')).toEqual(['c1', 'c2', 'c3']);
    expect(ids('-lastAdded')[0]).toBe('c1');
    expect(sortOf('nonsense')).toBe('owner');
    expect(sortOf('-objects')).toBe('-objects');
  });

  it('are found by the name of the owner, the description, the id or the owner', () => {
    expect(ids('owner', 'ALPH')).toEqual(['c2']);
    expect(ids('owner', 'ships')).toEqual(['c1', 'c3']);
    expect(ids('owner', 'c3')).toEqual(['c3']);
    expect(ids('owner', undefined, '2')).toEqual(['c2']);
  });
});
