/** What TAXII 2.1 §3.4 says a query selects, computed in the plainest way from everything that was added. */

export type Stored = {
  id: string;
  type: string;
  spec: '2.0' | '2.1';
  /** As written in the object; what the server gave it where the object has none. */
  version: string;
  /** As the manifest gives it. */
  added: string;
};

export type Query = {
  addedAfter?: string;
  ids?: string[];
  types?: string[];
  /** `first`, `last`, `all` or timestamps. */
  versions?: string[];
  specs?: string[];
};

const instant = (text: string) => Date.parse(text);

/** The records in the order of the server: ascending by the time of adding. */
export function select(all: readonly Stored[], query: Query): Stored[] {
  const { ids, types, specs, versions = ['last'] } = query;
  const matching = all.filter(
    (one) =>
      (ids === undefined || ids.includes(one.id)) &&
      (types === undefined || types.includes(one.type)) &&
      (specs === undefined
        ? !all.some((other) => other.id === one.id && other.spec > one.spec)
        : specs.includes(one.spec)),
  );
  const chosen = matching.filter((one) => {
    const rivals = matching.filter((other) => other.id === one.id).map((other) => instant(other.version));
    return versions.some((wanted) => {
      if (wanted === 'all') return true;
      if (wanted === 'last') return instant(one.version) === Math.max(...rivals);
      if (wanted === 'first') return instant(one.version) === Math.min(...rivals);
      return instant(one.version) === instant(wanted);
    });
  });
  return chosen
    .filter((one) => query.addedAfter === undefined || one.added > query.addedAfter)
    .sort((a, b) => (a.added < b.added ? -1 : 1));
}

/** The query as a client writes it. */
export function queryText(query: Query): string {
  const parts: string[] = [];
  const add = (name: string, values: string[] | undefined) => {
    if (values !== undefined) parts.push(`match[${name}]=${values.join(',')}`);
  };
  if (query.addedAfter !== undefined) parts.push(`added_after=${query.addedAfter}`);
  add('id', query.ids);
  add('type', query.types);
  add('version', query.versions);
  add('spec_version', query.specs);
  return parts.join('&');
}
