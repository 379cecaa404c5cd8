/** A kind of warning, and how many objects had it. */
export type WarningKind = { kind: string; count: number };

export type WarningKinds = {
  add(warned: { warnings: readonly string[] }): void;
  /** The most frequent first, at most as many as are shown. */
  mostFrequent(): WarningKind[];
  /** How many kinds there were; `atLeast` where there were more than are told apart. */
  total(): { kinds: number; atLeast: boolean };
};

/** A feed that is wrong in endless ways must not fill the memory. */
const MAX_KINDS = 200;
const MAX_SHOWN = 20;
const MAX_LENGTH = 160;

/** Counts warnings by what they have in common. */
export function createWarningKinds(): WarningKinds {
  const counts = new Map<string, number>();
  let isFull = false;
  return {
    add({ warnings }) {
      // A list of a hundred bad items is one object.
      for (const kind of new Set(warnings.map(kindOf))) {
        const count = counts.get(kind);
        if (count === undefined && counts.size >= MAX_KINDS) isFull = true;
        else counts.set(kind, (count ?? 0) + 1);
      }
    },
    mostFrequent: () =>
      [...counts]
        .map(([kind, count]) => ({ kind, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, MAX_SHOWN),
    total: () => ({ kinds: counts.size, atLeast: isFull }),
  };
}

/** The warning without what only its object has: ids and places in lists. */
function kindOf(warning: string): string {
  const kind = warning
    .replace(/[a-z0-9-]+--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '…')
    .replace(/\[\d+\]/g, '[]')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…');
  return kind.length > MAX_LENGTH ? `${kind.slice(0, MAX_LENGTH)}…` : kind;
}
