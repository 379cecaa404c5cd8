import { describe, expect, it } from 'vitest';
import { BOX, layoutOf, lineBetween, placesOfNames } from './layout.ts';

const TYPES = ['indicator', 'malware', 'identity', 'report'];
const star = (count: number) => {
  const nodes = [
    { id: 'centre', type: 'campaign' },
    ...Array.from({ length: count }, (_, index) => ({
      id: `n${index}`,
      type: TYPES[index % TYPES.length] ?? 'tool',
    })),
  ];
  const edges = nodes.slice(1).map(({ id }) => ({ from: 'centre', to: id }));
  return { nodes, edges };
};

describe('the picture of an object and those around it', () => {
  it.each([0, 1, 2, 7, 25, 60, 200])('has %i others, none on another, all within the frame', (count) => {
    const { nodes, edges } = star(count);
    const among = Array.from({ length: Math.floor(count / 2) }, (_, index) => ({
      from: `n${index}`,
      to: `n${(index * 7) % count}`,
    }));
    const { places, width, height } = layoutOf(nodes, [...edges, ...among]);
    expect(places.size).toBe(count + 1);
    const points = [...places.values()];
    for (const { x, y } of points) {
      expect(x).toBeGreaterThanOrEqual(BOX.width / 2);
      expect(x).toBeLessThanOrEqual(width - BOX.width / 2 + 1);
      expect(y).toBeGreaterThanOrEqual(BOX.height / 2);
      expect(y).toBeLessThanOrEqual(height - BOX.height / 2 + 1);
    }
    const overlapping = points.filter((a, index) =>
      points
        .slice(index + 1)
        .some((b) => Math.abs(a.x - b.x) < BOX.width && Math.abs(a.y - b.y) < BOX.height),
    );
    expect(overlapping).toEqual([]);
  });

  it('is the same whenever it is drawn, and in whatever order the objects come', () => {
    const { nodes, edges } = star(30);
    const [centre, ...others] = nodes;
    if (centre === undefined) throw new Error('no centre');
    expect(layoutOf(nodes, edges)).toEqual(layoutOf(nodes, edges));
    const turned = layoutOf([centre, ...others.reverse()], edges).places;
    expect(turned.get('n7')).toEqual(layoutOf(nodes, edges).places.get('n7'));
  });

  it('is empty without objects, and takes lines to objects that are not there', () => {
    expect(layoutOf([], [])).toEqual({ width: 0, height: 0, places: new Map() });
    const { nodes } = star(2);
    expect(layoutOf(nodes, [{ from: 'n0', to: 'elsewhere' }]).places.size).toBe(3);
  });

  it.each([1, 5, 9, 25, 40])(
    'has the names of lines on no object and on no other name, with %i others',
    (count) => {
      const { nodes, edges } = star(count);
      const { places } = layoutOf(nodes, edges);
      const middle = places.get('centre');
      if (middle === undefined) throw new Error('no centre');
      const names = nodes.slice(1).map(({ id }) => ({
        text: 'communicates-with',
        from: middle,
        to: places.get(id) ?? middle,
      }));
      const placed = placesOfNames(names, places.values()).filter((each) => each !== undefined);
      expect(placed.length).toBeGreaterThan(0);
      const boxes = [
        ...[...places.values()].map((at) => ({ ...at, width: BOX.width - 20, height: BOX.height })),
        ...placed,
      ];
      for (const name of placed) {
        const others = boxes.filter((each) => each !== name);
        expect(
          others.filter(
            (each) =>
              Math.abs(each.x - name.x) < (each.width + name.width) / 2 &&
              Math.abs(each.y - name.y) < (each.height + name.height) / 2,
          ),
        ).toEqual([]);
      }
    },
  );

  it('has lines that end at the circles', () => {
    const { from, to } = lineBetween({ x: 0, y: 0 }, { x: 100, y: 0 }, 20);
    expect([from.x, to.x]).toEqual([20, 76]);
    expect(lineBetween({ x: 5, y: 5 }, { x: 5, y: 5 }, 20).to.x).not.toBeNaN();
  });
});
