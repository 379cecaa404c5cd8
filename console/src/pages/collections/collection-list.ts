import type { CollectionItem } from '../../../../contract/collections.ts';
import type { ReadableCollection } from '../../../../contract/intelligence.ts';

/** A collection as far as somebody may know of it: what it holds, how it is configured, or both. */
export type ListedCollection = {
  id: string;
  owner: ReadableCollection['owner'];
  description: string | null;
  readable: ReadableCollection | undefined;
  configured: CollectionItem | undefined;
};

/** Those that a person may read and those whose configuration the person may see, each once. */
export function mergedCollections(
  readable: readonly ReadableCollection[],
  configured: readonly CollectionItem[],
): ListedCollection[] {
  const byId = new Map<string, ListedCollection>();
  for (const each of readable) {
    const { id, owner, description } = each;
    byId.set(id, { id, owner, description, readable: each, configured: undefined });
  }
  for (const each of configured) {
    const { id, owner, description } = each;
    byId.set(id, { id, owner, description, readable: byId.get(id)?.readable, configured: each });
  }
  return [...byId.values()];
}

export type Order = 'owner' | 'kind' | 'objects' | 'versions' | 'lastAdded';
const ORDERS: readonly string[] = ['owner', 'kind', 'objects', 'versions', 'lastAdded'] satisfies Order[];

/** What they are sorted by where the address says nothing that makes sense. */
export const sortOf = (text: string | undefined): string =>
  text !== undefined && ORDERS.includes(text.replace(/^-/, '')) ? text : 'owner';

const names = new Intl.Collator('en', { numeric: true });
const VALUES: Readonly<Record<Order, (each: ListedCollection) => string | number>> = {
  owner: ({ owner }) => owner.name,
  kind: ({ owner }) => owner.kind,
  objects: ({ readable }) => readable?.objects ?? -1,
  versions: ({ readable }) => readable?.versions ?? -1,
  lastAdded: ({ readable }) => readable?.lastAddedAt ?? '',
};

/** Those whose owner's name or whose description holds the text, in that order. */
export function arranged(
  all: readonly ListedCollection[],
  { search = '', owner, sort }: { search?: string | undefined; owner?: string | undefined; sort: string },
): ListedCollection[] {
  const needle = search.trim().toLowerCase();
  const isDown = sort.startsWith('-');
  const value = VALUES[sort.replace(/^-/, '') as Order];
  const compare = (a: ListedCollection, b: ListedCollection) => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === 'number' ? x - Number(y) : names.compare(x, String(y));
    return (isDown ? -order : order) || names.compare(a.owner.name, b.owner.name);
  };
  return all
    .filter((each) => owner === undefined || String(each.owner.id) === owner)
    .filter(
      (each) =>
        needle === '' ||
        each.id === needle ||
        `${each.owner.name} ${each.description ?? ''}`.toLowerCase().includes(needle),
    )
    .toSorted(compare);
}
