import {
  MAX_NEIGHBOURS,
  type NeighbourEdge,
  type NeighbourNode,
  type Neighbours,
} from '../../../contract/intelligence.ts';
import type { JsonObject } from '../../protocols/stix/json-value.ts';
import { referencesOf } from '../../protocols/stix/references.ts';
import { labelOf, textOf } from './labels.rules.ts';

export type Neighbourhood = {
  /**
   * STIX ids around the object, in the order in which they are shown; without the object itself. One more than a picture may have stands for all others.
   */
  around: string[];
  edges: NeighbourEdge[];
};

/** What every object has, so that a picture of it would show nothing else. */
const LEFT_OUT = 'object_marking_refs';
/** Of those that refer to the object, these are not followed backwards. */
const CREATOR = 'created_by_ref';

/**
 * What is around an object: what it refers to, and what refers to it. A relationship that ends at it is an edge to its
 * other end; everything else that refers to it is a node.
 */
export function neighbourhoodOf(
  id: string,
  object: JsonObject | undefined,
  referrers: readonly { id: string; object: JsonObject }[],
): Neighbourhood {
  const around = new Set<string>();
  const edges = new Map<string, NeighbourEdge>();
  const join = (edge: NeighbourEdge) => {
    const ends = [edge.from, edge.to].filter((end) => end !== id);
    // A report may refer to a hundred thousand objects.
    if (around.size > MAX_NEIGHBOURS && ends.some((end) => !around.has(end))) return;
    for (const end of ends) around.add(end);
    edges.set([edge.from, edge.to, edge.kind, edge.name, edge.via].join(' '), edge);
  };
  for (const { name, to } of object === undefined ? [] : referencesOf(object))
    if (name !== LEFT_OUT) join({ from: id, to, kind: kindOf(id), name, via: null });
  for (const referrer of referrers) {
    if (referrer.id === id) continue;
    const source = textOf(referrer.object, 'source_ref');
    const target = textOf(referrer.object, 'target_ref');
    const isRelationship = referrer.id.startsWith('relationship--') && (source === id || target === id);
    if (isRelationship && source !== undefined && target !== undefined) {
      const name = textOf(referrer.object, 'relationship_type') ?? 'related-to';
      join({ from: source, to: target, kind: 'relationship', name, via: referrer.id });
      continue;
    }
    for (const { name, to } of referencesOf(referrer.object))
      if (to === id && name !== LEFT_OUT && name !== CREATOR)
        join({ from: referrer.id, to, kind: kindOf(referrer.id), name, via: null });
  }
  return { around: [...around], edges: [...edges.values()] };
}

function kindOf(from: string): NeighbourEdge['kind'] {
  return from.startsWith('sighting--') ? 'sighting' : 'reference';
}

/** The picture: as many neighbours as it may have, with what joins those that it has. */
export function pictureOf(
  id: string,
  { around, edges }: Neighbourhood,
  limit: number,
  known: ReadonlyMap<string, { revoked: number; object: JsonObject | undefined }>,
): Omit<Neighbours, 'more'> {
  const shown = [id, ...around.slice(0, limit)];
  const isShown = new Set(shown);
  const nodes = shown.map((each): NeighbourNode => {
    const row = known.get(each);
    return {
      id: each,
      type: each.slice(0, each.indexOf('--')),
      label: (row?.object === undefined ? undefined : labelOf(row.object)) ?? null,
      revoked: row?.revoked === 1,
      stored: row !== undefined,
    };
  });
  return { nodes, edges: edges.filter(({ from, to }) => isShown.has(from) && isShown.has(to)) };
}
