import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint } from '../../contract/endpoint.ts';
import { queryFlag } from '../../contract/paging.ts';
import { pathId } from '../../contract/references.ts';
import { AppError } from '../errors.ts';
import { parseParts, readQuery } from './rest-input.ts';
import { createRestPaths } from './rest-paths.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'done';
}

describe('the query of a request', () => {
  it.each([
    ['', {}],
    ['a=1&b=', { a: '1', b: '' }],
    ['a', { a: '' }],
    ['q=two+words%20more&%61=%C3%A4', { q: 'two words more', a: 'ä' }],
    ['a=b=c', { a: 'b=c' }],
  ])('%s is read by name', (raw, query) => {
    expect({ ...readQuery(raw) }).toEqual(query);
  });

  it.each([['a=1&a=1'], ['a=1&%61=2'], ['a=%ff'], ['a=%'], ['a=%00'], ['__proto__=1&__proto__=2']])(
    'item 128: %s is refused',
    (raw) => {
      expect(codeOf(() => readQuery(raw))).toBe('invalid_input');
    },
  );

  it('item 128: a name that a prototype has is a name like any other, and unknown', () => {
    const query = readQuery('__proto__=1');
    expect(Object.keys(query)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(z.strictObject({}).safeParse(query).success).toBe(false);
  });
});

describe('the parts of a request', () => {
  const edit = endpoint({
    method: 'PATCH',
    path: '/accounts/:account',
    tag: 'x',
    summary: 'x',
    params: z.strictObject({ account: pathId }),
    query: z.strictObject({ dryRun: queryFlag.optional() }),
    body: z.strictObject({ name: z.string(), size: z.number() }),
    output: z.strictObject({}),
  });

  it('are told every problem of the query and of the body at once, each with the path of its field', () => {
    let problems: unknown;
    try {
      parseParts(edit, { params: { account: '7' }, query: { dryRun: 'maybe' }, body: { size: 'x', z: 1 } });
    } catch (error) {
      problems = (error as AppError).details.problems?.map(({ path }) => path);
    }
    expect(problems).toEqual(['dryRun', 'name', 'size', 'z']);
  });

  it('a path that can name nothing is not found, whatever the rest', () => {
    expect(codeOf(() => parseParts(edit, { params: { account: '07' }, query: {}, body: {} }))).toBe(
      'not_found',
    );
  });

  it('are given as the contract types them', () => {
    const raw = { params: { account: '7' }, query: { dryRun: 'true' }, body: { name: 'n', size: 1 } };
    expect(parseParts(edit, raw)).toEqual({
      params: { account: 7 },
      query: { dryRun: true },
      body: { name: 'n', size: 1 },
    });
  });
});

describe('the path of a request', () => {
  const route = (method: string, path: string) => ({ endpoint: { method, path } });
  const routes = [
    route('GET', '/accounts/:account'),
    route('DELETE', '/accounts/:account'),
    route('GET', '/accounts/export'),
    route('GET', '/accounts'),
    route('POST', '/accounts/:account/lock'),
  ];
  const find = createRestPaths(routes);
  const found = (method: string, path: string) => find(method, path).route?.endpoint.path;

  it('finds the route with the literal segment before the one with the parameter', () => {
    expect(found('GET', '/accounts/export')).toBe('/accounts/export');
    expect(found('GET', '/accounts/7')).toBe('/accounts/:account');
    expect(found('DELETE', '/accounts/export')).toBe('/accounts/:account');
  });

  it('gives the parameters, percent-decoded', () => {
    expect(find('GET', '/accounts/%37').params).toEqual({ account: '7' });
    expect(find('GET', '/accounts/a%2Fb').params).toEqual({ account: 'a/b' });
  });

  it('knows the methods of a path, and HEAD where there is GET', () => {
    expect(find('PUT', '/accounts/7')).toEqual({
      route: undefined,
      params: {},
      allowed: ['DELETE', 'GET', 'HEAD'],
    });
    expect(found('HEAD', '/accounts/7')).toBe('/accounts/:account');
    expect(find('HEAD', '/accounts/7/lock').allowed).toEqual(['POST']);
  });

  it.each([
    ['/accounts/'],
    ['/accounts//lock'],
    ['/accounts/7/8'],
    ['/accounts/%ff'],
    ['/*'],
    ['/Accounts'],
    [''],
  ])('%s is the path of nothing', (path) => {
    expect(find('GET', path)).toEqual({ route: undefined, params: {}, allowed: [] });
  });
});
