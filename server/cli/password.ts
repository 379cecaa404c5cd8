import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { password as askPassword, isCancel } from '@clack/prompts';
import { AppError, invalid } from '../errors.ts';

/** A password that nobody sees on the screen or in the list of processes: typed twice on a terminal, else one line of standard input. */
export async function readPassword(what: string): Promise<string> {
  return process.stdin.isTTY ? await typedPassword(what) : await firstLine();
}

async function typedPassword(what: string): Promise<string> {
  // Standard output is for the answer.
  const output = process.stderr;
  const first = await askPassword({ message: what, output });
  const second = isCancel(first) ? first : await askPassword({ message: `${what}, again`, output });
  if (isCancel(first) || isCancel(second))
    throw new AppError('invalid_input', { message: 'no password was given' });
  if (first !== second) throw invalid('password', 'the two are not the same');
  return first;
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
