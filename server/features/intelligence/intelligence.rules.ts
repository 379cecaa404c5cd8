import {
  compareWithStored,
  contentEquals,
  readStoredHead,
  type StixHead,
} from '../../protocols/stix/check.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';

/** How new a version is: what a page shows without filters, decided when it is written. */
export const LATEST = {
  /** A newer version of the same spec version exists. */
  no: 0,
  /** The newest version within its spec version; a later spec version of the object exists. */
  inSpecVersion: 1,
  /** The newest version of the latest spec version: what TAXII 2.1 §3.4.1 gives by default. */
  overall: 2,
} as const;

/** An object that passed the checks and asks to be added to an owner. */
export type Candidate = {
  head: StixHead;
  text: string /** Octets of the text. */;
  size: number;
  warnings: readonly string[];
};

/** What the planning must know of a stored version. `text` only where contents may have to be compared. */
export type StoredVersion = {
  id: number;
  stix_id: string;
  spec_version: string;
  version: Micros;
  latest: number;
};

export type PlannedInsert = {
  candidate: Candidate;
  version: Micros;
  versionText: string;
  dateAdded: Micros;
  latest: number;
};

export type Outcome =
  | { kind: 'added'; versionText: string; warnings: string[] }
  | { kind: 'already there'; versionText: string }
  | { kind: 'refused'; reason: string };

export type Plan = {
  /** One per candidate, in their order. */
  outcomes: Outcome[];
  /** In envelope order, which is also the order of `dateAdded` (item 165). */
  inserts: PlannedInsert[];
  /** Stored versions whose `latest` changes. */
  demotions: { id: number; latest: number }[];
  /** The owner's last stamp afterwards. */
  lastStamp: Micros;
};

/**
 * Stamps for `count` objects that are added at `now`: strictly increasing, greater than every stamp given out before,
 * even when the clock went back. The last is a whole millisecond, so that a client that cuts its cursor to milliseconds
 * does not download its tail again for ever.
 */
export function nextStamps(lastStamp: Micros, now: Micros, count: number): Micros[] {
  const first = Math.max(now, lastStamp + 1);
  const stamps = Array.from({ length: count }, (_, index) => first + index);
  if (count > 0) stamps[count - 1] = Math.ceil((first + count - 1) / 1000) * 1000;
  return stamps;
}

type Known = { text: string | undefined; id: number | undefined; version: Micros };
type Newest = {
  version: Micros;
  specVersion: string;
  id?: number;
  insert?: PlannedInsert;
  text?: string | undefined;
};

/**
 * Decides what becomes of each candidate, given every stored version of their ids (`stored`) and the text of those
 * whose content matters (`texts`, by row id; see `needsText`). Pure.
 *
 * - the same version with equal content is already there (item 150); with other content it is refused (item 151, S13);
 * - an object without a version of its own (SCOs) is new unless any stored version has its content (product decision 17);
 * - a later version after a revoked one is refused by a strict collection, and warned of elsewhere (S12).
 */
export function planAdditions(input: {
  candidates: readonly Candidate[];
  stored: readonly StoredVersion[];
  texts: ReadonlyMap<number, string>;
  lastStamp: Micros;
  now: Micros;
  strict: boolean;
}): Plan {
  const { candidates, stored, texts, now, strict } = input;
  const versions = new Map<string, Known[]>();
  const newest = new Map<string, Newest[]>();
  for (const row of stored) {
    push(versions, `${row.stix_id} ${row.spec_version}`, {
      text: texts.get(row.id),
      id: row.id,
      version: row.version,
    });
    if (row.latest !== LATEST.no) {
      push(newest, row.stix_id, {
        version: row.version,
        specVersion: row.spec_version,
        id: row.id,
        text: texts.get(row.id),
      });
    }
  }

  const demotions = new Map<number, number>();
  const inserts: PlannedInsert[] = [];
  const outcomes = candidates.map((candidate): Outcome => {
    const { head, text } = candidate;
    const known = versions.get(`${head.id} ${head.specVersion}`) ?? [];
    const same = known.filter((k) => head.version === undefined || k.version === head.version);
    const equalOne = same.find(
      (k) => k.text !== undefined && (k.text === text || contentEquals(k.text, text)),
    );
    if (equalOne !== undefined) {
      return { kind: 'already there', versionText: head.versionText ?? formatTimestamp(equalOne.version) };
    }
    if (head.version !== undefined && same.length > 0) {
      return {
        kind: 'refused',
        reason: `version ${head.versionText} exists with other content (STIX 2.1 §3.6)`,
      };
    }
    const rivals = newest.get(head.id) ?? [];
    const rival = rivals.find((r) => r.specVersion === head.specVersion);
    const warnings: string[] = [];
    const before = rival?.insert?.candidate.text ?? rival?.text;
    if (
      rival !== undefined &&
      before !== undefined &&
      head.version !== undefined &&
      head.version > rival.version
    ) {
      const comparison = compareWithStored(head, readStoredHead(before), { strict });
      if (!comparison.ok) return { kind: 'refused', reason: comparison.reasons.join('; ') };
      warnings.push(...comparison.warnings);
    }
    const insert: PlannedInsert = {
      candidate,
      version: head.version ?? Number.NaN, // stamped below
      versionText: head.versionText ?? '',
      dateAdded: 0,
      latest: LATEST.no,
    };
    inserts.push(insert);
    push(versions, `${head.id} ${head.specVersion}`, {
      text,
      id: undefined,
      version: head.version ?? Number.POSITIVE_INFINITY,
    });
    const version = head.version ?? Number.POSITIVE_INFINITY;
    if (rival === undefined || version >= rival.version) {
      if (rival !== undefined) {
        rivals.splice(rivals.indexOf(rival), 1);
        setLatest(rival, LATEST.no, demotions);
      }
      rivals.push({ version, specVersion: head.specVersion, insert });
      newest.set(head.id, rivals);
      // The newest of each spec version: the latest spec version shows by default (TAXII 2.1 §3.4.1).
      const latestSpec = rivals.reduce((a, b) => (b.specVersion > a.specVersion ? b : a));
      for (const r of rivals)
        setLatest(r, r === latestSpec ? LATEST.overall : LATEST.inSpecVersion, demotions);
    }
    return { kind: 'added', versionText: insert.versionText, warnings };
  });

  const stamps = nextStamps(input.lastStamp, now, inserts.length);
  for (const [index, insert] of inserts.entries()) {
    insert.dateAdded = stamps[index] ?? 0;
    if (insert.candidate.head.version === undefined) {
      insert.version = insert.dateAdded;
      insert.versionText = formatTimestamp(insert.dateAdded);
    }
  }
  const byCandidate = new Map(inserts.map((insert) => [insert.candidate, insert]));
  for (const [index, outcome] of outcomes.entries()) {
    const candidate = candidates[index];
    const insert = candidate && byCandidate.get(candidate);
    if (outcome.kind === 'added' && insert !== undefined) outcome.versionText = insert.versionText;
  }
  return {
    outcomes,
    inserts,
    demotions: [...demotions].map(([id, latest]) => ({ id, latest })),
    lastStamp: stamps.at(-1) ?? input.lastStamp,
  };
}

function setLatest(newest: Newest, latest: number, demotions: Map<number, number>): void {
  if (newest.insert !== undefined) newest.insert.latest = latest;
  if (newest.id !== undefined) demotions.set(newest.id, latest);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The stored rows whose text `planAdditions` will look at: of equal versions, and of the newest before a new one. */
export function needsText(candidates: readonly Candidate[], stored: readonly StoredVersion[]): number[] {
  if (stored.length === 0) return [];
  const versions = new Map<string, Set<Micros | 'any'>>();
  for (const { head } of candidates) {
    const key = `${head.id} ${head.specVersion}`;
    const wanted = versions.get(key) ?? new Set();
    wanted.add(head.version ?? 'any');
    versions.set(key, wanted);
  }
  return stored
    .filter((row) => {
      const wanted = versions.get(`${row.stix_id} ${row.spec_version}`);
      return (
        wanted !== undefined && (row.latest !== LATEST.no || wanted.has('any') || wanted.has(row.version))
      );
    })
    .map((row) => row.id);
}
