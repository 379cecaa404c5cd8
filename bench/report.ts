import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export type Target = { atLeast: number } | { atMost: number };

export type Result = {
  engine: 'SQLite' | 'PostgreSQL';
  what: string;
  /** What Taxiway does. */
  taxiway: string;
  /** What it is compared with, and what that does. */
  beside: string;
  /** As the target has it; undefined where nothing is compared. */
  ratio?: number;
  target?: Target;
};

/** What the figures were taken on. Nothing that names a machine. */
export type Conditions = {
  date: string;
  node: string;
  sqlite: string;
  postgres: string;
  cores: number;
  platform: string;
  objects: { sqlite: number; postgres: number };
  seconds: number;
};

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));

function isMet({ ratio, target }: Result): boolean | undefined {
  if (ratio === undefined || target === undefined) return undefined;
  return 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** The table, as Markdown; its columns are padded, so that a terminal shows it as well. */
export function tableOf(results: readonly Result[]): string {
  const lines = [
    ['What', 'Engine', 'Taxiway', 'Beside it', 'Ratio', 'Target', 'Met'],
    ...results.map((result) => {
      const { ratio, target } = result;
      const met = isMet(result);
      return [
        result.what,
        result.engine,
        result.taxiway,
        result.beside,
        ratio === undefined ? '' : ratio.toFixed(2),
        target === undefined ? '' : 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
        met === undefined ? '' : met ? 'yes' : 'NO',
      ];
    }),
  ];
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const padded = lines.map(
    (line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}

export async function writeResults(results: readonly Result[], conditions: Conditions): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const json = {
    ...conditions,
    results: results.map((result) => ({ ...result, met: isMet(result) ?? null })),
  };
  await writeFile(path.join(RESULTS, 'latest.json'), `${JSON.stringify(json, null, 2)}\n`);
  const text = `# Benchmark results

Written by \`npm run bench\`; what is measured and how to read it: [README](../README.md).

- ${conditions.date}, ${conditions.seconds} s, ${conditions.platform}, ${conditions.cores} processor cores for everything: server, load generator, database
- Node.js ${conditions.node}, SQLite ${conditions.sqlite}, PostgreSQL ${conditions.postgres}
- objects: ${count(conditions.objects.sqlite)} on SQLite, ${count(conditions.objects.postgres)} on PostgreSQL; about 900 octets each

${tableOf(results)}
`;
  await writeFile(path.join(RESULTS, 'latest.md'), text);
}

export function conditionsNow(
  objects: Conditions['objects'],
  postgres: string | undefined,
  seconds: number,
): Conditions {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? '',
    postgres: postgres ?? 'was not measured',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    objects,
    seconds: Math.round(seconds),
  };
}

export function count(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function milliseconds(value: number): string {
  return `${value >= 100 ? Math.round(value) : value.toPrecision(3)} ms`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] ?? Number.NaN)
    : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}
