/**
 * A process that writes over TAXII until its standard input ends: envelopes of new objects, new versions, repetitions,
 * deletions. Its objects are its own, so that it knows what must exist afterwards.
 */
import {
  madeObject,
  modifiedOf,
  objectId,
  random,
  report,
  send,
  type Target,
  toldToEnd,
} from './taxii-client.ts';

export type WriterInput = {
  target: Target;
  writer: number;
  seed: number;
  maxEnvelope: number;
  padding?: number;
  /** Whether servers may vanish meanwhile; what was under way then may or may not have been done. */
  tolerant?: boolean;
  /** Whether it deletes; with vanishing servers that would leave more open than a test can check. */
  deletes: boolean;
};

export type WriterReport = {
  /** `id version` of what was acknowledged and not deleted again. */
  expected: string[];
  /** Envelopes without an answer: of each, all objects must exist, or none. */
  unknown: string[][];
  requests: number;
  unavailable: number;
  problems: string[];
};

const input = JSON.parse(process.argv[2] ?? '') as WriterInput;
const { target, writer, padding = 0, tolerant = false } = input;
const dice = random(input.seed);
const end = toldToEnd();
const result: WriterReport = { expected: [], unknown: [], requests: 0, unavailable: 0, problems: [] };
/** Versions that exist, by object number. */
const stored = new Map<number, Set<number>>();
const newest: number[] = [];

while (!end.yes) {
  const numbers = [...stored.keys()];
  const some = numbers[dice.below(numbers.length)];
  if (input.deletes && some !== undefined && dice.chance(0.15)) await remove(some);
  else await add();
}
for (const [number, versions] of stored) {
  for (const version of versions) result.expected.push(`${objectId(writer, number)} ${modifiedOf(version)}`);
}
report(result);

async function add(): Promise<void> {
  const envelope: [number, number][] = [];
  const size = 1 + dice.below(input.maxEnvelope);
  const taken = new Set<number>();
  while (envelope.length < size) {
    const isNew = newest.length === 0 || dice.chance(0.7);
    const number = isNew ? newest.length : dice.below(newest.length);
    if (taken.has(number)) break;
    taken.add(number);
    // A repetition of what is there changes nothing; a later version is added.
    const repeats = !isNew && dice.chance(0.2) && stored.get(number)?.has(newest[number] ?? 0) === true;
    const version = isNew ? 0 : (newest[number] ?? 0) + (repeats ? 0 : 1);
    newest[number] = version;
    envelope.push([number, version]);
    // The version before is never the newest, until this one is deleted: who polls must see it then.
    if (isNew && dice.chance(0.3)) {
      newest[number] = 1;
      envelope.push([number, 1]);
    }
  }
  const objects = envelope.map(([number, version]) => madeObject(writer, number, version, padding));
  const answer = await ask('POST', 'objects/', JSON.stringify({ objects }));
  if (answer === 'lost') {
    result.unknown.push(envelope.map(([n, v]) => `${objectId(writer, n)} ${modifiedOf(v)}`));
    return;
  }
  if (answer.status === 503) return;
  const status = answer.body as { failure_count?: number; success_count?: number; status?: string };
  if (answer.status !== 202 || status.failure_count !== 0 || status.success_count !== envelope.length) {
    result.problems.push(`POST was answered ${answer.status} ${JSON.stringify(status).slice(0, 500)}`);
    return;
  }
  for (const [number, version] of envelope) {
    const versions = stored.get(number) ?? new Set();
    stored.set(number, versions.add(version));
  }
}

async function remove(number: number): Promise<void> {
  const versions = [...(stored.get(number) ?? [])].sort((a, b) => a - b);
  const chosen = dice.chance(0.5) ? versions.at(-1) : versions[dice.below(versions.length)];
  const one = versions.length > 1 && dice.chance(0.8) ? chosen : undefined;
  const query = one === undefined ? '' : `?match[version]=${modifiedOf(one)}`;
  const answer = await ask('DELETE', `objects/${objectId(writer, number)}/${query}`);
  if (answer === 'lost' || answer.status !== 200) {
    result.problems.push(`DELETE was answered ${answer === 'lost' ? answer : answer.status}`);
    return;
  }
  if (one === undefined) stored.delete(number);
  else stored.get(number)?.delete(one);
}

async function ask(
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; body: unknown } | 'lost'> {
  result.requests++;
  const url = target.urls[dice.below(target.urls.length)];
  try {
    const answer = await send(target, path, { method, url, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    if (answer.status === 503 && tolerant) {
      result.unavailable++;
      await pause(100);
    }
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    if (!tolerant)
      result.problems.push(`${method} failed: ${String(error)} ${String((error as Error).cause)}`);
    await pause(50);
    return 'lost';
  }
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
