import { AppError } from '../errors.ts';
import type { ImportResult } from '../features/intelligence/import.service.ts';
import { countsSentence } from './import-progress.ts';
import { fieldLines } from './output.ts';
import type { WarningKinds } from './warning-kinds.ts';

export const STANDARD_INPUT = '-';

export type ImportedFile = ImportResult & {
  file: string;
  /** Why the first of the refused objects was. */
  firstRefusal?: string;
};

const KINDS_SHOWN = 5;

const nameOf = (file: string) => (file === STANDARD_INPUT ? 'standard input' : file);
const number = (count: number) => count.toLocaleString('en');

/** Whether nothing came of a file that was not simply empty: it is no STIX, or none of it could be taken. */
export function isFruitless({ added, alreadyThere, refused, stopped }: ImportedFile): boolean {
  return added + alreadyThere === 0 && (refused > 0 || stopped !== undefined);
}

export function summaryLines(
  files: readonly ImportedFile[],
  kinds: WarningKinds,
  report: string | undefined,
): string[] {
  const total = (name: 'added' | 'alreadyThere' | 'refused' | 'warnings') =>
    files.reduce((sum, file) => sum + file[name], 0);
  const refused = total('refused');
  const warnings = total('warnings');
  const [only] = files;
  const heading =
    files.length === 1 && only !== undefined
      ? [`Imported ${nameOf(only.file)}.`]
      : [
          ...files.map((file) => `${nameOf(file.file)}: ${countsSentence(file)}`),
          `Imported ${number(files.length)} files.`,
        ];
  return [
    ...heading,
    ...fieldLines([
      ['Added', number(total('added')) + (warnings > 0 ? `, ${number(warnings)} of them with warnings` : '')],
      ['Already there', number(total('alreadyThere'))],
      ['Refused', number(refused) + refusedHint(refused, report)],
    ]),
    ...warningLines(kinds),
  ];
}

function refusedHint(refused: number, report: string | undefined): string {
  if (refused === 0) return '';
  return report === undefined ? ' (--refused FILE writes them down with reasons)' : `, see ${report}`;
}

function warningLines(kinds: WarningKinds): string[] {
  const shown = kinds.mostFrequent().slice(0, KINDS_SHOWN);
  if (shown.length === 0) return [];
  const counts = shown.map(({ count }) => number(count));
  const widest = Math.max(...counts.map((count) => count.length));
  const total = kinds.total();
  const more = total.kinds - shown.length;
  return [
    'Warnings, by number of objects:',
    ...shown.map(({ kind }, index) => `  ${(counts[index] ?? '').padStart(widest)}  ${kind}`),
    ...(more > 0
      ? [`  … and ${total.atLeast ? 'at least ' : ''}${more} more ${more === 1 ? 'kind' : 'kinds'}`]
      : []),
  ];
}

/** @throws AppError when nothing came of a file, or when it was not read to its end */
export function requireWhole(files: readonly ImportedFile[]): void {
  const fruitless = files.filter(isFruitless);
  const broken = files.filter((file) => file.stopped !== undefined && !isFruitless(file));
  if (fruitless.length + broken.length === 0) return;
  const sentences = [
    ...fruitless.map((file) => `Nothing was imported from ${nameOf(file.file)}: ${reasonOf(file)}`),
    ...broken.map((file) => `${nameOf(file.file)}: ${reasonOf(file)}; what came before is kept`),
  ];
  throw new AppError('unprocessable', {
    message: sentences.join('; '),
    files: [...fruitless, ...broken].map(({ file, refused, firstRefusal, stopped }) => ({
      file,
      refused,
      ...(firstRefusal === undefined ? {} : { firstRefusal }),
      ...stopped,
    })),
  });
}

function reasonOf({ stopped, refused, firstRefusal }: ImportedFile): string {
  if (stopped !== undefined)
    return stopped.message + (stopped.offset === undefined ? '' : ` (at byte ${stopped.offset})`);
  return refused === 1
    ? `its only object was refused (${firstRefusal})`
    : `all of its ${number(refused)} objects were refused (the first: ${firstRefusal})`;
}
