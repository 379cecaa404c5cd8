import { INSTANCE } from '../../access/can.ts';
import { reading } from '../../action.ts';
import type { App } from '../../context.ts';
import { AppError } from '../../errors.ts';
import {
  decodeCursor,
  type EffectiveQuery,
  encodeCursor,
  nextCursor,
  resolveQuery,
} from '../../protocols/taxii/cursor.ts';
import { parseQuery } from '../../protocols/taxii/filters.ts';
import { STIX_20_MEDIA_TYPE, STIX_MEDIA_TYPE } from '../../protocols/taxii/media-types.ts';
import {
  type ApiRoot,
  apiRootResource,
  type Collection,
  type Collections,
  collectionsResource,
  type Discovery,
  envelopeFrame,
  manifestRecord,
  manifestResource,
  versionsResource,
} from '../../protocols/taxii/resources.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import { type ExchangeStatements, findStatus } from './exchange.store.ts';
import type { CachedPage, PageCache } from './page-cache.ts';
import { planPage } from './pages.rules.ts';
import { EMPTY_PAGE, framed, type PageRequest, type Pages, type RecordPage } from './pages.store.ts';
import { requireCollection, requireReadable, type Session, type VisibleCollection } from './session.rules.ts';
import { collectionOf, discoveryOf, visibleCollections } from './shown.rules.ts';

/** What the reading side of the exchange is made of. */
export type Exchange = {
  app: App;
  statements: ExchangeStatements;
  pages: Pages;
  cache: PageCache;
  usage: UsageRecorder;
};

/** TAXII 2.1 §4.1: the API roots that the asker may use, which is the one of its service. */
export function getDiscovery({ service, access }: Session, baseUrl: string): Discovery {
  access.require('exchange.connect', INSTANCE);
  return discoveryOf(service, baseUrl);
}

/** TAXII 2.1 §4.2 */
export function getApiRoot({ service, access }: Session): ApiRoot {
  access.require('exchange.connect', INSTANCE);
  return apiRootResource(service);
}

/** TAXII 2.1 §5.1: every collection that the asker may read or write, by id. */
export async function listVisibleCollections(
  { statements }: Exchange,
  session: Session,
): Promise<Collections> {
  session.access.require('exchange.connect', INSTANCE);
  const rows = await reading(async () => await statements.collections([session.account.id]));
  const visible = visibleCollections(session.access.actor, session.account, rows);
  return collectionsResource(
    visible.map((row) => collectionOf(session.readOnly, row, row.holds_stix_20 === 1)),
  );
}

/** TAXII 2.1 §5.2 */
export async function getCollection({ statements }: Exchange, session: Session): Promise<Collection> {
  const collection = requireCollection(session);
  const [row] = await reading(async () => await statements.holdsStix20([collection.owner_id]));
  return collectionOf(session.readOnly, collection, row?.holds_stix_20 === 1);
}

type Listing = {
  accountId: number;
  collection: VisibleCollection;
  query: EffectiveQuery;
  request: PageRequest;
  /** Octets of the page, at most. */
  mostBytes: number;
  /** The page is made of objects, and not of what is told about them. */
  hasObjects: boolean;
  /** It goes on where the page before it ended. */
  continues: boolean;
  /** Names the page among all that can be asked for; the owner's change counter keeps it true. */
  key: string;
};

/** §5.3.1: a record names a media type of the collection, or none. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['2.1', STIX_MEDIA_TYPE],
  ['2.0', STIX_20_MEDIA_TYPE],
]);

const NEXT_PURPOSE = 'taxii next';

type ListingEndpoint = 'objects' | 'manifest' | 'object' | 'versions';

/** Listings of a collection as one account sees it, by what was asked for: they follow from it and from nothing else. */
const listings = new WeakMap<VisibleCollection, Map<string, Listing>>();
const KNOWN_LISTINGS = 20;
const LONGEST_KNOWN_QUERY = 300;

function openListing(
  { app }: Exchange,
  session: Session,
  rawQuery: string,
  endpoint: ListingEndpoint,
  stixId?: string,
): Listing {
  const collection = requireReadable(session);
  // While nothing in the database has changed, the collection is the same object as in the request before.
  let known = listings.get(collection);
  if (known === undefined) {
    known = new Map();
    listings.set(collection, known);
  }
  const name = `${endpoint} ${stixId ?? ''} ${rawQuery}`;
  let listing = known.get(name);
  if (listing === undefined) {
    listing = readListing(app, session, collection, { rawQuery, endpoint, stixId });
    if (name.length > LONGEST_KNOWN_QUERY) return listing;
    if (known.size >= KNOWN_LISTINGS) known.clear();
    known.set(name, listing);
  }
  return listing;
}

function readListing(
  app: App,
  session: Session,
  collection: VisibleCollection,
  asked: { rawQuery: string; endpoint: ListingEndpoint; stixId: string | undefined },
): Listing {
  const { rawQuery, endpoint, stixId } = asked;
  const parsed = parseQuery(rawQuery, endpoint, session.service.strict);
  if (!parsed.ok) {
    throw new AppError('invalid_input', {
      message: `${parsed.parameter} ${parsed.problem}`,
      parameter: parsed.parameter,
    });
  }
  const cursor = readNext(app, collection.collection_id, parsed.query.next);
  const query = resolveQuery(parsed.query, cursor);
  // §5.8: the versions of an object are all of them; match[version] does not exist there.
  const filters = endpoint === 'versions' ? { ...query.filters, versions: 'all' as const } : query.filters;
  const { service } = session;
  const limit = Math.min(query.limit ?? service.defaultPageSize, service.maxPageSize);
  const after = query.after ?? -1;
  const largest = collection.largest_object;
  const hasObjects = endpoint === 'objects' || endpoint === 'object';
  return {
    accountId: session.account.id,
    collection,
    query,
    hasObjects,
    continues: cursor !== undefined,
    request: {
      ownerId: collection.owner_id,
      after,
      limit,
      maxBytes: service.maxPageBytes,
      largestObject: largest,
      plan: planPage(filters, stixId),
    },
    mostBytes: hasObjects
      ? Math.min(limit * (largest + 1), Math.max(service.maxPageBytes, largest))
      : limit * RECORD_BYTES,
    key: JSON.stringify([
      endpoint,
      collection.collection_id,
      collection.owner_id,
      collection.change_counter,
      collection.rights.publishedOnly,
      service.maxPageBytes,
      limit,
      after,
      query,
      stixId,
    ]),
  };
}

function readNext(app: App, collectionId: string, next: string | undefined) {
  if (next === undefined) return undefined;
  const bytes = app.keys.unseal(NEXT_PURPOSE, next);
  const cursor = bytes === undefined ? undefined : decodeCursor(bytes);
  // Item 95: a token of another collection is no token of this one.
  if (cursor === undefined || cursor.collectionId !== collectionId) {
    throw new AppError('invalid_input', {
      message: 'next is not a token of this collection',
      parameter: 'next',
    });
  }
  return cursor;
}

function nextToken(
  { app }: Exchange,
  listing: Listing,
  more: boolean,
  last: Micros | undefined,
): string | undefined {
  if (!more || last === undefined) return undefined;
  const cursor = nextCursor(listing.collection.collection_id, listing.query, last);
  return app.keys.seal(NEXT_PURPOSE, encodeCursor(cursor));
}

/** A page, and the instants of its date headers: on an empty page what was asked for, else when the collection began (item 112). */
export type PageAnswer = { page: CachedPage; first: Micros; last: Micros };

/** What is asked for, and the way to room in memory for the answer. */
export type Query = { rawQuery: string; address: string; reserve(bytes: number): Promise<void> };

/** Octets of a record of a manifest, at most: an id, two timestamps, a media type, their names. */
const RECORD_BYTES = 700;
const FRAME_BYTES = 5000;

async function answer(
  exchange: Exchange,
  listing: Listing,
  asked: Query,
  build: () => Promise<CachedPage>,
): Promise<PageAnswer> {
  let page = exchange.cache.get(listing.key);
  if (page !== undefined) {
    await asked.reserve(page.body.byteLength);
  } else {
    await asked.reserve(FRAME_BYTES + listing.mostBytes);
    page = await reading(build);
    page.isSentOnce = !exchange.cache.set(listing.key, page);
  }
  exchange.usage.served({
    accountId: listing.accountId,
    collectionId: listing.collection.collection_id,
    address: asked.address,
    continues: listing.continues,
    objects: listing.hasObjects ? page.count : 0,
    octets: page.body.byteLength,
  });
  const fallback = listing.query.after ?? listing.collection.collection_created_at;
  return { page, first: page.first ?? fallback, last: page.last ?? fallback };
}

/** TAXII 2.1 §5.4, and §5.6 with `stixId`: a page of objects, their stored texts as they are. */
export async function getObjects(
  exchange: Exchange,
  session: Session,
  asked: Query,
  stixId?: string,
): Promise<PageAnswer> {
  const listing = openListing(
    exchange,
    session,
    asked.rawQuery,
    stixId === undefined ? 'objects' : 'object',
    stixId,
  );
  return await answer(exchange, listing, asked, async () => {
    await requireObject(exchange, listing.collection, stixId);
    const found = listing.collection.rights.publishedOnly
      ? EMPTY_PAGE
      : await exchange.pages.objects(listing.request);
    const last = found.count === 0 ? undefined : found.last;
    const { head, tail } = envelopeFrame(found.count === 0, nextToken(exchange, listing, found.more, last));
    return {
      body: framed(found.json, head, tail),
      first: found.count === 0 ? undefined : found.first,
      last,
      count: found.count,
    };
  });
}

/** TAXII 2.1 §5.3: what `getObjects` gives for the same query, without the objects. */
export async function getManifest(exchange: Exchange, session: Session, asked: Query): Promise<PageAnswer> {
  const listing = openListing(exchange, session, asked.rawQuery, 'manifest');
  return await answer(exchange, listing, asked, async () => {
    const { records, more } = await findRecords(exchange, listing);
    const last = records.at(-1)?.date_added;
    const manifest = manifestResource(
      records.map((record) =>
        manifestRecord({
          id: record.stix_id,
          dateAdded: record.date_added,
          version: record.version_text,
          mediaType: MEDIA_TYPES.get(record.spec_version),
        }),
      ),
      nextToken(exchange, listing, more, last),
    );
    return pageOf(manifest, records);
  });
}

/** TAXII 2.1 §5.8 */
export async function getVersions(
  exchange: Exchange,
  session: Session,
  asked: Query,
  stixId: string,
): Promise<PageAnswer> {
  const listing = openListing(exchange, session, asked.rawQuery, 'versions', stixId);
  return await answer(exchange, listing, asked, async () => {
    await requireObject(exchange, listing.collection, stixId);
    const { records, more } = await findRecords(exchange, listing);
    const texts = records.map((record) => record.version_text);
    return pageOf(
      versionsResource(texts, nextToken(exchange, listing, more, records.at(-1)?.date_added)),
      records,
    );
  });
}

/** TAXII 2.1 §4.3: the status of a request that the asker made. Those of others do not exist for it (item 54). */
export async function getStatus({ app }: Exchange, session: Session, id: string): Promise<string> {
  session.access.require('exchange.connect', INSTANCE);
  const json = await reading(() =>
    findStatus(app.db.read, {
      id: id.toLowerCase(),
      serviceId: session.service.id,
      accountId: session.account.id,
    }),
  );
  if (json === undefined) throw new AppError('not_found', { message: 'There is no such status.' });
  return json;
}

async function findRecords({ pages }: Exchange, listing: Listing): Promise<RecordPage> {
  if (listing.collection.rights.publishedOnly) return { records: [], more: false };
  // A record is small whatever its object weighs.
  return await pages.records({ ...listing.request, maxBytes: Number.MAX_SAFE_INTEGER });
}

/** §5.6, §5.8: an object of which the collection has no version is not found; one whose versions the filters exclude is. */
async function requireObject(
  { pages }: Exchange,
  collection: VisibleCollection,
  stixId: string | undefined,
): Promise<void> {
  if (stixId === undefined) return;
  if (collection.rights.publishedOnly || !(await pages.exists(collection.owner_id, stixId))) {
    throw new AppError('not_found', { message: 'The collection has no such object.' });
  }
}

function pageOf(resource: object, records: RecordPage['records']): CachedPage {
  return {
    body: Buffer.from(JSON.stringify(resource)),
    first: records[0]?.date_added,
    last: records.at(-1)?.date_added,
    count: records.length,
  };
}
