import {
  compareWithStored,
  contentKey,
  readStoredHead,
  type StixHead,
  type StoredHead,
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
  text: string;
  /** Octets of the text. */
  size: number;
  warnings: readonly string[];
  /** Of an object without a version of its own: what tells its content from others. Else undefined. */
  contentHash: string | undefined;
};

/** `digest` of a text is its SHA-256 in hexadecimal. */
export function toCandidate(
  checked: Omit<Candidate, 'contentHash'>,
  digest: (text: string) => string,
): Candidate {
  const { head, text } = checked;
  const contentHash = head.version === undefined ? digest(contentKey(text) ?? text) : undefined;
  return { ...checked, contentHash };
}

/** A stored version, without its text, which may be large. */
export type StoredVersion = {
  id: number;
  stix_id: string;
  spec_version: string;
  version: Micros;
  latest: number;
  content_hash: string | null;
  /** Octets of its text. */
  size: number;
};

/** What the planning must know of the text of a stored version. */
export type StoredContent = {
  /** Additions of the same version with the same content. */
  equals: ReadonlySet<Candidate>;
  /** Where a later version is to be compared with it. */
  head: StoredHead | undefined;
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

/** A version that is stored or about to be. */
type Known = {
  version: Micros;
  head: StoredHead | undefined;
  hasContentOf(candidate: Candidate): boolean;
  insert?: PlannedInsert;
};

/** The versions of one object in one specification version. A thousand of them in one envelope cost no more than a thousand objects. */
type Versions = {
  byVersion: Map<Micros, Known>;
  /** Additions without a version of their own, until they are stamped. */
  unversioned: Known[];
  /** What has no version of its own, by hash of its content. */
  byContent: Map<string, Known> | undefined;
  /** Of equal ones the last; additions without a version of their own are newer than all. */
  newest: Known | undefined;
  /** The highest version that is not an addition without one. */
  highest: Micros;
};

/**
 * Decides what becomes of each candidate. `stored` are the versions that matter to them: of each id the newest, of each
 * id and specification version the newest, those of equal version, and those of equal content where there is no
 * version. `contents` is what `neededTexts` asked for, by row id. Pure.
 *
 * - the same version with equal content is already there (item 150); with other content it is refused (item 151, S13);
 * - an object without a version of its own (SCOs) is new unless any stored version has its content (ADR 0003);
 * - a later version after a revoked one is refused by a strict collection, and warned of elsewhere (S12).
 */
export function planAdditions(input: {
  candidates: readonly Candidate[];
  stored: readonly StoredVersion[];
  contents: ReadonlyMap<number, StoredContent>;
  lastStamp: Micros;
  now: Micros;
  strict: boolean;
}): Plan {
  const { candidates, stored, contents, now, strict } = input;
  const objects = new Map<string, Versions>();
  for (const row of stored) {
    const content = contents.get(row.id);
    remember(versionsOf(objects, row.stix_id, row.spec_version), row.content_hash ?? undefined, {
      version: row.version,
      head: content?.head,
      hasContentOf: (candidate) => content?.equals.has(candidate) ?? false,
    });
  }
  const isFull = withoutRoom(candidates);
  const inserts: PlannedInsert[] = [];
  /** Outcomes whose version is known once the additions are stamped. */
  const unstamped: { outcome: { versionText: string }; known: Known }[] = [];
  const outcomes = candidates.map((candidate): Outcome => {
    const { head } = candidate;
    const versions = versionsOf(objects, head.id, head.specVersion);
    if (head.version === undefined) {
      const known = versions.byContent?.get(candidate.contentHash ?? '');
      if (known !== undefined) {
        const outcome: Outcome = { kind: 'already there', versionText: '' };
        unstamped.push({ outcome, known });
        return outcome;
      }
      if (isFull(head, versions)) {
        return { kind: 'refused', reason: 'a version exists after which no instant is left to give to it' };
      }
    } else {
      const known = versions.byVersion.get(head.version);
      const versionText = head.versionText ?? formatTimestamp(head.version);
      if (known?.hasContentOf(candidate) === true) return { kind: 'already there', versionText };
      if (known !== undefined) {
        return {
          kind: 'refused',
          reason: `version ${versionText} exists with other content (STIX 2.1 §3.6)`,
        };
      }
    }
    const warnings: string[] = [];
    const { newest } = versions;
    if (newest?.head !== undefined && head.version !== undefined && head.version > newest.version) {
      const comparison = compareWithStored(head, newest.head, { strict });
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
    const known: Known = { version: insert.version, head, hasContentOf: comparing(candidate.text), insert };
    remember(versions, candidate.contentHash, known);
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

function keyOf(id: string, specVersion: string): string {
  return `${id} ${specVersion}`;
}

function versionsOf(objects: Map<string, Versions>, id: string, specVersion: string): Versions {
  const key = keyOf(id, specVersion);
  let versions = objects.get(key);
  if (versions === undefined) {
    versions = {
      byVersion: new Map(),
      unversioned: [],
      byContent: undefined,
      newest: undefined,
      highest: Number.NEGATIVE_INFINITY,
    };
    objects.set(key, versions);
  }
  return versions;
}

function remember(versions: Versions, contentHash: string | undefined, known: Known): void {
  if (known.version === Number.POSITIVE_INFINITY) {
    versions.unversioned.push(known);
  } else {
    versions.byVersion.set(known.version, known);
    versions.highest = Math.max(versions.highest, known.version);
  }
  if (versions.newest === undefined || known.version >= versions.newest.version) versions.newest = known;
  if (contentHash !== undefined) {
    versions.byContent ??= new Map();
    versions.byContent.set(contentHash, known);
  }
}

/** Compares contents with that of a text, which is parsed once at most: it may be large, and there may be many. */
function comparing(text: string): (candidate: Candidate) => boolean {
  let key: string | undefined;
  return (candidate) => {
    if (candidate.text === text) return true;
    key ??= contentKey(text);
    return key !== undefined && key === contentKey(candidate.text);
  };
}

/**
 * Whether the versions of an object reach so far into the future that one more addition without a version, which is
 * newer than all, would get an instant that is not exact any more.
 */
function withoutRoom(candidates: readonly Candidate[]): (head: StixHead, versions: Versions) => boolean {
  const highest = new Map<string, Micros>();
  if (candidates.some(({ head }) => head.version === undefined)) {
    for (const { head } of candidates) {
      const key = keyOf(head.id, head.specVersion);
      if (head.version !== undefined && head.version > (highest.get(key) ?? Number.NEGATIVE_INFINITY))
        highest.set(key, head.version);
    }
  }
  return (head, versions) => {
    const ofEnvelope = highest.get(keyOf(head.id, head.specVersion)) ?? Number.NEGATIVE_INFINITY;
    const reached = Math.max(versions.highest, ofEnvelope) + versions.unversioned.length;
    return reached >= Number.MAX_SAFE_INTEGER;
  };
}

/**
 * Gives what has no version of its own the instant at which it was added; after versions in the future, the instants
 * that follow the highest. So it is the newest, and no version exists twice, whichever others are stored.
 */
function stampUnversioned({ unversioned, highest }: Versions): void {
  let free = highest + 1;
  for (const known of unversioned) {
    const { insert } = known;
    if (insert === undefined) continue;
    known.version = Math.max(free, insert.dateAdded);
    free = known.version + 1;
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

/** A stored text that the planning has to know something of. */
export type NeededText = {
  row: StoredVersion;
  /** Additions of the same version, whose content has to be compared with it. */
  rivals: Candidate[];
  /** Whether a version that comes after it is to be compared with its head. */
  isBeforeLater: boolean;
};

/** The texts that `planAdditions` cannot do without: of equal versions, and of the newest before a later one. */
export function neededTexts(
  candidates: readonly Candidate[],
  stored: readonly StoredVersion[],
): NeededText[] {
  if (stored.length === 0) return [];
  const objects = new Map<string, { byVersion: Map<Micros, StoredVersion>; newest: StoredVersion }>();
  for (const row of stored) {
    const key = keyOf(row.stix_id, row.spec_version);
    const object = objects.get(key) ?? { byVersion: new Map(), newest: row };
    objects.set(key, object);
    object.byVersion.set(row.version, row);
    if (row.version > object.newest.version) object.newest = row;
  }
  const needed = new Map<StoredVersion, NeededText>();
  const need = (row: StoredVersion): NeededText => {
    const known = needed.get(row) ?? { row, rivals: [], isBeforeLater: false };
    needed.set(row, known);
    return known;
  };
  for (const candidate of candidates) {
    const { id, specVersion, version } = candidate.head;
    const object = objects.get(keyOf(id, specVersion));
    if (object === undefined || version === undefined) continue;
    const same = object.byVersion.get(version);
    // The content of what has no version of its own is another one.
    if (same?.content_hash === null) need(same).rivals.push(candidate);
    if (same === undefined && version > object.newest.version) need(object.newest).isBeforeLater = true;
  }
  return [...needed.values()];
}

/** What is needed of a stored text, so that the text need not be kept. */
export function readContent({ rivals, isBeforeLater }: NeededText, text: string): StoredContent {
  const hasContentOf = comparing(text);
  return {
    equals: new Set(rivals.filter(hasContentOf)),
    head: isBeforeLater ? readStoredHead(text) : undefined,
  };
}
