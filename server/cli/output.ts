import { AppError, type ErrorDetails } from '../errors.ts';

/** How a command ends: 0 = done, 1 = refused or failed, 2 = asked wrongly. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** What a command may say in an error besides its code and sentence. */
export type Failure = { exitCode: number; code: string; message: string; details: ErrorDetails };

/** Prints the answer of a command: the data as the one JSON document on standard output, or the lines for a person. */
export function printAnswer(json: boolean, data: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : lines.map(printable).join(''));
}

/** Says on standard error what is going on; answers go to standard output. */
export function printNote(line: string): void {
  process.stderr.write(printable(line));
}

/** Prints the one line that says why a command failed. */
export function printFailure(json: boolean, { code, message, details }: Failure): void {
  const document = { error: { ...details, code, message } };
  process.stderr.write(json ? `${JSON.stringify(document)}\n` : printable(`taxiway: ${oneLine(message)}`));
}

/** Names and reasons come from elsewhere: none of them may steer the terminal, nor turn the direction of a line. */
function printable(line: string): string {
  return `${line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')}\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

/** Rows under their headings, each column as wide as its widest cell. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings.map((heading) => heading.toUpperCase()), ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Names and values, indented, the values below each other. */
export function fieldLines(
  fields: readonly (readonly [name: string, value: string | undefined])[],
): string[] {
  const given = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const widest = Math.max(...given.map(([name]) => width(name)));
  return given.map(([name, value]) => `  ${name.padEnd(widest)}  ${value}`);
}

function width(text: string): number {
  return [...text].length;
}

/** What to say of an error, and the exit code. Anything that is no refusal of the product is said by its message only. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) {
    const { permission } = error.details;
    return {
      exitCode: error.code === 'invalid_input' ? EXIT.usage : EXIT.failed,
      code: error.code,
      message:
        typeof permission === 'string' && error.details.message === undefined
          ? `${error.message}: it needs ${permission}`
          : error.message,
      details: error.details,
    };
  }
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return { exitCode: EXIT.failed, code: 'internal', message, details: {} };
}

/** A word for a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
