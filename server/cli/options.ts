import { type Command, InvalidArgumentError } from 'commander';
import { formatTimestamp } from '../protocols/timestamp.ts';

/** A whole number of at least 0, for `option`. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A switch, for `option`. */
export function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('It must be yes or no.');
  return text === 'yes';
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a text such as `90s`, `15m`, `12h` or `7d`, for `option`. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (unit === undefined)
    throw new InvalidArgumentError('It must be a number and s, m, h or d, such as 12h.');
  return Number(number) * SECONDS[unit as keyof typeof SECONDS];
}

/** Shows in the help how the command is used. */
export function withExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** Takes one value for each use of an option, for `option`: a list of several would swallow the argument that follows. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** An instant as people read it, in whole seconds. */
export function shownInstant(micros: number | null): string | undefined {
  return instant(micros)?.replace(/\.\d+Z$/, 'Z');
}

/** An instant as machines read it, exact; undefined where there is none. */
export function instant(micros: number | null): string | undefined {
  return micros === null ? undefined : formatTimestamp(micros);
}
