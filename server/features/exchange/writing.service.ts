import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { checkObject } from '../../protocols/stix/check.ts';
import { createObjectScanner, ScanError, type ScannedItem } from '../../protocols/stix/object-scanner.ts';
import { parseQuery } from '../../protocols/taxii/filters.ts';
import { type Status, type StatusDetail, statusResource } from '../../protocols/taxii/resources.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { findCollection } from '../collections/collections.store.ts';
import { type Candidate, toCandidate } from '../intelligence/intelligence.rules.ts';
import { addObjects, deleteVersions } from '../intelligence/intelligence.store.ts';
import { ownerTarget } from '../owners/owners.store.ts';
import { newUsage } from '../usage/usage.rules.ts';
import { addUsage } from '../usage/usage.store.ts';
import { findSessionBasis, insertStatus } from './exchange.store.ts';
import { requireCollection, requireReadable, type Session, type VisibleCollection } from './session.rules.ts';

/** Objects of one envelope: each costs a line in its status, however small it is. */
const MAX_OBJECTS = 50_000;
/** Characters of what a status says of one object: of the first thousand, and of those that follow. */
const MAX_MESSAGE = { first: 500, later: 100, firstCount: 1000 };

/** One element of a request, after the checks that need no database. */
type Checked = { candidate: Candidate } | { failure: StatusDetail };

/**
 * TAXII 2.1 §5.5: whether the asker may add objects, decided before anything of the request's body is read, so that
 * the body of a request without rights is no oracle (item 55).
 */
function requireWritable(session: Session): VisibleCollection {
  const collection = requireCollection(session);
  requireWritingCredential(session);
  if (!collection.rights.canWrite) {
    throw new AppError('forbidden', { message: 'Objects may not be added to this collection.' });
  }
  return collection;
}

function requireWritingCredential({ readOnly }: Session): void {
  if (readOnly) throw new AppError('forbidden', { message: 'This credential may only read.' });
}

/**
 * Adds the objects of an envelope (or bundle) to the collection: good ones are stored in one transaction, in envelope
 * order; bad ones come back as failures, each with its reason. The status is stored with them.
 * @throws AppError `invalid_input` (no JSON), `unprocessable` (no envelope), `too_large`
 */
export async function addEnvelope(
  app: App,
  caller: Caller,
  session: Session,
  openBody: () => AsyncIterable<Uint8Array>,
): Promise<Status> {
  const { service } = session;
  const collection = requireWritable(session);
  const strict = collection.collection_strict === 1;
  const requestedAt = app.clock.now();
  const checked = await checkBody(openBody(), {
    maxObjectBytes: service.maxContentLength,
    strict,
    now: requestedAt,
    digest: app.secrets.digest,
  });
  const candidates = checked.flatMap((each) => ('candidate' in each ? [each.candidate] : []));
  const statusId = app.ids.uuid();
  return await act(app, caller, 'intelligence.create', async (action) => {
    await requireStill(action, session, collection, 'intelligence.create');
    const outcomes = await addObjects(action.tx, { id: collection.owner_id, strict }, candidates, {
      accountId: session.account.id,
      now: action.now,
    });
    const added = outcomes.filter(({ kind }) => kind === 'added').length;
    if (added > 0) {
      const usage = newUsage(session.account.id, collection.collection_id, action.now);
      await addUsage(action.tx, [{ ...usage, objects_added: added }]);
    }
    const successes: StatusDetail[] = [];
    const failures: StatusDetail[] = [];
    let index = 0;
    for (const each of checked) {
      if ('failure' in each) {
        failures.push(each.failure);
        continue;
      }
      const { head } = each.candidate;
      const outcome = outcomes[index++];
      if (outcome === undefined || outcome.kind === 'refused') {
        const version = head.versionText ?? formatTimestamp(requestedAt);
        failures.push({ id: head.id, version, message: outcome?.reason ?? 'was not added' });
      } else {
        const warnings = outcome.kind === 'added' ? [...each.candidate.warnings, ...outcome.warnings] : [];
        const detail: StatusDetail = { id: head.id, version: outcome.versionText };
        if (warnings.length > 0) detail.message = `Stored. ${warnings.join('; ')}`;
        successes.push(detail);
      }
    }
    for (const list of [successes, failures]) shortenMessages(list);
    const status = statusResource({ id: statusId, requestedAt, successes, failures });
    await insertStatus(action.tx, {
      id: statusId,
      serviceId: service.id,
      accountId: session.account.id,
      now: requestedAt,
      json: JSON.stringify(status),
    });
    return status;
  });
}

/** A status is stored and sent whole, so that a small request must not make a large one. */
function shortenMessages(details: StatusDetail[]): void {
  for (const [index, detail] of details.entries()) {
    const length = index < MAX_MESSAGE.firstCount ? MAX_MESSAGE.first : MAX_MESSAGE.later;
    if (detail.message !== undefined && detail.message.length > length) {
      detail.message = `${detail.message.slice(0, length)}…`;
    }
  }
}

/** TAXII 2.1 §5.7: deletes all versions of an object, or those that the filters select. */
export async function deleteObject(
  app: App,
  caller: Caller,
  session: Session,
  rawQuery: string,
  stixId: string,
): Promise<void> {
  const collection = requireDeletable(session);
  const parsed = parseQuery(rawQuery, 'delete');
  if (!parsed.ok)
    throw new AppError('invalid_input', {
      message: `${parsed.parameter} ${parsed.problem}`,
      parameter: parsed.parameter,
    });
  const { versions, specVersions } = parsed.query;
  await act(app, caller, 'intelligence.delete', async (action) => {
    await requireStill(action, session, collection, 'intelligence.delete');
    const count = await deleteVersions(
      action.tx,
      collection.owner_id,
      { stixId, versions, specVersions },
      action.now,
    );
    if (count === undefined || count === 0) {
      throw new AppError('not_found', { message: 'The collection has no such object.' });
    }
    await action.audit({
      organizationId: collection.owner_kind === 'organization' ? collection.owner_id : null,
      targetKind: 'object',
      targetId: stixId,
      targetName: collection.owner_name,
      details: { collection: collection.collection_id, versions: count },
    });
  });
}

/** §5.7: neither right → 404, one of them → 403. */
function requireDeletable(session: Session): VisibleCollection {
  const collection = requireReadable(session);
  requireWritingCredential(session);
  if (!collection.rights.canDelete || !collection.rights.canWrite) {
    throw new AppError('forbidden', { message: 'Objects of this collection may not be deleted.' });
  }
  return collection;
}

/** The decision made before the body was read, made again on what is stored now, inside the transaction. */
async function requireStill(
  { tx, access }: Action,
  session: Session,
  seen: VisibleCollection,
  permission: 'intelligence.create' | 'intelligence.delete',
): Promise<void> {
  // A credential that ended, another service or a narrower allow-list bites although the request has begun.
  const basis = await findSessionBasis(tx, session.account.id, seen.owner_id);
  if (basis?.credential_version !== session.credentialVersion || basis.service_id !== session.service.id) {
    throw new AppError('unauthenticated');
  }
  if (basis.narrowed === 1 && basis.listed === 0) {
    throw new AppError('not_found', { message: 'There is no such collection.' });
  }
  const target = await ownerTarget(tx, { id: seen.owner_id, kind: seen.owner_kind }, access.actor);
  access.require(permission, target);
  const collection = await findCollection(tx, seen.collection_id);
  if (collection?.writable !== 1)
    throw new AppError('forbidden', { message: 'The collection accepts no writing.' });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type CheckOptions = { strict: boolean; now: number; digest(text: string): string };

async function checkBody(
  body: AsyncIterable<Uint8Array>,
  options: CheckOptions & { maxObjectBytes: number },
): Promise<Checked[]> {
  const scanner = createObjectScanner({ shape: 'envelope', maxObjectBytes: options.maxObjectBytes });
  const checked: Checked[] = [];
  const take = (items: ScannedItem[]) => {
    for (const item of items) checked.push(checkItem(item, options));
    if (checked.length > MAX_OBJECTS) {
      throw new AppError('unprocessable', {
        message: `An envelope has at most ${MAX_OBJECTS} objects.`,
        maxObjects: MAX_OBJECTS,
      });
    }
  };
  try {
    for await (const chunk of body) take(scanner.push(chunk));
    take(scanner.end());
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    const message = `${error.message} (at octet ${error.offset})`;
    throw new AppError(error.code === 'malformed' ? 'invalid_input' : 'unprocessable', { message });
  }
  return checked;
}

function checkItem(item: ScannedItem, { strict, now, digest }: CheckOptions): Checked {
  // Item 153: an element without a usable id is named by its position; §4.3.1 wants a version as well.
  const failure = (id: string | undefined, version: string | undefined, message: string): Checked => ({
    failure: {
      id: id === undefined || id === '' ? `unknown--${item.index}` : id.slice(0, 300),
      version: version === undefined || version === '' ? formatTimestamp(now) : version.slice(0, 100),
      message,
    },
  });
  if (item.kind === 'refused') return failure(undefined, undefined, item.reason);
  const text = decoder.decode(item.bytes);
  const result = checkObject({ text, members: item.members, depth: item.depth }, { strict });
  if (!result.ok) return failure(result.id, result.versionText, result.reasons.join('; '));
  const { head, warnings } = result;
  return { candidate: toCandidate({ head, text, size: item.bytes.byteLength, warnings }, digest) };
}
