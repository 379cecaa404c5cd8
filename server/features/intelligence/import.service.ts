import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Access, createAccess } from '../../access/access.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { checkObject } from '../../protocols/stix/check.ts';
import { createObjectScanner, ScanError, type ScannedItem } from '../../protocols/stix/object-scanner.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { findAccount, findActor, listAllowedOwners } from '../accounts/accounts.store.ts';
import { actorFields } from '../audit/audit.rules.ts';
import { type AuditEvent, appendAuditEvents } from '../audit/audit.store.ts';
import { listCollections } from '../collections/collections.store.ts';
import { getOwner, type OwnerRow, ownerTarget } from '../owners/owners.store.ts';
import { type ByteSource, countedBytes, DamagedSource, unzipped } from './import-source.ts';
import { type Candidate, toCandidate } from './intelligence.rules.ts';
import { addObjects } from './intelligence.store.ts';

/** A transaction of an import takes as much as is read of these first. */
const BATCH_OBJECTS = 1000;
const BATCH_BYTES = 2_000_000;
/** As in a POST of the default size. */
const MAX_OBJECT_BYTES = 10_485_760;
/** Between transactions, so that a server that waits for SQLite's one writer gets its turn. */
const PAUSE_MS = 5;
const ACTION = 'intelligence.import';

const importInput = z.strictObject({
  /** Name of the owner that the objects are added to. */
  owner: z.string().min(1),
  /** Name of what is imported, for the audit trail. */
  file: z.string().max(1000).optional(),
});
export type ImportInput = z.input<typeof importInput>;

export type ImportCounts = { added: number; alreadyThere: number; refused: number; warnings: number };

export type RefusedObject = {
  /** Position among the objects of the source, from 0. */
  index: number;
  /** Line on which it begins, from 1. */
  line: number;
  id?: string;
  reasons: readonly string[];
  /** As it came; absent where it was too large to be held. */
  text?: string;
};

export type ImportHooks = {
  /** After each transaction; `bytes` were read of the source as it came. */
  onProgress?(progress: ImportCounts & { bytes: number }): void;
  onRefused?(refused: RefusedObject): void;
  /** What was added although the standard asks for something else. */
  onWarning?(warned: { index: number; line: number; id: string; warnings: readonly string[] }): void;
  /** Ends the import after the transaction that is running. */
  signal?: AbortSignal;
};

export type ImportResult = ImportCounts & {
  /** Why the source was not read to its end; what came before is kept. `offset` counts decompressed octets. */
  stopped?: {
    reason: 'interrupted' | 'damaged' | 'malformed' | 'wrong_shape';
    message: string;
    offset?: number;
  };
};

type Item = { index: number; line: number; candidate: Candidate };

/**
 * Adds the objects of a stream to an owner: STIX 2.0 and 2.1 bundles, arrays, JSON Lines, values one after the other, gzip or
 * not. In bounded memory and in transactions of a few thousand objects, between which others can write. An object that
 * is there already is left as it is, so that running an import again changes nothing. One bad object never stops the
 * rest; text around the objects that is no JSON ends the import and keeps what came before.
 * @throws AppError `not_found`, `forbidden`; `unavailable` with what was kept as `details.kept`
 */
export async function importObjects(
  app: App,
  caller: Caller,
  rawInput: ImportInput,
  source: ByteSource,
  hooks: ImportHooks = {},
): Promise<ImportResult> {
  const input = parseInput(importInput, rawInput);
  const owner = await act(app, caller, ACTION, async ({ tx, access }) => {
    const row = await getOwner(tx, input.owner);
    await requireCreate(tx, access, row);
    const collection = (await listCollections(tx)).find((each) => each.owner_id === row.id);
    return { ...row, strict: collection?.strict === 1 };
  });
  const run = createRun(app, caller, owner, hooks);
  const record = (outcome: AuditEvent['outcome'], details: Record<string, unknown>) =>
    recordRun(app, caller, owner, outcome, { file: input.file ?? null, ...run.counts, ...details });
  try {
    const stopped = await readAll(source, run, hooks.signal);
    await record('done', stopped === undefined ? {} : { stopped: stopped.reason });
    return { ...run.counts, ...(stopped === undefined ? {} : { stopped }) };
  } catch (error) {
    await record('failed', error instanceof AppError ? { code: error.code } : {}).catch((cause) =>
      app.log.error({ err: cause }, 'a failed import could not be audited'),
    );
    throw error instanceof AppError ? withKept(error, run.counts) : error;
  }
}

type Run = ReturnType<typeof createRun>;

/** What one import has gathered and has done. */
function createRun(app: App, caller: Caller, owner: OwnerRow & { strict: boolean }, hooks: ImportHooks) {
  const counts: ImportCounts = { added: 0, alreadyThere: 0, refused: 0, warnings: 0 };
  let batch: Item[] = [];
  let batchBytes = 0;

  const refuse = (refused: RefusedObject): void => {
    counts.refused++;
    hooks.onRefused?.(refused);
  };

  const take = (item: ScannedItem): void => {
    const { index, line } = item;
    if (item.kind === 'refused') {
      refuse({ index, line, reasons: [item.reason] });
      return;
    }
    const { bytes, members, depth } = item;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    const check = checkObject({ text, members, depth }, { strict: owner.strict });
    if (check.ok) {
      const { head, warnings } = check;
      const checked = { head, text, size: bytes.length, warnings };
      batch.push({ index, line, candidate: toCandidate(checked, app.secrets.digest) });
      batchBytes += bytes.length;
    } else {
      const { id, reasons } = check;
      refuse({ index, line, reasons, text, ...(id === undefined ? {} : { id }) });
    }
  };

  const flush = async (bytes: number): Promise<void> => {
    const items = batch;
    batch = [];
    batchBytes = 0;
    if (items.length > 0) {
      const outcomes = await inTransaction(app.db, async (tx) => {
        const access = await currentAccess(tx, caller, app.clock.now());
        await requireCreate(tx, access, owner);
        const { actor } = access;
        const by = { accountId: actor.kind === 'account' ? actor.accountId : null, now: app.clock.now() };
        return await addObjects(
          tx,
          owner,
          items.map((item) => item.candidate),
          by,
        );
      });
      for (const [position, outcome] of outcomes.entries()) {
        const item = items[position];
        if (item === undefined) continue;
        const { index, line, candidate } = item;
        const { id } = candidate.head;
        if (outcome.kind === 'refused') {
          refuse({ index, line, id, reasons: [outcome.reason], text: candidate.text });
        } else if (outcome.kind === 'already there') {
          counts.alreadyThere++;
        } else {
          counts.added++;
          const warnings = [...candidate.warnings, ...outcome.warnings];
          if (warnings.length === 0) continue;
          counts.warnings++;
          hooks.onWarning?.({ index, line, id, warnings });
        }
      }
      await sleep(PAUSE_MS);
    }
    hooks.onProgress?.({ ...counts, bytes });
  };

  return { counts, take, flush, isFull: () => batch.length >= BATCH_OBJECTS || batchBytes >= BATCH_BYTES };
}

/** Reads the source to its end, or to where it can be read no further. What was found is always kept. */
async function readAll(
  source: ByteSource,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<ImportResult['stopped']> {
  const scanner = createObjectScanner({ shape: 'any', maxObjectBytes: MAX_OBJECT_BYTES });
  const counted = countedBytes(source);
  const takeAll = async (items: readonly ScannedItem[]): Promise<boolean> => {
    for (const item of items) {
      run.take(item);
      if (run.isFull()) await run.flush(counted.bytes());
      if (signal?.aborted === true) return false;
    }
    return true;
  };
  let stopped: ImportResult['stopped'];
  try {
    let goesOn = signal?.aborted !== true;
    for await (const chunk of unzipped(counted.source)) {
      goesOn = goesOn && (await takeAll(scanner.push(chunk)));
      if (!goesOn || signal?.aborted === true) break;
    }
    if (goesOn && signal?.aborted !== true) {
      await takeAll(scanner.end());
      // The scanner hands out what it found before an error, and throws the error when asked again.
      scanner.end();
    }
  } catch (error) {
    if (error instanceof ScanError)
      stopped = { reason: error.code, message: error.message, offset: error.offset };
    else if (!(error instanceof DamagedSource)) throw error;
    // Whoever interrupts an import also closes its source.
    else if (signal?.aborted !== true) stopped = { reason: 'damaged', message: error.message };
  }
  if (stopped === undefined && signal?.aborted === true)
    stopped = { reason: 'interrupted', message: 'the import was interrupted' };
  await run.flush(counted.bytes());
  return stopped;
}

/** @throws AppError `not_found` where the asker must not learn of the owner, else `forbidden` */
async function requireCreate(
  tx: Transaction,
  access: Access,
  owner: Pick<OwnerRow, 'id' | 'kind' | 'name'>,
): Promise<void> {
  const target = await ownerTarget(tx, owner, access.actor);
  const sees = access.can(owner.kind === 'organization' ? 'organization.view' : 'owner.view', target);
  if (!sees || !(await isAllowed(tx, access, owner.name))) {
    throw new AppError('not_found', {
      message: `There is no organization, community or source named "${owner.name}".`,
    });
  }
  access.require('intelligence.create', target);
}

/** Whether the actor's allow-list, if it has one, names the owner. */
async function isAllowed(tx: Transaction, { actor }: Access, ownerName: string): Promise<boolean> {
  if (actor.kind === 'operator') return true;
  const account = await findAccount(tx, actor.name);
  if (account === undefined || account.narrowed === 0) return account !== undefined;
  return (await listAllowedOwners(tx, [account.id])).some((entry) => entry.owner_name === ownerName);
}

/** The caller's rights as stored now. */
async function currentAccess(tx: Transaction, caller: Caller, now: Micros): Promise<Access> {
  const { actor } = caller.access;
  if (actor.kind !== 'account') return caller.access;
  const current = await findActor(tx, actor.accountId, now);
  if (current === undefined) throw new AppError('unauthenticated');
  return createAccess(current);
}

/** One event tells of the whole import; its objects carry who added them. */
async function recordRun(
  app: App,
  caller: Caller,
  owner: OwnerRow,
  outcome: AuditEvent['outcome'],
  details: Record<string, unknown>,
): Promise<void> {
  const { actor } = caller.access;
  await inTransaction(app.db, (tx) =>
    appendAuditEvents(tx, [
      {
        at: app.clock.now(),
        organizationId: owner.kind === 'organization' ? owner.id : null,
        ...actorFields(actor),
        action: ACTION,
        outcome,
        targetKind: owner.kind,
        targetId: owner.id,
        targetName: owner.name,
        details,
        sourceAddress: caller.address ?? null,
        requestId: caller.requestId ?? null,
      },
    ]),
  );
}

/** "Nothing was changed" holds for the transaction that failed, not for those before. */
function withKept(error: AppError, kept: ImportCounts): AppError {
  const reason = error.message.replace(/; nothing was changed\.$/, '.');
  const message = `${reason} ${kept.added} objects were added before; run the import again to go on.`;
  return new AppError(error.code, { ...error.details, message, kept }, { cause: error });
}
