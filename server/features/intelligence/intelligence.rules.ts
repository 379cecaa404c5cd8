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

/** A version that is stored or about to be; until it is stamped, one without a version of its own counts as the newest. */
type Known = { version: Micros; text: string | undefined; insert?: PlannedInsert };

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
  for (const row of stored) {
    push(versions, `${row.stix_id} ${row.spec_version}`, { version: row.version, text: texts.get(row.id) });
  }
  const inserts: PlannedInsert[] = [];
  /** Outcomes whose version is known once the additions are stamped. */
  const unstamped: { outcome: { versionText: string }; known: Known }[] = [];
  const outcomes = candidates.map((candidate): Outcome => {
    const { head, text } = candidate;
    const key = `${head.id} ${head.specVersion}`;
    const all = versions.get(key) ?? [];
    const same = all.filter((known) => head.version === undefined || known.version === head.version);
    const equalOne = same.find(
      (known) => known.text !== undefined && (known.text === text || contentEquals(known.text, text)),
    );
    if (equalOne !== undefined) {
      const outcome: Outcome = { kind: 'already there', versionText: head.versionText ?? '' };
      if (head.versionText === undefined) unstamped.push({ outcome, known: equalOne });
      return outcome;
    }
    if (head.version !== undefined && same.length > 0) {
      return {
        kind: 'refused',
        reason: `version ${head.versionText} exists with other content (STIX 2.1 §3.6)`,
      };
    }
    const warnings: string[] = [];
    const newest = newestOf(all);
    if (newest?.text !== undefined && head.version !== undefined && head.version > newest.version) {
      const comparison = compareWithStored(head, readStoredHead(newest.text), { strict });
      if (!comparison.ok) return { kind: 'refused', reason: comparison.reasons.join('; ') };
      warnings.push(...comparison.warnings);
    }
    const version = head.version ?? Number.POSITIVE_INFINITY;
    const insert: PlannedInsert = {
      candidate,
      version,
      versionText: head.versionText ?? '',
      dateAdded: 0,
      latest: LATEST.no,
    };
    inserts.push(insert);
    const known: Known = { version, text, insert };
    push(versions, key, known);
    const outcome: Outcome = { kind: 'added', versionText: insert.versionText, warnings };
    if (head.version === undefined) unstamped.push({ outcome, known });
    return outcome;
  });

  const stamps = nextStamps(input.lastStamp, now, inserts.length);
  for (const [index, insert] of inserts.entries()) insert.dateAdded = stamps[index] ?? 0;
  for (const list of versions.values()) stampVersions(list);
  for (const { outcome, known } of unstamped) outcome.versionText = formatTimestamp(known.version);
  return {
    outcomes,
    inserts,
    demotions: markLatest(stored, inserts),
    lastStamp: stamps.at(-1) ?? input.lastStamp,
  };
}

/** Gives what has no version of its own the instant at which it was added, or the next that no other version has. */
function stampVersions(list: readonly Known[]): void {
  const taken = new Set(list.map((known) => known.version));
  for (const known of list) {
    const { insert } = known;
    if (insert === undefined || insert.candidate.head.version !== undefined) continue;
    known.version = insert.dateAdded;
    while (taken.has(known.version)) known.version++;
    taken.add(known.version);
    insert.version = known.version;
    insert.versionText = formatTimestamp(known.version);
  }
}

/** Sets `latest` of the additions; returns the stored versions whose `latest` changes through them. */
function markLatest(
  stored: readonly StoredVersion[],
  inserts: readonly PlannedInsert[],
): { id: number; latest: number }[] {
  type Rival = { specVersion: string; version: Micros; row?: StoredVersion; insert?: PlannedInsert };
  const rivals = new Map<string, Rival[]>();
  for (const insert of inserts) {
    const { id, specVersion } = insert.candidate.head;
    push(rivals, id, { specVersion, version: insert.version, insert });
  }
  for (const row of stored) {
    if (row.latest === LATEST.no) continue;
    rivals.get(row.stix_id)?.push({ specVersion: row.spec_version, version: row.version, row });
  }
  const demotions: { id: number; latest: number }[] = [];
  for (const ofObject of rivals.values()) {
    // TAXII 2.1 §3.4.1: the latest specification version of an object shows by default.
    const latestSpec = ofObject.reduce((max, { specVersion }) => (specVersion > max ? specVersion : max), '');
    for (const rival of ofObject) {
      const isNewest = newestOf(ofObject.filter((r) => r.specVersion === rival.specVersion)) === rival;
      const ofItsSpec = rival.specVersion === latestSpec ? LATEST.overall : LATEST.inSpecVersion;
      const latest = isNewest ? ofItsSpec : LATEST.no;
      if (rival.insert !== undefined) rival.insert.latest = latest;
      if (rival.row !== undefined && rival.row.latest !== latest)
        demotions.push({ id: rival.row.id, latest });
    }
  }
  return demotions;
}

/** The newest version, of equal ones the last. */
function newestOf<T extends { version: Micros }>(list: readonly T[]): T | undefined {
  return list.reduce<T | undefined>(
    (newest, each) => (newest === undefined || each.version >= newest.version ? each : newest),
    undefined,
  );
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
