import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { password as askPassword, isCancel } from '@clack/prompts';
import { AppError, invalid } from '../errors.ts';

export type Asking = {
  /** Said behind the question. */
  hint?: string;
  /** What is wrong with what was typed. Asked before it has to be typed again. */
  problem?: (typed: string) => string | undefined;
  /** Whether Enter alone is an answer on a terminal; the password is then empty. */
  mayBeEmpty?: boolean;
};

/** A password that nobody sees on the screen or in the list of processes: typed twice on a terminal, else one line of standard input. */
export async function readPassword(what: string, asking: Asking = {}): Promise<string> {
  return process.stdin.isTTY ? await typedPassword(what, asking) : await firstLine();
}

async function typedPassword(
  what: string,
  { hint, problem = () => undefined, mayBeEmpty = false }: Asking,
): Promise<string> {
  const first = await ask(hint === undefined ? what : `${what} (${hint})`, (typed) => {
    if (typed === '') return mayBeEmpty ? undefined : 'it must not be empty; Ctrl-C leaves';
    return problem(typed);
  });
  if (first === '') return '';
  if ((await ask(`${what}, again`)) !== first) throw invalid('password', 'the two are not the same');
  return first;
}

async function ask(message: string, problem: (typed: string) => string | undefined = () => undefined) {
  const typed = await askPassword({
    message,
    // Enter alone gives no value.
    validate: (value) => problem(value ?? ''),
    // Standard output is for the answer.
    output: process.stderr,
  });
  if (isCancel(typed)) throw new AppError('invalid_input', { message: 'no password was given' });
  return typed ?? '';
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(lines, 'close').then(() => ''),
  ]);
  lines.close();
  process.stdin.destroy(); // whoever feeds it may keep it open, and would keep us running
  if (line === '') throw invalid('password', 'standard input holds no line');
  return line;
}
