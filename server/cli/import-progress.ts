import path from 'node:path';
import { progress } from '@clack/prompts';
import type { ImportCounts } from '../features/intelligence/import.service.ts';
import { printNote } from './output.ts';

export type ImportProgress = {
  update(file: string, counts: ImportCounts & { bytes: number }): void;
  endFile(): void;
  stop(): void;
};

/** A plain line at the latest after so long, or so many objects. */
const LINE_MS = 5000;
const LINE_OBJECTS = 100_000;
const BAR_SIZE = 30;
/** The bar, and something of the words beside it. */
const BAR_COLUMNS = 60;
const NAME_LENGTH = 30;

/**
 * Shows on standard error how far an import is: a bar on a terminal, else a line now and then. `sizes` are those of the
 * files in their order.
 */
export function startProgress(sizes: readonly (number | undefined)[], quiet: boolean): ImportProgress {
  const total = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  if (quiet) return { update: () => undefined, endFile: () => undefined, stop: () => undefined };
  // The bar listens to the keyboard, so standard input must be one.
  const isTerminal = process.stderr.isTTY && process.stdin.isTTY;
  // Some terminals have no width, or do not tell it.
  const bar = isTerminal && (process.stderr.columns ?? 0) >= BAR_COLUMNS && total !== undefined && total > 0;
  return bar ? startBar(total) : startLines();
}

function startBar(total: number): ImportProgress {
  const bar = progress({
    max: total,
    size: BAR_SIZE,
    output: process.stderr,
    withGuide: false,
    // Instead of dots, which come and go behind the words.
    indicator: 'timer',
  });
  bar.start('');
  // In raw mode Ctrl-C would be a key, on which the library ends the process in the middle of a transaction.
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  let shown = 0;
  return {
    update(file, counts) {
      bar.advance(counts.bytes - shown, `${shortName(file)}: ${countsSentence(counts)}`);
      shown = counts.bytes;
    },
    endFile() {
      shown = 0;
    },
    stop: () => bar.clear(),
  };
}

function startLines(): ImportProgress {
  let lastAt = performance.now();
  let lastCount = 0;
  return {
    update(file, counts) {
      const count = counts.added + counts.alreadyThere + counts.refused;
      const now = performance.now();
      if (now - lastAt < LINE_MS && count - lastCount < LINE_OBJECTS) return;
      lastAt = now;
      lastCount = count;
      printNote(`${file}: ${countsSentence(counts)}`);
    },
    endFile() {
      lastCount = 0;
    },
    stop: () => undefined,
  };
}

export function countsSentence({ added, alreadyThere, refused }: ImportCounts): string {
  const number = (count: number) => count.toLocaleString('en');
  return `${number(added)} added, ${number(alreadyThere)} already there, ${number(refused)} refused`;
}

/** Control characters of a name must not steer the terminal. */
function shortName(file: string): string {
  const name = path.basename(file).replace(/\p{Cc}/gu, '\ufffd');
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name;
}
