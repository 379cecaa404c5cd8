import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkObject } from '../../protocols/stix/check.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import {
  type Candidate,
  LATEST,
  neededTexts,
  nextStamps,
  type Plan,
  planAdditions,
  readContent,
  type StoredVersion,
  toCandidate,
} from './intelligence.rules.ts';

const NOW = 1_800_000_000_000_000;
const UUID = '00000000-0000-4000-8000-00000000000';

const digest = (text: string) => hash('sha256', text);
function candidate(object: Record<string, unknown>): Candidate {
  const text = JSON.stringify(object);
  const members = Object.keys(object).length;
  const check = checkObject({ text, members, depth: 1 }, { strict: false });
  if (!check.ok) throw new Error(check.reasons.join('; '));
  const checked = { head: check.head, text, size: Buffer.byteLength(text), warnings: check.warnings };
  return toCandidate(checked, digest);
}

/** A campaign in a version of so many seconds. */
function campaign(version: number, changes: Record<string, unknown> = {}): Candidate {
  return candidate({
    type: 'campaign',
    spec_version: '2.1',
    id: `campaign--${UUID}1`,
    created: formatTimestamp(0),
    modified: formatTimestamp(version * 1_000_000),
    name: 'Some campaign',
    ...changes,
  });
}

/** An observable, which has no version of its own. */
function domain(name: string): Candidate {
  return candidate({ type: 'domain-name', spec_version: '2.1', id: `domain-name--${UUID}2`, value: name });
}

type Stored = StoredVersion & { text: string; dateAdded: number };

/** What the store finds for the planning, told without SQL. */
function rivals(rows: readonly Stored[], candidates: readonly Candidate[]): StoredVersion[] {
  const isNewest = (row: Stored, others: readonly Stored[]) =>
    others.every((other) => other.version <= row.version);
  return rows.filter((row) => {
    const ofId = rows.filter((other) => other.stix_id === row.stix_id);
    const ofSpec = ofId.filter((other) => other.spec_version === row.spec_version);
    const isOfLatestSpec = ofId.every((other) => other.spec_version <= row.spec_version);
    return candidates.some(
      ({ head, contentHash }) =>
        head.id === row.stix_id &&
        ((isOfLatestSpec && isNewest(row, ofSpec)) ||
          (head.specVersion === row.spec_version &&
            (isNewest(row, ofSpec) || head.version === row.version || contentHash === row.content_hash))),
    );
  });
}

/** An owner's objects in memory: what the store does with a plan. */
function owner() {
  let rows: Stored[] = [];
  let lastStamp = 0;
  let id = 0;
  const add = (candidates: Candidate[], options: { now?: number; strict?: boolean } = {}): Plan => {
    const stored = rivals(rows, candidates);
    // Only the texts that the planning asked for: it must not need others.
    const text = new Map(rows.map((row) => [row.id, row.text]));
    const needed = neededTexts(candidates, stored);
    const contents = new Map(
      needed.map((need) => [need.row.id, readContent(need, text.get(need.row.id) ?? '')]),
    );
    const { now = NOW, strict = false } = options;
    const plan = planAdditions({ candidates, stored, contents, lastStamp, now, strict });
    const demotions = new Map(plan.demotions.map((demotion) => [demotion.id, demotion.latest]));
    rows = rows.map((row) => ({ ...row, latest: demotions.get(row.id) ?? row.latest }));
    for (const insert of plan.inserts) {
      rows.push({
        id: ++id,
        stix_id: insert.candidate.head.id,
        spec_version: insert.candidate.head.specVersion,
        version: insert.version,
        latest: insert.latest,
        content_hash: insert.candidate.contentHash ?? null,
        size: insert.candidate.size,
        text: insert.candidate.text,
        dateAdded: insert.dateAdded,
      });
    }
    lastStamp = plan.lastStamp;
    return plan;
  };
  return { add, rows: () => rows };
}

const kinds = (plan: Plan) => plan.outcomes.map((outcome) => outcome.kind);
const warningsOf = (plan: Plan) =>
  plan.outcomes.flatMap((outcome) => (outcome.kind === 'added' ? outcome.warnings : []));

describe('the stamps of an addition', () => {
  it.each([
    ['at a new instant', 0, NOW, 3],
    ['while the clock stands still', NOW, NOW, 3],
    ['when the clock went back by an hour', NOW + 3_600_000_000, NOW, 2],
    ['of a single object', 0, NOW + 1, 1],
    ['of more objects than microseconds in a millisecond', 0, NOW + 999, 2500],
  ])('%s go up strictly, and the last is a whole millisecond', (_, lastStamp, now, count) => {
    const stamps = nextStamps(lastStamp, now, count);
    expect(stamps).toHaveLength(count);
    for (const [index, stamp] of stamps.entries())
      expect(stamp).toBeGreaterThan(index === 0 ? lastStamp : (stamps[index - 1] ?? 0));
    expect((stamps.at(-1) ?? 0) % 1000).toBe(0);
    expect(stamps[0]).toBeGreaterThanOrEqual(now);
  });

  it('of nothing are none', () => {
    expect(nextStamps(5, 7, 0)).toEqual([]);
  });
});

describe('adding an object', () => {
  it('takes what is new', () => {
    const { add, rows } = owner();
    expect(kinds(add([campaign(1)]))).toEqual(['added']);
    expect(rows()).toMatchObject([{ latest: LATEST.overall, version: 1_000_000 }]);
  });

  it('leaves what is there as it is, also when it is written differently (item 150)', () => {
    const { add, rows } = owner();
    add([campaign(1)]);
    const again = campaign(1);
    const rewritten = { ...again, text: JSON.stringify(JSON.parse(again.text), null, 2) };
    const plan = add([again, rewritten]);
    expect(kinds(plan)).toEqual(['already there', 'already there']);
    expect(plan.inserts).toEqual([]);
    expect(rows()).toHaveLength(1);
  });

  it('refuses the same version with other content (S13)', () => {
    const { add, rows } = owner();
    add([campaign(1)]);
    const plan = add([campaign(1, { name: 'Other' }), campaign(2)]);
    expect(plan.outcomes[0]).toEqual({
      kind: 'refused',
      reason: 'version 1970-01-01T00:00:01.000000Z exists with other content (STIX 2.1 §3.6)',
    });
    expect(kinds(plan)[1]).toBe('added');
    expect(rows()).toHaveLength(2);
  });

  it('refuses the same version with other content within one envelope, and knows an equal one', () => {
    const plan = owner().add([campaign(1), campaign(1, { name: 'Other' }), campaign(1)]);
    expect(kinds(plan)).toEqual(['added', 'refused', 'already there']);
  });

  it('takes the same version of another specification version', () => {
    const { add, rows } = owner();
    add([campaign(1)]);
    const older = candidate({
      type: 'campaign',
      id: `campaign--${UUID}1`,
      created: formatTimestamp(0),
      modified: formatTimestamp(1_000_000),
      name: 'Some campaign',
    });
    expect(kinds(add([older]))).toEqual(['added']);
    expect(rows().map((row) => [row.spec_version, row.latest])).toEqual([
      ['2.1', LATEST.overall],
      ['2.0', LATEST.inSpecVersion],
    ]);
  });

  it('keeps an older version beside the newest', () => {
    const { add, rows } = owner();
    add([campaign(5)]);
    expect(kinds(add([campaign(3)]))).toEqual(['added']);
    expect(rows().map((row) => row.latest)).toEqual([LATEST.overall, LATEST.no]);
  });

  describe('that changes what must not change between versions (S11)', () => {
    it.each([
      ['created', { created: formatTimestamp(1) }],
      ['created_by_ref', { created_by_ref: `identity--${UUID}9` }],
    ])('warns of %s', (name, changes) => {
      const { add } = owner();
      add([campaign(1)]);
      const plan = add([campaign(2, changes)], { strict: true });
      expect(kinds(plan)).toEqual(['added']);
      expect(warningsOf(plan).join()).toContain(name);
    });

    it('says nothing where nothing of it changes, nor of a version before the newest', () => {
      const { add } = owner();
      add([campaign(2)]);
      expect(warningsOf(add([campaign(3, { name: 'New' })]))).toEqual([]);
      expect(warningsOf(add([campaign(1, { created: formatTimestamp(1) })]))).toEqual([]);
    });
  });

  describe('after it was revoked (S12)', () => {
    const revoked = () => {
      const there = owner();
      there.add([campaign(1, { revoked: true })]);
      return there;
    };

    it('warns', () => {
      const plan = revoked().add([campaign(2)]);
      expect(kinds(plan)).toEqual(['added']);
      expect(warningsOf(plan).join()).toContain('revoked');
    });

    it('refuses a later version where the collection is strict, also within one envelope', () => {
      expect(kinds(revoked().add([campaign(2)], { strict: true }))).toEqual(['refused']);
      const envelope = [campaign(1, { revoked: true }), campaign(2)];
      expect(kinds(owner().add(envelope, { strict: true }))).toEqual(['added', 'refused']);
    });

    it('takes a version from before', () => {
      const { add } = owner();
      add([campaign(5, { revoked: true })]);
      expect(kinds(add([campaign(4)], { strict: true }))).toEqual(['added']);
    });
  });
});

describe('an object without a version of its own', () => {
  it('has the instant it was added as its version', () => {
    const { add, rows } = owner();
    const plan = add([campaign(1), domain('one.example')]);
    const [row] = rows().filter((each) => each.stix_id.startsWith('domain'));
    expect(row?.version).toBe(row?.dateAdded);
    expect(plan.outcomes[1]).toMatchObject({ versionText: formatTimestamp(row?.dateAdded ?? 0) });
  });

  it('is there already when any stored version has its content', () => {
    const { add, rows } = owner();
    add([domain('one.example')]);
    add([domain('two.example')], { now: NOW + 5_000_000 });
    const plan = add([domain('one.example'), domain('two.example')]);
    expect(kinds(plan)).toEqual(['already there', 'already there']);
    const [first] = rows();
    expect(plan.outcomes[0]).toMatchObject({ versionText: formatTimestamp(first?.version ?? 0) });
  });

  it('is a new version with other content, the last of an envelope being the newest', () => {
    const { add, rows } = owner();
    const plan = add([domain('one.example'), domain('two.example'), domain('one.example')]);
    expect(kinds(plan)).toEqual(['added', 'added', 'already there']);
    expect(rows().map((row) => row.latest)).toEqual([LATEST.no, LATEST.overall]);
  });

  it('costs no more when an envelope brings thousands of versions of one id', () => {
    const candidates = Array.from({ length: 20_000 }, (_, index) => domain(`host-${index % 15_000}.example`));
    const startedAt = performance.now();
    const plan = owner().add(candidates);
    // Comparing each with each takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(plan.inserts).toHaveLength(15_000);
  });

  it('costs no more when versions of one instant differ in content', () => {
    const large = 'x'.repeat(2_000_000);
    const candidates = Array.from({ length: 5000 }, (_, index) => campaign(1, { name: `${index}` }));
    const stored = owner();
    stored.add([campaign(1, { description: large })]);
    const startedAt = performance.now();
    expect(new Set(kinds(stored.add(candidates)))).toEqual(new Set(['refused']));
    expect(new Set(kinds(owner().add([campaign(1, { description: large }), ...candidates])))).toEqual(
      new Set(['added', 'refused']),
    );
    // Parsing the large one for each takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('never takes the version that another object of that id has', () => {
    // A custom object may come without a version once, and with one that lies exactly where the stamp will fall.
    const id = `x-thing--${UUID}3`;
    const versioned = (version: number) =>
      candidate({
        type: 'x-thing',
        spec_version: '2.1',
        id,
        created: formatTimestamp(0),
        modified: formatTimestamp(version),
      });
    const plain = candidate({ type: 'x-thing', spec_version: '2.1', id, name: 'plain' });
    const stored = owner();
    stored.add([versioned(NOW)], { now: 0 });
    stored.add([plain], { now: NOW });
    const envelope = owner();
    envelope.add([versioned(NOW + 1000), plain], { now: NOW });
    for (const { rows } of [stored, envelope]) {
      expect(new Set(rows().map((row) => row.version)).size).toBe(2);
    }
  });
});

describe('whatever comes in whatever order', () => {
  /** One of three objects: versioned, or an observable, or a custom one that is now this and now that. */
  const anything = fc.oneof(
    fc
      .record({ version: fc.integer({ min: 0, max: 6 }), spec: fc.constantFrom('2.0', '2.1', '2.2') })
      .map(({ version, spec }) => campaign(version, { spec_version: spec })),
    fc.constantFrom('a.example', 'b.example', 'c.example').map(domain),
    fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }).map((offset) =>
      candidate({
        type: 'x-thing',
        spec_version: '2.1',
        id: `x-thing--${UUID}3`,
        ...(offset === undefined
          ? {}
          : { created: formatTimestamp(0), modified: formatTimestamp(NOW + offset * 1000) }),
      }),
    ),
  );
  const step = fc.record({
    candidates: fc.array(anything, { maxLength: 8 }),
    clock: fc.integer({ min: -3, max: 3 }).map((ms) => NOW + ms * 1000),
    strict: fc.boolean(),
  });

  it('each id shows exactly one newest version, and each specification version knows its newest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const { add, rows } = owner();
        for (const { candidates, clock, strict } of steps) add(candidates, { now: clock, strict });
        const byId = Map.groupBy(rows(), (row) => row.stix_id);
        for (const versions of byId.values()) {
          const latestSpec = versions
            .map((row) => row.spec_version)
            .sort()
            .at(-1);
          const bySpec = Map.groupBy(versions, (row) => row.spec_version);
          for (const [spec, ofSpec] of bySpec) {
            const newest = Math.max(...ofSpec.map((row) => row.version));
            for (const row of ofSpec) {
              const expected =
                row.version < newest
                  ? LATEST.no
                  : spec === latestSpec
                    ? LATEST.overall
                    : LATEST.inSpecVersion;
              expect(row.latest).toBe(expected);
            }
            expect(new Set(ofSpec.map((row) => row.version)).size).toBe(ofSpec.length);
          }
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('stamps go up strictly in the order of the envelope, and each envelope ends on a whole millisecond', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const { add } = owner();
        let last = 0;
        for (const { candidates, clock } of steps) {
          const plan = add(candidates, { now: clock });
          for (const insert of plan.inserts) {
            expect(insert.dateAdded).toBeGreaterThan(last);
            last = insert.dateAdded;
          }
          expect(plan.lastStamp).toBe(last);
          expect(last % 1000).toBe(0);
          // What was added comes in the order of the envelope (item 165).
          const added = candidates.filter((_, index) => plan.outcomes[index]?.kind === 'added');
          expect(plan.inserts.map((insert) => insert.candidate)).toEqual(added);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('adding the same again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 12 }), (candidates) => {
        const { add, rows } = owner();
        add(candidates);
        const before = rows();
        const plan = add(candidates, { now: NOW + 60_000_000 });
        expect(plan.inserts).toEqual([]);
        expect(rows()).toEqual(before);
        expect(kinds(plan)).not.toContain('added');
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
