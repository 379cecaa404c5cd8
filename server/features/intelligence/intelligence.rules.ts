import {
  compareWithStored,
  contentEquals,
  contentKey,
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

/** A version that is stored or about to be. `text` only where its content may have to be compared. */
type Known = { version: Micros; text: string | undefined; insert?: PlannedInsert };

/** The versions of one object in one specification version. A thousand of them in one envelope cost no more than a thousand objects. */
type Versions = {
  byVersion: Map<Micros, Known>;
  /** Additions without a version of their own, until they are stamped. */
  unversioned: Known[];
  /** By content; made when an addition without a version of its own has to be looked for. */
  byContent: Map<string, Known> | undefined;
  /** Of equal ones the last; additions without a version of their own are newer than all. */
  newest: Known | undefined;
};

/**
 * Decides what becomes of each candidate, given every stored version of their ids (`stored`) and the text of those
 * whose content matters (`texts`, by row id; see `needsText`). Pure.
 *
 * - the same version with equal content is already there (item 150); with other content it is refused (item 151, S13);
 * - an object without a version of its own (SCOs) is new unless any stored version has its content (ADR 0003);
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
  const objects = new Map<string, Versions>();
  for (const row of stored) {
    remember(versionsOf(objects, row.stix_id, row.spec_version), {
      version: row.version,
      text: texts.get(row.id),
    });
  }
  const inserts: PlannedInsert[] = [];
  /** Outcomes whose version is known once the additions are stamped. */
  const unstamped: { outcome: { versionText: string }; known: Known }[] = [];
  const outcomes = candidates.map((candidate): Outcome => {
    const { head, text } = candidate;
    const versions = versionsOf(objects, head.id, head.specVersion);
    if (head.version === undefined) {
      const known = findContent(versions, text);
      if (known !== undefined) {
        const outcome: Outcome = { kind: 'already there', versionText: '' };
        unstamped.push({ outcome, known });
        return outcome;
      }
    } else {
      const known = versions.byVersion.get(head.version);
      const versionText = head.versionText ?? formatTimestamp(head.version);
      if (known?.text !== undefined && contentEquals(known.text, text))
        return { kind: 'already there', versionText };
      if (known !== undefined) {
        return {
          kind: 'refused',
          reason: `version ${versionText} exists with other content (STIX 2.1 §3.6)`,
        };
      }
    }
    const warnings: string[] = [];
    const { newest } = versions;
    if (newest?.text !== undefined && head.version !== undefined && head.version > newest.version) {
      const comparison = compareWithStored(head, readStoredHead(newest.text), { strict });
      if (!comparison.ok) return { kind: 'refused', reason: comparison.reasons.join('; ') };
      warnings.push(...comparison.warnings);
    }
    const insert: PlannedInsert = {
      candidate,
      version: head.version ?? Number.POSITIVE_INFINITY,
      versionText: head.versionText ?? '',
      dateAdded: 0,
      latest: LATEST.no,
    };
    inserts.push(insert);
    const known: Known = { version: insert.version, text, insert };
    remember(versions, known);
    const outcome: Outcome = { kind: 'added', versionText: insert.versionText, warnings };
    if (head.version === undefined) unstamped.push({ outcome, known });
    return outcome;
  });

  const stamps = nextStamps(input.lastStamp, now, inserts.length);
  for (const [index, insert] of inserts.entries()) insert.dateAdded = stamps[index] ?? 0;
  for (const versions of objects.values()) stampUnversioned(versions);
  for (const { outcome, known } of unstamped) outcome.versionText = formatTimestamp(known.version);
  return {
    outcomes,
    inserts,
    demotions: markLatest(stored, inserts),
    lastStamp: stamps.at(-1) ?? input.lastStamp,
  };
}

function versionsOf(objects: Map<string, Versions>, id: string, specVersion: string): Versions {
  const key = `${id} ${specVersion}`;
  let versions = objects.get(key);
  if (versions === undefined) {
    versions = { byVersion: new Map(), unversioned: [], byContent: undefined, newest: undefined };
    objects.set(key, versions);
  }
  return versions;
}

function remember(versions: Versions, known: Known): void {
  if (known.version === Number.POSITIVE_INFINITY) versions.unversioned.push(known);
  else versions.byVersion.set(known.version, known);
  if (versions.newest === undefined || known.version >= versions.newest.version) versions.newest = known;
  if (versions.byContent !== undefined) rememberContent(versions.byContent, known);
}

function rememberContent(byContent: Map<string, Known>, known: Known): void {
  const key = known.text === undefined ? undefined : contentKey(known.text);
  if (key !== undefined && !byContent.has(key)) byContent.set(key, known);
}

function findContent(versions: Versions, text: string): Known | undefined {
  if (versions.newest === undefined) return undefined;
  if (versions.byContent === undefined) {
    versions.byContent = new Map();
    for (const known of [...versions.byVersion.values(), ...versions.unversioned])
      rememberContent(versions.byContent, known);
  }
  const key = contentKey(text);
  return key === undefined ? undefined : versions.byContent.get(key);
}

/** Gives what has no version of its own the instant at which it was added, or the next that no other version has. */
function stampUnversioned({ byVersion, unversioned }: Versions): void {
  let free = 0;
  for (const known of unversioned) {
    const { insert } = known;
    if (insert === undefined) continue;
    free = Math.max(free, insert.dateAdded);
    while (byVersion.has(free)) free++;
    known.version = free++;
    insert.version = known.version;
    insert.versionText = formatTimestamp(known.version);
  }
}

/** Sets `latest` of the additions; returns the stored versions whose `latest` changes through them. */
function markLatest(
  stored: readonly StoredVersion[],
  inserts: readonly PlannedInsert[],
): { id: number; latest: number }[] {
  type Newest = { version: Micros; row?: StoredVersion; insert?: PlannedInsert };
  /** By object and specification version. */
  const newest = new Map<string, Map<string, Newest>>();
  for (const insert of inserts) {
    const { id, specVersion } = insert.candidate.head;
    const ofObject = newest.get(id) ?? new Map<string, Newest>();
    newest.set(id, ofObject);
    if (insert.version >= (ofObject.get(specVersion)?.version ?? Number.NEGATIVE_INFINITY))
      ofObject.set(specVersion, { version: insert.version, insert });
  }
  const before = stored.filter((row) => row.latest !== LATEST.no && newest.has(row.stix_id));
  for (const row of before) {
    const ofObject = newest.get(row.stix_id);
    if (row.version > (ofObject?.get(row.spec_version)?.version ?? Number.NEGATIVE_INFINITY))
      ofObject?.set(row.spec_version, { version: row.version, row });
  }
  const after = new Map<StoredVersion, number>();
  for (const ofObject of newest.values()) {
    // TAXII 2.1 §3.4.1: the latest specification version of an object shows by default.
    const latestSpec = [...ofObject.keys()].reduce((a, b) => (b > a ? b : a));
    for (const [specVersion, { row, insert }] of ofObject) {
      const latest = specVersion === latestSpec ? LATEST.overall : LATEST.inSpecVersion;
      if (insert !== undefined) insert.latest = latest;
      if (row !== undefined) after.set(row, latest);
    }
  }
  return before
    .map((row) => ({ row, latest: after.get(row) ?? LATEST.no }))
    .filter(({ row, latest }) => row.latest !== latest)
    .map(({ row, latest }) => ({ id: row.id, latest }));
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
