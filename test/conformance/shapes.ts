import { expect } from 'vitest';
import { type Answer, type Resource, TAXII } from './wire.ts';

/** TAXII 2.1 §2: a timestamp that the server generates. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What every TAXII answer has, of whatever status (§3.1). */
export function expectTaxii(answer: Answer, status: number): Resource {
  expect(answer.status, answer.text.slice(0, 500)).toBe(status);
  expect(answer.headers['content-type']).toBe(TAXII);
  return answer.json;
}

/** The error resource (§3.6.1), with its required and no unknown properties. */
export function expectError(answer: Answer, status: number): Resource {
  const error = expectTaxii(answer, status);
  expectKeys(
    error,
    ['title'],
    ['description', 'error_id', 'error_code', 'http_status', 'external_details', 'details'],
  );
  expect(error.http_status).toBe(String(status));
  expect(typeof error.title).toBe('string');
  expectNoNothing(error);
  return error;
}

export function expectKeys(
  resource: object,
  required: readonly string[],
  optional: readonly string[] = [],
): void {
  const names = Object.keys(resource);
  expect(names).toEqual(expect.arrayContaining([...required]));
  const unknown = names.filter((name) => !required.includes(name) && !optional.includes(name));
  expect(unknown).toEqual([]);
}

/** §2: no null and no empty list, at any depth; no integer beyond 2^53 - 1. */
export function expectNoNothing(value: unknown, path = ''): void {
  expect(value, path).not.toBeNull();
  if (typeof value === 'number') expect(Number.isSafeInteger(value), path).toBe(true);
  if (Array.isArray(value)) expect(value.length, path).toBeGreaterThan(0);
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) expectNoNothing(member, `${path}.${name}`);
  }
}

/** A page of objects, manifest records or versions: §3.2, §3.5, §3.7. */
export function expectPage(answer: Answer): Resource {
  const page = expectTaxii(answer, 200);
  const { first, last } = datesOf(answer);
  expect(first).toMatch(TIMESTAMP);
  expect(last).toMatch(TIMESTAMP);
  expect(first <= last).toBe(true);
  expectKeys(page, [], ['more', 'next', 'objects', 'versions']);
  expect('next' in page).toBe(page.more === true);
  if (page.next !== undefined) expect(page.next).toMatch(/^[A-Za-z0-9_-]+$/);
  for (const list of [page.objects, page.versions]) {
    if (list !== undefined) expect(list.length).toBeGreaterThan(0);
  }
  return page;
}

/** A status resource of a finished request: §4.3.1. */
export function expectStatus(answer: Answer, status = 202): Resource {
  const resource = expectTaxii(answer, status);
  expectKeys(
    resource,
    ['id', 'status', 'total_count', 'success_count', 'failure_count', 'pending_count'],
    ['request_timestamp', 'successes', 'failures', 'pendings'],
  );
  expect(resource.id).toMatch(UUID_V4);
  expect(resource.status).toBe('complete');
  expect(resource.request_timestamp).toMatch(TIMESTAMP);
  const { total_count: total = -1, success_count: good = -1, failure_count: bad = -1 } = resource;
  expect(resource.pending_count).toBe(0);
  expect(total).toBe(good + bad);
  expect(resource.successes?.length ?? 0).toBe(good);
  expect(resource.failures?.length ?? 0).toBe(bad);
  expectNoNothing(resource);
  for (const detail of [...(resource.successes ?? []), ...(resource.failures ?? [])]) {
    expectKeys(detail, ['id', 'version'], ['message']);
    expect(detail.id).not.toBe('');
  }
  for (const failure of resource.failures ?? []) expect(failure.message).toBeTruthy();
  return resource;
}

/** The date headers of §3.2. */
export function datesOf(answer: Answer): { first: string; last: string } {
  return {
    first: String(answer.headers['x-taxii-date-added-first']),
    last: String(answer.headers['x-taxii-date-added-last']),
  };
}

export function idsOf(page: Resource): string[] {
  return (page.objects ?? []).map((object) => String(object.id));
}

/** The id and version of each object of an envelope. */
export function versionsOf(page: Resource): string[] {
  return (page.objects ?? []).map((object) => `${object.id} ${object.modified ?? object.created ?? ''}`);
}
