/** What the writers and pollers of the fault tests share: no part of the product's code, as for any client. */

export const TAXII = 'application/taxii+json;version=2.1';

/** Where a collection is reached: any of several servers over the same data. */
export type Target = { urls: readonly string[]; collection: string; authorization: string };

export type Random = { below(limit: number): number; chance(probability: number): boolean };

/** Mulberry32: the same seed gives the same numbers everywhere. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), chance: (probability) => next() < probability };
}

/** Sends a request to one of the servers. */
export async function send(
  target: Target,
  path: string,
  options: { method?: string; body?: string; url?: string | undefined } = {},
): Promise<Response> {
  const url = options.url ?? target.urls[0] ?? '';
  return await fetch(`${url}/intel/collections/${target.collection}/${path}`, {
    method: options.method ?? 'GET',
    headers: {
      Accept: TAXII,
      Authorization: target.authorization,
      ...(options.body === undefined ? {} : { 'Content-Type': TAXII }),
    },
    ...(options.body === undefined ? {} : { body: options.body }),
    signal: AbortSignal.timeout(60_000),
  });
}

const FIRST_VERSION = Date.parse('2026-01-01T00:00:00.000Z');

/** An object of a writer; `version` counts from 0. */
export function madeObject(
  writer: number,
  number: number,
  version: number,
  padding = 0,
): Record<string, unknown> {
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: objectId(writer, number),
    created: new Date(FIRST_VERSION).toISOString(),
    modified: modifiedOf(version),
    name: `made by ${writer}`,
    pattern: `[ipv4-addr:value = '192.0.2.${number % 256}']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
    ...(padding > 0 ? { description: 'x'.repeat(padding) } : {}),
  };
}

export function objectId(writer: number, number: number): string {
  return `indicator--${writer.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function modifiedOf(version: number): string {
  return new Date(FIRST_VERSION + version * 1000).toISOString();
}

/** Resolves when the standard input ends: the sign to come to an end. */
export function toldToEnd(): { readonly yes: boolean } {
  const sign = { yes: false };
  process.stdin.resume().once('end', () => {
    sign.yes = true;
  });
  return sign;
}

export function report(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
