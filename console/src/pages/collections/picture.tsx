import { Box } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { NeighbourNode, Neighbours } from '../../../../contract/intelligence.ts';
import { defangLabel, defangUrls } from './defang.ts';
import { layoutOf, lineBetween, type Point, placesOfNames } from './layout.ts';
import { lookOf } from './object-type.tsx';

const RADIUS = 20;
/** Above that, the names of lines would hide the lines. */
const MOST_NAMED = 40;
const LINE = 20;
/** So much the circle stands above the middle of an object, for the words below it. */
const RISE = 14;

/** An object and those around it. Each of them is a link to its own page. */
export function NeighbourPicture({ neighbours, collection }: { neighbours: Neighbours; collection: string }) {
  const { nodes, edges } = neighbours;
  const { width, height, places } = useMemo(() => layoutOf(nodes, edges), [nodes, edges]);
  const lines = useMemo(() => drawnLines(edges, places), [edges, places]);
  const [centre] = nodes;
  return (
    <Box
      component="section"
      aria-label={`Picture of ${nodes.length - 1} objects around this one; the table below says the same`}
      tabIndex={0}
      style={{ overflow: 'auto', maxHeight: '75vh' }}
    >
      <svg
        viewBox={`0 0 ${width} ${height}`}
        style={{
          display: 'block',
          width: '100%',
          minWidth: Math.min(width, 900) * 0.8,
          maxWidth: width,
          margin: '0 auto',
        }}
      >
        <title>{`${nodes.length - 1} objects around this one`}</title>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path d="M0 0L8 4L0 8z" style={{ fill: 'var(--mantine-color-dimmed)' }} />
          </marker>
        </defs>
        <g aria-hidden>
          {lines.map(({ key, name, from, to, isBoth }) => (
            <g key={key}>
              <title>{name}</title>
              <line
                x1={from.x}
                y1={from.y}
                x2={to.x}
                y2={to.y}
                markerEnd="url(#arrow)"
                {...(isBoth ? { markerStart: 'url(#arrow)' } : {})}
                style={{ stroke: 'var(--mantine-color-dimmed)', strokeOpacity: 0.55, strokeWidth: 1.3 }}
              />
            </g>
          ))}
          {/* Above all lines. */}
          {lines.map(({ key, name, at }) => at !== undefined && <LineName key={key} at={at} name={name} />)}
        </g>
        {nodes.map((node) => {
          const at = places.get(node.id);
          if (at === undefined) return null;
          const drawn = <DrawnNode node={node} at={at} isCentre={node === centre} />;
          const title = (
            <title>{`${nameOf(node)}, ${node.type}${node.stored ? '' : ', not in this collection'}`}</title>
          );
          if (!node.stored || node === centre)
            return (
              <g key={node.id}>
                {title}
                {drawn}
              </g>
            );
          return (
            <Link
              key={node.id}
              to="/collections/$collection/objects/$object"
              params={{ collection, object: node.id }}
              search={{ tab: 'relationships' }}
            >
              {title}
              {drawn}
            </Link>
          );
        })}
      </svg>
    </Box>
  );
}

type Line = { from: string; to: string; names: string[]; isBoth: boolean };

/** The lines with where they begin and end, and where there is room for the name of each. */
function drawnLines(edges: Neighbours['edges'], places: ReadonlyMap<string, Point>) {
  const lines = joinedEdges(edges).flatMap(({ from, to, names, isBoth }) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (a === undefined || b === undefined) return [];
    const ends = lineBetween(raised(a), raised(b), RADIUS);
    const name = defangUrls(names.join(', '));
    return [{ key: `${from} ${to}`, name, text: shortened(name), isBoth, from: ends.from, to: ends.to }];
  });
  const ats = lines.length <= MOST_NAMED ? placesOfNames(lines, places.values()) : [];
  return lines.map((line, index) => ({ ...line, at: ats[index] }));
}

/** One line for all that joins the same two. */
function joinedEdges(edges: Neighbours['edges']): Line[] {
  const lines = new Map<string, Line>();
  for (const { from, to, name } of edges) {
    const known = lines.get(`${from} ${to}`);
    const back = lines.get(`${to} ${from}`);
    const line = known ?? back;
    if (line === undefined) lines.set(`${from} ${to}`, { from, to, names: [name], isBoth: false });
    else {
      if (!line.names.includes(name)) line.names.push(name);
      if (known === undefined) line.isBoth = true;
    }
  }
  return [...lines.values()];
}

function LineName({
  at: { x, y, width, height },
  name,
}: {
  at: Point & { width: number; height: number };
  name: string;
}) {
  return (
    <g>
      <title>{name}</title>
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={4}
        style={{ fill: 'var(--mantine-color-body)' }}
      />
      <text
        x={x}
        y={y}
        textAnchor="middle"
        dominantBaseline="central"
        style={{ fontSize: 11, fill: 'var(--mantine-color-dimmed)' }}
      >
        {shortened(name)}
      </text>
    </g>
  );
}

function DrawnNode({ node, at, isCentre }: { node: NeighbourNode; at: Point; isCentre: boolean }) {
  const { icon: Icon, color } = lookOf(node.type);
  const { y: top } = raised(at);
  return (
    <>
      <circle
        cx={at.x}
        cy={top}
        r={RADIUS}
        strokeDasharray={node.stored ? undefined : '4 3'}
        style={{
          fill: isCentre ? `var(--mantine-color-${color}-light)` : 'var(--mantine-color-body)',
          stroke: `var(--mantine-color-${color}-${isCentre ? 'filled' : 'light-color'})`,
          strokeWidth: isCentre ? 3 : 1.6,
        }}
      />
      <Icon
        x={at.x - 11}
        y={top - 11}
        width={22}
        height={22}
        stroke={1.6}
        aria-hidden
        style={{ color: `var(--mantine-color-${color}-light-color)` }}
      />
      <text
        x={at.x}
        y={at.y + 18}
        textAnchor="middle"
        style={{
          fontSize: 12,
          fontWeight: isCentre ? 650 : 500,
          fill: 'var(--mantine-color-text)',
          stroke: 'var(--mantine-color-body)',
          strokeWidth: 4,
          paintOrder: 'stroke',
          textDecoration: node.revoked ? 'line-through' : undefined,
        }}
      >
        {node.label === null ? shortIdOf(node.id) : shortened(nameOf(node))}
      </text>
      <text
        x={at.x}
        y={at.y + 32}
        textAnchor="middle"
        style={{
          fontSize: 11,
          fill: 'var(--mantine-color-dimmed)',
          stroke: 'var(--mantine-color-body)',
          strokeWidth: 4,
          paintOrder: 'stroke',
        }}
      >
        {shortened(node.type)}
      </text>
    </>
  );
}

const raised = ({ x, y }: Point): Point => ({ x, y: y - RISE });
const nameOf = ({ type, label, id }: NeighbourNode) => (label === null ? id : defangLabel(type, label));
/** Of an object that has no name, above its type: the beginning of what tells it from others. */
const shortIdOf = (id: string) => `${id.slice(id.indexOf('--') + 2).slice(0, 8)}…`;
const shortened = (text: string) => (text.length <= LINE ? text : `${text.slice(0, LINE - 1)}…`);
