import { describe, expect, it } from 'vitest';
import {
  externalReferencesOf,
  fieldTitle,
  isInstant,
  isStixId,
  killChainPhasesOf,
  readObject,
  sectionsOf,
  typeOf,
  withKeys,
} from './stix.ts';

const UUID = '00000000-0000-4000-8000-000000000001';

describe('a STIX object as people see it', () => {
  it('has every member exactly once, in groups', () => {
    const object = {
      type: 'indicator',
      id: `indicator--${UUID}`,
      spec_version: '2.1',
      x_own: 1,
      created: '2026-01-01T00:00:00Z',
      description: 'what it is',
      name: 'Beacon',
      hashes: { MD5: 'x' },
      extensions: {},
      external_references: [],
      kill_chain_phases: [],
    };
    const { main, origin, own } = sectionsOf(object);
    expect(main.map(([name]) => name)).toEqual(['name', 'description', 'hashes', 'extensions']);
    expect(origin.map(([name]) => name)).toEqual(['created']);
    expect(own).toEqual([['x_own', 1]]);
    const elsewhere = 5;
    expect(main.length + origin.length + own.length + elsewhere).toBe(Object.keys(object).length);
  });

  it('is read only where the text is an object', () => {
    expect(readObject('{"a":1}')).toEqual({ a: 1 });
    for (const text of ['[1]', 'null', '"x"', '{']) expect(readObject(text)).toBeUndefined();
  });

  it('has titles for its members', () => {
    expect(fieldTitle('valid_until')).toBe('Valid until');
    expect(fieldTitle('created_by_ref')).toBe('Created by');
    expect(fieldTitle('object_refs')).toBe('Object');
  });

  it('knows ids and instants', () => {
    expect(isStixId(`x-own-type--${UUID}`)).toBe(true);
    expect(isStixId('indicator--1')).toBe(false);
    expect(typeOf(`x-own-type--${UUID}`)).toBe('x-own-type');
    expect(isInstant('2026-01-01T00:00:00.123456Z')).toBe(true);
    expect(isInstant('2026-13-01T00:00:00Z')).toBe(false);
    expect(isInstant('yesterday')).toBe(false);
  });

  it('takes references and phases as they come, and nothing else for them', () => {
    expect(
      externalReferencesOf({
        external_references: [{ source_name: 'cve', external_id: 'CVE-2026-1', hashes: {} }, 'x', {}],
      }),
    ).toEqual([
      { source: 'cve', id: 'CVE-2026-1', description: undefined, url: undefined, others: [['hashes', {}]] },
      { source: 'unnamed source', id: undefined, description: undefined, url: undefined, others: [] },
    ]);
    expect(externalReferencesOf({ external_references: 'x' })).toEqual([]);
    expect(killChainPhasesOf({ kill_chain_phases: [{ kill_chain_name: 'a', phase_name: 'b' }, 3] })).toEqual([
      { chain: 'a', phase: 'b' },
    ]);
  });

  it('is told apart from another that is alike', () => {
    expect(new Set(withKeys(['a', 'a', { b: 1 }, { b: 1 }]).map(({ key }) => key)).size).toBe(4);
  });
});
