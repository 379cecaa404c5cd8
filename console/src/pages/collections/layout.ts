/** Where the objects of a picture stand: pure, and the same for the same objects. */

type Node = { id: string; type: string };
type Edge = { from: string; to: string };
export type Point = { x: number; y: number };
export type Layout = { width: number; height: number; places: ReadonlyMap<string, Point> };

/** What each object takes up, with the words below it. */
export const BOX = { width: 150, height: 72 };
const GAP = { x: 110, y: 76 };
const ROUNDS = 300;
/** How much of the way to where it would rather be an object goes in a round. */
const PULL = 0.04;

/**
 * The first object in the middle, the others in rings around it: those of one type side by side, those that are joined near each
 * other, and no two on one another.
 */
export function layoutOf(nodes: readonly Node[], edges: readonly Edge[]): Layout {
  const [centre, ...others] = nodes;
  if (centre === undefined) return { width: 0, height: 0, places: new Map() };
  const places = new Map<string, Point>([[centre.id, { x: 0, y: 0 }]]);
  const sorted = others.toSorted((a, b) => compare(a.type, b.type) || compare(a.id, b.id));
  let placed = 0;
  for (let ring = 1; placed < sorted.length; ring++) {
    const radius = { x: ring * (BOX.width + GAP.x), y: ring * (BOX.height + GAP.y) };
    const room = Math.floor((Math.PI * (radius.x + radius.y)) / ((BOX.width + BOX.height) / 2));
    const here = sorted.slice(placed, placed + room);
    for (const [index, { id }] of here.entries()) {
      // Rings are turned against each other, so that the lines to the outer ones pass between the inner ones.
      const angle = (2 * Math.PI * (index + (ring - 1) / 2)) / here.length;
      places.set(id, { x: radius.x * Math.cos(angle), y: radius.y * Math.sin(angle) });
    }
    placed += here.length;
  }
  relax(places, centre.id, edges);
  return framed(places);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Draws together what is joined, and pushes apart what stands too close; the middle stays. */
function relax(places: Map<string, Point>, centre: string, edges: readonly Edge[]): void {
  const ends = edges.flatMap(({ from, to }) => {
    const [a, b] = [places.get(from), places.get(to)];
    return a === undefined || b === undefined || from === centre || to === centre ? [] : [[a, b] as const];
  });
  const points = [...places.values()];
  for (let round = 0; round < ROUNDS; round++) {
    // The last rounds only push.
    if (round < ROUNDS / 2) {
      for (const [a, b] of ends) {
        const [x, y] = [(b.x - a.x) * PULL, (b.y - a.y) * PULL];
        a.x += x;
        a.y += y;
        b.x -= x;
        b.y -= y;
      }
    }
    if (!pushApart(points) && round >= ROUNDS / 2) return;
  }
}

/** Moves every two that overlap away from each other, the shorter way; the first stays. */
function pushApart(points: readonly Point[]): boolean {
  let hasMoved = false;
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) {
      const [x, y] = [b.x - a.x, b.y - a.y];
      const overlap = { x: BOX.width + 8 - Math.abs(x), y: BOX.height + 8 - Math.abs(y) };
      if (overlap.x <= 0 || overlap.y <= 0) continue;
      hasMoved = true;
      const isFixed = index === 0;
      const share = isFixed ? 1 : 0.5;
      if (overlap.x / BOX.width < overlap.y / BOX.height) {
        const step = (x < 0 ? -1 : 1) * (overlap.x + 0.1) * share;
        b.x += step;
        if (!isFixed) a.x -= step;
      } else {
        const step = (y < 0 ? -1 : 1) * (overlap.y + 0.1) * share;
        b.y += step;
        if (!isFixed) a.y -= step;
      }
    }
  }
  return hasMoved;
}

/** Moved so that everything stands right of and below nothing. */
function framed(places: ReadonlyMap<string, Point>): Layout {
  const all = [...places.values()];
  const left = Math.min(...all.map(({ x }) => x)) - BOX.width / 2;
  const top = Math.min(...all.map(({ y }) => y)) - BOX.height / 2;
  const moved = new Map<string, Point>();
  for (const [id, { x, y }] of places) moved.set(id, { x: Math.round(x - left), y: Math.round(y - top) });
  return {
    width: Math.max(...all.map(({ x }) => x)) + BOX.width / 2 - left,
    height: Math.max(...all.map(({ y }) => y)) + BOX.height / 2 - top,
    places: moved,
  };
}

/** The part of the line between two objects that lies outside their circles. */
export function lineBetween(a: Point, b: Point, radius: number): { from: Point; to: Point } {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const unit = { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
  const from = { x: a.x + unit.x * radius, y: a.y + unit.y * radius };
  const to = { x: b.x - unit.x * (radius + 4), y: b.y - unit.y * (radius + 4) };
  return { from, to };
}

type Box = { x: number; y: number; width: number; height: number };
export type Name = { text: string; from: Point; to: Point };

/** How high the name of a line is, and how wide a letter of it, at most as a rule. */
const NAME = { height: 15, letter: 6.2 };
/** Where along a line its name may stand, best first. */
const STATIONS = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73];

/**
 * Where the names of lines stand: near the middle of each, on no object and on no other name. Undefined: there is no room
 * for it.
 */
export function placesOfNames(
  names: readonly Name[],
  objects: Iterable<Point>,
): ((Point & { width: number; height: number }) | undefined)[] {
  const taken: Box[] = Array.from(objects, ({ x, y }) => ({
    x,
    y,
    width: BOX.width - 20,
    height: BOX.height,
  }));
  return names.map(({ text, from, to }) => {
    const size = { width: text.length * NAME.letter + 8, height: NAME.height };
    for (const part of STATIONS) {
      const box = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, ...size };
      if (taken.some((other) => isOn(box, other))) continue;
      taken.push(box);
      return box;
    }
    return undefined;
  });
}

/** Whether two boxes, given by their middles, overlap. */
const isOn = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;
