import { AppError, invalid } from './errors.ts';

/** Pure: CSV as RFC 4180 has it, and as spreadsheets open it. */

/**
 * What a spreadsheet takes for a formula at the beginning of a cell (also in their full-width forms). Apostrophes before it
 * count as part of it, so that the one that `csvLine` adds can be told from those that were there.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const GUARDED = /^'+[=+\-@\t\r\n＝＋－＠]/;

export type CsvCell = string | number | boolean | null;

/**
 * One record, with its line end. A text that a spreadsheet would run as a formula gets a leading apostrophe, which
 * `parseCsv` takes off again; null is an empty cell.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(written).join(',')}\r\n`;
}

function written(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const guarded = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export type CsvRow = {
  /** Which record it is, counted from 1 with the heading; empty lines do not count. */
  row: number;
  /** The line on which it begins, counted from 1, as an editor shows it. */
  line: number;
  cells: readonly string[];
};

/**
 * The records of a CSV text. Lines end in CRLF, LF or CR; a byte order mark and empty lines are passed over; the apostrophe
 * that `csvLine` puts before a formula is taken off.
 * @throws AppError `invalid_input` that names the row and its line: a quote that is never closed or stands in the middle of
 *   a cell, text after a closing quote, more cells than `maxCells`; `too_large` for more records than `maxRows`
 */
export function parseCsv(
  text: string,
  { maxRows = Number.POSITIVE_INFINITY, maxCells = Number.POSITIVE_INFINITY } = {},
): CsvRow[] {
  const rows: CsvRow[] = [];
  let position = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (position < text.length) {
    const row = { row: rows.length + 1, line };
    const refuse = (message: string) => invalid(`row ${row.row}`, `(line ${row.line}) ${message}`);
    const cells: string[] = [];
    let isQuoted = false;
    for (let more = true; more; ) {
      const cell = cellAt(text, position, refuse);
      cells.push(cell.value.replace(GUARDED, (start) => start.slice(1)));
      isQuoted ||= cell.isQuoted;
      line += cell.lines;
      position = cell.end;
      if (cells.length > maxCells) throw refuse(`has more than ${maxCells} cells.`);
      more = text[position] === ',';
      if (more) position++;
    }
    position += text.startsWith('\r\n', position) ? 2 : 1;
    line++;
    if (cells.length > 1 || cells[0] !== '' || isQuoted) rows.push({ ...row, cells });
    if (rows.length > maxRows)
      throw new AppError('too_large', { message: `There are more than ${maxRows} rows.`, max: maxRows });
  }
  return rows;
}

type Cell = {
  value: string;
  isQuoted: boolean;
  /** Where the comma or the line end after it stands. */
  end: number;
  /** Line ends within it. */
  lines: number;
};

function cellAt(text: string, start: number, refuse: (message: string) => Error): Cell {
  if (text[start] !== '"') {
    const end = nextOf(text, /[,\r\n]/g, start);
    const value = text.slice(start, end);
    if (value.includes('"'))
      throw refuse(
        'has a quote in the middle of a cell; put the whole cell in quotes, and double those in it.',
      );
    return { value, isQuoted: false, end, lines: 0 };
  }
  let value = '';
  for (let position = start + 1; ; ) {
    const quote = text.indexOf('"', position);
    if (quote === -1) throw refuse('has a quote that is never closed.');
    value += text.slice(position, quote);
    position = quote + 1;
    if (text[position] === '"') {
      value += '"';
      position++;
      continue;
    }
    if (position < text.length && !/[,\r\n]/.test(text[position] ?? ''))
      throw refuse('has text after the closing quote of a cell.');
    return { value, isQuoted: true, end: position, lines: value.match(/\r\n|\r|\n/g)?.length ?? 0 };
  }
}

function nextOf(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
