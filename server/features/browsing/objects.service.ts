import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import {
  MAX_LISTED_VERSIONS,
  type ObjectDetails,
  type ObjectItem,
  type ObjectsPage,
  type ObjectsQuery,
} from '../../../contract/intelligence.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Database } from '../../db/open.ts';
import { decodeCursor, pageFrom } from '../../pages.ts';
import { formatTimestamp, type Micros, parseTimestamp } from '../../protocols/timestamp.ts';
import {
  countVersions,
  findLatest,
  findVersion,
  type HeadRow,
  type IdPosition,
  listByIdPrefix,
  listLatest,
  listSpecVersions,
  listVersions,
  readTexts,
  type Stretch,
} from './browsing.store.ts';
import { holdsText } from './labels.rules.ts';
import { countRead, findLabels, readObjects } from './object-texts.ts';
import { missingObject, namedIn, objectItemOf, readObject, readSearch } from './objects.rules.ts';
import { findReadable } from './readable-collection.ts';

const DEFAULT_OBJECTS = 50;
/** Objects that one page of a search looks through, and how long it may take; both are looked at between stretches. */
const SEARCHED_OBJECTS = 5000;
const SEARCHED_MS = 400;
const STRETCH = 200;
/** Versions among which one page looks for ids that begin in a way, for each object that it may have. */
const WALKED_VERSIONS = 5;
/** `LATEST.overall` */
const LATEST = 2;
const BEFORE_ALL = -1;
const AFTER_ALL = Number.MAX_SAFE_INTEGER;

const ASCII = /^[ -~]{0,300}$/;

/** Where a list goes on: after that stamp, or after that version in the order of ids. */
const position = z.union([
  z.tuple([z.literal('at'), z.int()]),
  z.tuple([z.literal('id'), z.string().regex(ASCII), z.string().regex(ASCII), z.int()]),
]);

type Found = { rows: HeadRow[]; next: string | null; searchedTo: Micros | undefined };

/**
 * A page of the objects of a collection, of each its latest version. Whatever is asked for, a page reads no more than a
 * bounded part of the collection.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function listObjects(
  app: App,
  caller: Caller,
  { collection, ...query }: ObjectsQuery & { collection: string },
): Promise<ObjectsPage> {
  return await readingAs(app, caller, 'intelligence.read', async (about) => {
    const { db } = app;
    const { row, publishedOnly } = await findReadable(db.read, caller.access, collection, about);
    const after = query.after === undefined ? undefined : decodeCursor(query.after, position);
    // Nothing is published yet: as over TAXII.
    if (publishedOnly) return { items: [], next: null, searchedTo: null };
    const found = await findObjects(db, row.owner_id, query, after);
    return {
      items: await itemsOf(db, row.owner_id, found.rows),
      next: found.next,
      searchedTo: found.searchedTo === undefined ? null : formatTimestamp(found.searchedTo),
    };
  });
}

async function findObjects(
  db: Database,
  ownerId: number,
  query: ObjectsQuery,
  after: z.output<typeof position> | undefined,
): Promise<Found> {
  const limit = query.limit ?? DEFAULT_OBJECTS;
  const ascending = query.sort === 'dateAdded';
  const bounds = {
    above: instantOf(query.addedAfter) ?? BEFORE_ALL,
    below: instantOf(query.addedBefore) ?? AFTER_ALL,
  };
  const search = readSearch(query.search);
  if (search.kind === 'id') {
    const isWanted = (row: HeadRow) =>
      row.latest === LATEST &&
      row.date_added > bounds.above &&
      row.date_added < bounds.below &&
      (query.type?.includes(row.type) ?? true);
    if (search.isWhole) {
      const rows = [...(await findLatest(db, ownerId, [search.prefix])).values()];
      return { rows: rows.filter(isWanted), next: null, searchedTo: undefined };
    }
    const from: IdPosition | undefined = after?.[0] === 'id' ? [after[1], after[2], after[3]] : undefined;
    return await findByIdPrefix(db, { ownerId, prefix: search.prefix, from, limit, isWanted });
  }
  if (after?.[0] === 'at') {
    if (ascending) bounds.above = Math.max(bounds.above, after[1]);
    else bounds.below = Math.min(bounds.below, after[1]);
  }
  const stretch: Stretch = { ownerId, types: query.type ?? [], ...bounds, ascending, limit: limit + 1 };
  if (search.kind === 'text') return await findByText(db, stretch, search.needle, limit);
  const { rows, next } = pageFrom(await listLatest(db, stretch), limit, positionAt);
  return { rows, next, searchedTo: undefined };
}

function positionAt({ date_added }: HeadRow) {
  return ['at', date_added];
}

async function findByIdPrefix(
  db: Database,
  wanted: {
    ownerId: number;
    prefix: string;
    from: IdPosition | undefined;
    limit: number;
    isWanted(row: HeadRow): boolean;
  },
): Promise<Found> {
  const { ownerId, prefix, from, limit, isWanted } = wanted;
  const most = WALKED_VERSIONS * (limit + 1);
  const walked = await listByIdPrefix(db, ownerId, prefix, from, most + 1);
  const { rows: seen, next } = pageFrom(walked, most, positionOfId);
  const hits = seen.filter(isWanted);
  const page = pageFrom(hits, limit, positionOfId);
  return { rows: page.rows, next: page.next ?? next, searchedTo: undefined };
}

function positionOfId({ stix_id, spec_version, version }: HeadRow) {
  return ['id', stix_id, spec_version, version];
}

/** Reads the objects in stretches, between which other requests have their turn, until the page is full or it was enough. */
async function findByText(db: Database, whole: Stretch, needle: string, limit: number): Promise<Found> {
  const hits: HeadRow[] = [];
  const begunAt = performance.now();
  const stretch = { ...whole, limit: STRETCH };
  for (let looked = 0; ; ) {
    const found = await listLatest(db, stretch);
    const rows = found.slice(0, countRead(found));
    const objects = await readObjects(db, rows);
    for (const row of rows) {
      const object = objects.get(row.id);
      if (object !== undefined && holdsText(object, needle)) hits.push(row);
    }
    const last = rows.at(-1);
    if (hits.length > limit) return { ...pageFrom(hits, limit, positionAt), searchedTo: undefined };
    if (last === undefined || (found.length < STRETCH && rows.length === found.length))
      return { rows: hits, next: null, searchedTo: undefined };
    looked += rows.length;
    if (looked >= SEARCHED_OBJECTS || performance.now() - begunAt > SEARCHED_MS) {
      const { next } = pageFrom([last, last], 1, positionAt);
      return { rows: hits, next, searchedTo: last.date_added };
    }
    if (stretch.ascending) stretch.above = last.date_added;
    else stretch.below = last.date_added;
    await nextTurn();
  }
}

async function itemsOf(db: Database, ownerId: number, rows: readonly HeadRow[]): Promise<ObjectItem[]> {
  const objects = await readObjects(db, rows);
  const labels = await findLabels(
    db,
    ownerId,
    rows.flatMap((row) => namedIn(objects.get(row.id))),
  );
  const versions = await countVersions(
    db,
    ownerId,
    rows.map((row) => row.stix_id),
    MAX_LISTED_VERSIONS,
  );
  return rows.map((row) => objectItemOf(row, objects.get(row.id), versions.get(row.stix_id) ?? 1, labels));
}

/**
 * An object in the version that is asked for, the latest unless another is.
 * @throws AppError `not_found`, `forbidden`
 */
export async function getObject(
  app: App,
  caller: Caller,
  asked: {
    collection: string;
    object: string;
    version?: string | undefined;
    specVersion?: string | undefined;
  },
): Promise<ObjectDetails> {
  return await readingAs(app, caller, 'intelligence.read', async (about) => {
    const { db } = app;
    const { row, publishedOnly } = await findReadable(db.read, caller.access, asked.collection, about);
    const ownerId = row.owner_id;
    const found = publishedOnly ? undefined : await findAsked(db, ownerId, asked);
    if (found === undefined) throw missingObject(asked.object);
    const json = (await readTexts(db, [found.id])).get(found.id) ?? '';
    const object = readObject(json);
    const listed = await listVersions(db, ownerId, found.stix_id, MAX_LISTED_VERSIONS + 1);
    const labels = await findLabels(db, ownerId, namedIn(object));
    return {
      ...objectItemOf(found, object, listed.length, labels),
      json,
      listedVersions: listed.slice(0, MAX_LISTED_VERSIONS).map((version) => ({
        version: version.version_text,
        specVersion: version.spec_version,
        dateAdded: formatTimestamp(version.date_added),
        revoked: version.revoked === 1,
        latest: version.latest === LATEST,
        size: version.size,
      })),
      moreVersions: listed.length > MAX_LISTED_VERSIONS,
    };
  });
}

async function findAsked(
  db: Database,
  ownerId: number,
  asked: { object: string; version?: string | undefined; specVersion?: string | undefined },
): Promise<HeadRow | undefined> {
  const version = instantOf(asked.version);
  if (asked.version !== undefined && version === undefined) return undefined;
  const specVersions =
    asked.specVersion === undefined ? await listSpecVersions(db, ownerId, asked.object) : [asked.specVersion];
  return await findVersion(db, ownerId, asked.object, { version, specVersions });
}

function instantOf(text: string | undefined): Micros | undefined {
  return text === undefined ? undefined : parseTimestamp(text);
}
