import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckResult,
  checkObject,
  compareWithStored,
  contentEquals,
  readStoredHead,
  type StixHead,
} from './check.ts';
import { createObjectScanner } from './object-scanner.ts';

const uuid = '8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f';
const at = '2016-04-06T20:03:48.000Z';
const campaign = {
  type: 'campaign',
  spec_version: '2.1',
  id: `campaign--${uuid}`,
  created: at,
  modified: at,
  name: 'Green Group Attacks',
};
const indicator = {
  ...campaign,
  type: 'indicator',
  id: `indicator--${uuid}`,
  pattern: "[ipv4-addr:value = '198.51.100.3']",
  pattern_type: 'stix',
  valid_from: at,
};
const relationship = {
  ...campaign,
  type: 'relationship',
  id: `relationship--${uuid}`,
  relationship_type: 'indicates',
  source_ref: indicator.id,
  target_ref: campaign.id,
};
const file = { type: 'file', id: `file--${uuid}`, name: 'foo.exe' };
const custom = { ...campaign, type: 'x-acme-thing', id: `x-acme-thing--${uuid}` };
const tlpRed = {
  type: 'marking-definition',
  spec_version: '2.1',
  id: 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
  created: '2017-01-20T00:00:00.000Z',
  definition_type: 'tlp',
  name: 'TLP:RED',
  definition: { tlp: 'red' },
};

/** As the server does it: the scanner measures the text, the check judges it. */
function checkText(text: string, strict = false): CheckResult {
  const scanner = createObjectScanner({ shape: 'envelope', maxObjectBytes: 1e7 });
  const [item] = [...scanner.push(new TextEncoder().encode(`{"objects":[${text}]}`)), ...scanner.end()];
  if (item?.kind !== 'object') throw new Error('no object');
  return checkObject({ text, members: item.members, depth: item.depth }, { strict });
}

const check = (value: unknown, strict = false) => checkText(JSON.stringify(value), strict);

function headOf(value: unknown): StixHead {
  const result = check(value);
  if (!result.ok) throw new Error(result.reasons.join('; '));
  return result.head;
}

const reasonsOf = (result: CheckResult) => (result.ok ? [] : result.reasons);
const warningsOf = (result: CheckResult) => (result.ok ? result.warnings : []);

describe('the head of an object', () => {
  it('holds what the store asks for, with the timestamps as they came', () => {
    const creator = `identity--${uuid}`;
    const given = {
      ...campaign,
      modified: '2017-01-01T01:00:00.1+01:00',
      revoked: true,
      created_by_ref: creator,
    };
    expect(headOf(given)).toEqual({
      id: campaign.id,
      type: 'campaign',
      specVersion: '2.1',
      version: Date.UTC(2017, 0, 1) * 1000 + 100_000,
      versionText: '2017-01-01T01:00:00.1+01:00',
      created: Date.parse(at) * 1000,
      createdByRef: creator,
      revoked: true,
      refersTo: [],
    });
  });

  it('has the version 2.0 when an object with created does not say, and 2.1 for observables', () => {
    const { spec_version: _version, ...old } = campaign;
    expect(headOf(old).specVersion).toBe('2.0');
    expect(headOf(file)).toMatchObject({ specVersion: '2.1', version: undefined, versionText: undefined });
    expect(headOf({ ...custom, spec_version: '2.0' }).specVersion).toBe('2.0');
    expect(headOf({ type: 'x-sco', id: `x-sco--${uuid}` }).specVersion).toBe('2.1');
  });

  it('takes created for the version of a marking, which has no modified', () => {
    expect(headOf(tlpRed).versionText).toBe('2017-01-20T00:00:00.000Z');
  });
});

const without = (object: object, name: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
const at2256 = '2256-01-01T00:00:00Z';
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('an object', () => {
  it.each([
    ['an indicator', indicator],
    ['a relationship', relationship],
    ['an observable without spec_version', file],
    ['a custom type', custom],
    ['a predefined TLP marking', tlpRed],
    ['a predefined TLP marking without its name', without(tlpRed, 'name')],
    [
      'a marking of TLP 2.0',
      {
        ...tlpRed,
        id: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
        definition_type: undefined,
        definition: undefined,
        extensions: {
          'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d': {
            extension_type: 'property-extension',
            tlp_2_0: 'red',
          },
        },
      },
    ],
    ['a sighting', { ...campaign, type: 'sighting', id: `sighting--${uuid}`, sighting_of_ref: indicator.id }],
    [
      'a selector into a list',
      {
        ...campaign,
        aliases: ['a'],
        granular_markings: [{ marking_ref: tlpRed.id, selectors: ['aliases.[0]', 'name'] }],
      },
    ],
    ['a language of a part', { ...campaign, granular_markings: [{ lang: 'en', selectors: ['name'] }] }],
  ])('is taken in both modes: %s', (_name, value) => {
    expect(reasonsOf(check(value))).toEqual([]);
    expect(check(value, true)).toMatchObject({ ok: true, warnings: [] });
  });

  it.each([
    [
      'empty lists',
      { ...campaign, object_marking_refs: [] },
      'object_marking_refs: a list must not be empty (STIX 2.1 §2.12)',
    ],
    ['nulls', { ...campaign, description: null }, 'description: null is a value of no type (STIX 2.1 §2)'],
    [
      '__proto__',
      JSON.parse(JSON.stringify(campaign).replace('"name"', '"__proto__"')),
      '__proto__: a property name is 3 to 250 of a-z, 0-9 and _ (STIX 2.1 §3.1)',
    ],
    [
      'custom references that are none',
      { ...campaign, x_a_ref: 'T1' },
      'x_a_ref: must be an identifier, <type>--<UUID> (STIX 2.1 §3.3)',
    ],
    [
      'extensions by a name of their own',
      { ...file, extensions: { 'x-ext': { a: 1 } } },
      'extensions.x-ext: is neither an extension-definition id nor a predefined extension (STIX 2.1 §7.3)',
    ],
    [
      'an unknown version',
      { ...campaign, spec_version: '2.2' },
      'spec_version: is no known version (STIX 2.1 §3.2)',
    ],
    [
      'modified before created',
      { ...campaign, modified: '2015-01-01T00:00:00Z' },
      'modified: must not be before created (STIX 2.1 §3.2)',
    ],
    [
      'a period that ends before it begins',
      { ...campaign, first_seen: at, last_seen: '2015-01-01T00:00:00Z' },
      'last_seen: must not be before first_seen (STIX 2.1 §4.2)',
    ],
    [
      'a TLP marking under another id',
      { ...tlpRed, id: `marking-definition--${uuid}` },
      'id: TLP red has a predefined id, other ids must not be used (STIX 2.1 §7.2.1.4)',
    ],
  ])('is taken with a warning, and refused when strict: %s', (_name, value, finding) => {
    expect(check(value)).toMatchObject({ ok: true, warnings: [finding] });
    expect(reasonsOf(check(value, true))).toContain(finding);
  });

  it.each([
    [
      'an offset',
      { ...campaign, created: '2016-04-06T20:03:48+00:00' },
      'created: must be an RFC 3339 timestamp with T and Z (STIX 2.1 §2.16)',
    ],
    ['a missing name', without(campaign, 'name'), 'name: is required (STIX 2.1 §4.2)'],
    [
      'a file with neither name nor hashes',
      { ...file, name: undefined, size: 1 },
      'at least one of hashes, name is required (STIX 2.1 §6.7)',
    ],
    [
      'a value outside an enumeration',
      { ...campaign, type: 'opinion', id: `opinion--${uuid}`, opinion: 'maybe', object_refs: [campaign.id] },
      'opinion: must be one of strongly-disagree, disagree, neutral, agree, strongly-agree (STIX 2.1 §10)',
    ],
    [
      'an enumeration in a list of an observable',
      { type: 'windows-registry-key', id: `windows-registry-key--${uuid}`, values: [{ data_type: 'REG_X' }] },
      'values[0].data_type: must be one of',
    ],
    [
      'a digest that is too short',
      { ...file, hashes: { MD5: 'abc' } },
      'hashes.MD5: must be 32 hexadecimal digits (STIX 2.1 §10.7)',
    ],
    [
      'an algorithm in lower case',
      { ...file, hashes: { 'sha-256': 'abc' } },
      'hashes.sha-256: the algorithm is written SHA-256 (STIX 2.1 §10.7)',
    ],
    [
      'a pattern with an open bracket',
      { ...indicator, pattern: "[a:b = 'c'" },
      'pattern: is no STIX pattern: [ is not closed (STIX 2.1 §9)',
    ],
    [
      'a selector that selects nothing',
      { ...campaign, granular_markings: [{ marking_ref: tlpRed.id, selectors: ['goals'] }] },
      'granular_markings[0].selectors[0]: selects nothing in this object (STIX 2.1 §7.2.3.1)',
    ],
    [
      'an old report without labels',
      {
        ...without(campaign, 'spec_version'),
        type: 'report',
        id: `report--${uuid}`,
        published: at,
        object_refs: [campaign.id],
      },
      'labels: is required',
    ],
  ])('is refused only when strict: %s', (_name, value, reason) => {
    expect(reasonsOf(check(value))).toEqual([]);
    expect(reasonsOf(check(value, true)).join('\n')).toContain(reason);
  });

  it.each([
    ['a number', 1, 'must be a JSON object (STIX 2.1 §3.2)'],
    ['a list', [campaign], 'must be a JSON object (STIX 2.1 §3.2)'],
    ['no type', without(campaign, 'type'), 'type: is required (STIX 2.1 §3.2)'],
    ['no id', without(campaign, 'id'), 'id: is required (STIX 2.1 §2.9)'],
    [
      'a type in upper case',
      { ...custom, type: 'X-Acme' },
      'type: is 3 to 250 of a-z, 0-9 and -, a letter first (STIX 2.1 §3.1)',
    ],
    ['an id without its type', { ...indicator, id: uuid }, 'id: must be indicator--<UUID> (STIX 2.1 §2.9)'],
    [
      'an id of another type',
      { ...indicator, id: campaign.id },
      'id: must be indicator--<UUID> (STIX 2.1 §2.9)',
    ],
    ['no created', without(campaign, 'created'), 'created: is required (STIX 2.1 §3.2)'],
    ['no modified', without(custom, 'modified'), 'modified: is required (STIX 2.1 §3.2)'],
    [
      'no timestamp',
      { ...campaign, modified: 'today' },
      'modified: must be an RFC 3339 timestamp (STIX 2.1 §2.16)',
    ],
    [
      'a timestamp that is a number',
      { ...campaign, modified: 1 },
      'modified: must be a string (STIX 2.1 §2.16)',
    ],
    [
      'a year too far',
      { ...campaign, modified: at2256 },
      'modified: must lie between the years 1684 and 2255: beyond, microseconds are not exact (STIX 2.1 §2.16)',
    ],
    [
      'a spec_version that is a number',
      { ...campaign, spec_version: 2.1 },
      'spec_version: must be a version such as "2.1" (STIX 2.1 §3.2)',
    ],
    [
      'a confidence beyond 100',
      { ...campaign, confidence: 101 },
      'confidence: must be an integer from 0 to 100 (STIX 2.1 §3.2)',
    ],
    ['revoked as text', { ...campaign, revoked: 'true' }, 'revoked: must be true or false (STIX 2.1 §3.2)'],
    [
      'a creator that is no identity',
      { ...campaign, created_by_ref: campaign.id },
      'created_by_ref: must name an identity (STIX 2.1 §3.2)',
    ],
    [
      'a reference that is none',
      { ...relationship, target_ref: 'x' },
      'target_ref: must be an identifier, <type>--<UUID> (STIX 2.1 §3.3)',
    ],
    [
      'a list of references with one that is none',
      { ...campaign, object_refs: [campaign.id, 'x'] },
      'object_refs[1]: must be an identifier, <type>--<UUID> (STIX 2.1 §3.3)',
    ],
    [
      'a marking that is none',
      { ...campaign, object_marking_refs: [campaign.id] },
      'object_marking_refs[0]: must name a marking-definition (STIX 2.1 §7.2.2)',
    ],
    [
      'a granular marking without selectors',
      { ...campaign, granular_markings: [{ lang: 'en' }] },
      'granular_markings[0].selectors: must be a list of at least one selector (STIX 2.1 §7.2.3)',
    ],
    [
      'a relationship without target',
      without(relationship, 'target_ref'),
      'target_ref: is required (STIX 2.1 §5.1)',
    ],
    [
      'an indicator without pattern_type',
      without(indicator, 'pattern_type'),
      'pattern_type: is required (STIX 2.1 §4.7)',
    ],
    [
      'an indicator that ends as it begins',
      { ...indicator, valid_until: at },
      'valid_until: must be later than valid_from (STIX 2.1 §4.7)',
    ],
    [
      'an extension that is no object',
      { ...file, extensions: { 'ntfs-ext': 1 } },
      'extensions.ntfs-ext: must be an object (STIX 2.1 §7.3)',
    ],
    [
      'an unknown kind of extension',
      { ...file, extensions: { [`extension-definition--${uuid}`]: { extension_type: 'new' } } },
      `extensions.extension-definition--${uuid}.extension_type: must be one of new-sdo, new-sco, new-sro, property-extension, toplevel-property-extension (STIX 2.1 §10.5)`,
    ],
    [
      'a bundle',
      { type: 'bundle', id: `bundle--${uuid}`, objects: [campaign] },
      'type: a bundle is not an object and cannot be inside one (STIX 2.1 §8)',
    ],
    [
      'a TLP marking made another',
      { ...tlpRed, definition: { tlp: 'green' } },
      'definition.tlp: the predefined marking with this id is "red" (STIX 2.1 §7.2.1.4)',
    ],
    [
      'U+0000 in a string',
      { ...campaign, goals: ['a', '\0'] },
      'goals[1]: contains U+0000, which is not stored (RFC 8259 §9)',
    ],
    [
      'U+0000 in a name',
      { ...campaign, x_a: { 'b\0': 1 } },
      'x_a.b\\u0000: contains U+0000 in its name, which is not stored (RFC 8259 §9)',
    ],
  ])('is refused: %s', (_name, value, reason) => expect(reasonsOf(check(value))).toEqual([reason]));

  it('is refused with all reasons at once, and with what is known of it', () => {
    expect(check({ ...campaign, confidence: -1, revoked: 1, id: 'campaign--1' })).toEqual({
      ok: false,
      id: 'campaign--1',
      versionText: at,
      reasons: [
        'id: must be campaign--<UUID> (STIX 2.1 §2.9)',
        'revoked: must be true or false (STIX 2.1 §3.2)',
        'confidence: must be an integer from 0 to 100 (STIX 2.1 §3.2)',
      ],
    });
  });

  it('is refused with a bounded number of reasons', () => {
    const object_refs = Array.from({ length: 1000 }, (_, i) => `${i}`);
    expect(reasonsOf(check({ ...campaign, object_refs }))).toHaveLength(51);
    const lists = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`a${i}`, []]));
    const result = check({ ...campaign, x_a: { ['n'.repeat(1e6)]: lists } });
    expect(warningsOf(result).join('').length).toBeLessThan(20_000);
  });

  it.each([
    ['at the top', '"name":"a",'],
    ['further down', '"x_a":{"b":[{"c":1,"\\u0063":2}]},'],
    ['as __proto__', '"x_a":{"__proto__":1,"__proto__":2},'],
  ])('is refused when a member name occurs twice %s', (_name, member) => {
    const text = JSON.stringify(campaign).replace('{', `{${member}`);
    expect(reasonsOf(checkText(text))).toEqual(['a member name occurs twice in one object (RFC 7493 §2.3)']);
  });

  it('is refused when it nests deeper than 100 levels, however deep', () => {
    const nested = (levels: number) => JSON.stringify(campaign).replace('{', `{"x_a":${deep(levels)},`);
    expect(checkText(nested(99)).ok).toBe(true);
    for (const levels of [100, 200_000]) {
      expect(reasonsOf(checkText(nested(levels)))).toEqual(['nests deeper than 100 levels (RFC 8259 §9)']);
    }
  });

  it('keeps lone surrogates, backslashes before u0000, and names of Object.prototype as plain data', () => {
    const text = JSON.stringify({ ...campaign, x_a: '\\u0000' }).replace(
      '{',
      '{"constructor":{"__proto__":{"toString":1}},"x_b":"\\ud800",',
    );
    expect(checkText(text)).toMatchObject({ ok: true, warnings: [] });
  });

  it('may hold observables with references of STIX 2.0', () => {
    const objects = {
      0: { type: 'email-message', from_ref: '1', to_refs: ['1'] },
      1: { type: 'email-addr' },
    };
    const { spec_version: _version, ...old } = campaign;
    const observed = { ...old, type: 'observed-data', id: `observed-data--${uuid}`, objects };
    expect(check(observed)).toMatchObject({ ok: true, warnings: [] });
  });

  it('of STIX 2.0 needs no pattern_type', () => {
    const { spec_version: _version, pattern_type: _type, ...old } = indicator;
    expect(check({ ...old, labels: ['malicious-activity'] }, true)).toMatchObject({ ok: true });
  });

  it('may have a created finer than its modified', () => {
    const given = {
      ...campaign,
      created: '2022-04-23T15:48:38.011975Z',
      modified: '2022-04-23T15:48:38.011Z',
    };
    expect(check(given, true)).toMatchObject({ ok: true, warnings: [] });
  });

  it('of an observable warns when its deterministic id is another', () => {
    const address = { type: 'ipv4-addr', value: '198.51.100.3' };
    const id = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';
    expect(check({ ...address, id }, true)).toMatchObject({ ok: true, warnings: [] });
    expect(check({ ...address, id: `ipv4-addr--${uuid}` }, true)).toMatchObject({ ok: true, warnings: [] });
    expect(warningsOf(check({ ...address, value: '198.51.100.4', id }))).toEqual([
      expect.stringContaining('the deterministic id of this object is ipv4-addr--'),
    ]);
  });

  it('never makes the check throw, whatever it holds', () => {
    const names = Object.keys({
      ...indicator,
      ...relationship,
      ...tlpRed,
      extensions: 1,
      granular_markings: 1,
      external_references: 1,
      hashes: 1,
      values: 1,
      labels: 1,
    });
    const any = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
    const types = fc.constantFrom(campaign, indicator, relationship, tlpRed, file);
    fc.assert(
      fc.property(types, any, fc.boolean(), (base, more, strict) => {
        const { type, id } = base;
        expect(check({ ...more, type, id }, strict)).toHaveProperty('ok');
        expect(check(more, strict)).toHaveProperty('ok', false);
      }),
    );
    fc.assert(
      fc.property(
        fc.string(),
        (text) => checkObject({ text, members: 0, depth: 1 }, { strict: true }).ok === false,
      ),
    );
  });
});

describe('content', () => {
  it.each([
    ['{"a":1,"b":[2]}', ' { "b" : [ 2 ] , "a" : 1 } '],
    ['1', '1.0'],
    ['10', '1e1'],
    ['0', '-0.0e5'],
    ['0.001', '1E-3'],
    ['12345678901234567890', '12345678901234567890.0'],
    ['"\\u0041"', '"A"'],
    ['{"__proto__":1,"a":2}', '{"a":2,"__proto__":1}'],
  ])('%s equals %s', (a, b) => expect(contentEquals(a, b)).toBe(true));

  it.each([
    ['12345678901234567890', '12345678901234567891'],
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    [`1${'0'.repeat(200_000)}1`, `1${'0'.repeat(200_000)}2`],
    [`1e1${'0'.repeat(200_000)}`, `1e2${'0'.repeat(200_000)}`],
    ['1', '"1"'],
    ['1', '"1e0"'],
    ['"1e0"', '"\\"1e0"'],
    ['-1', '1'],
    ['[1,2]', '[2,1]'],
    ['{}', '[]'],
    ['{"a":1}', '{"a":1,"b":1}'],
    ['{"toString":1}', '{"a":1}'],
    ['{"__proto__":{}}', '{"a":{}}'],
    ['null', '{}'],
    ['{', '}'],
  ])('%.40s does not equal %.40s', (a, b) => expect(contentEquals(a, b)).toBe(false));

  it('is the same in whatever order its members are, and another when a value changes', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, each]) => [name, reversed(each)]),
      );
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(contentEquals(JSON.stringify(value), JSON.stringify(reversed(value), null, 1))).toBe(true);
        expect(contentEquals(JSON.stringify([value, 1]), JSON.stringify([value, 2]))).toBe(false);
      }),
    );
  });
});

describe('a new version', () => {
  const head = headOf(campaign);
  const compare = (previous: Partial<StixHead>, strict = false) =>
    compareWithStored(head, { ...head, ...previous }, { strict });

  it('follows the one before without a word', () => {
    expect(compare({}, true)).toEqual({ ok: true, warnings: [] });
    expect(compareWithStored(head, readStoredHead(JSON.stringify(campaign)), { strict: true })).toEqual({
      ok: true,
      warnings: [],
    });
  });

  it('warns when what must stay the same has changed', () => {
    const other = { created: 0, createdByRef: `identity--${uuid}`, specVersion: '2.0' };
    expect(compare(other, true)).toEqual({
      ok: true,
      warnings: [
        'created: differs from the version before (STIX 2.1 §3.6)',
        'created_by_ref: differs from the version before (STIX 2.1 §3.6)',
        'spec_version: differs from the version before (STIX 2.1 §3.6)',
      ],
    });
  });

  it('after a revoked one warns, and is refused when strict', () => {
    const finding = 'revoked: an earlier version is revoked: there must be none after it (STIX 2.1 §3.6)';
    expect(compare({ revoked: true })).toEqual({ ok: true, warnings: [finding] });
    expect(compare({ revoked: true }, true)).toEqual({ ok: false, reasons: [finding] });
  });
});

const data = new URL('../../../../shared/data/', import.meta.url);
if (existsSync(data)) {
  const examples = readdirSync(new URL('oasis-examples/', data)).map((name) => `oasis-examples/${name}`);
  it.each(['ics-attack-18.1.json', 'attack-history.jsonl.gz', ...examples])(
    'every object of the published %s is taken',
    (name) => {
      const bytes = readFileSync(new URL(name, data));
      const scanner = createObjectScanner({ shape: 'any', maxObjectBytes: 1e7 });
      const items = [...scanner.push(name.endsWith('.gz') ? gunzipSync(bytes) : bytes), ...scanner.end()];
      const decoder = new TextDecoder();
      const refused = items.flatMap((item) => {
        if (item.kind === 'refused') return [item.reason];
        const { members, depth } = item;
        return reasonsOf(
          checkObject({ text: decoder.decode(item.bytes), members, depth }, { strict: false }),
        );
      });
      expect(items.length).toBeGreaterThan(0);
      expect(refused).toEqual([]);
    },
  );
}
