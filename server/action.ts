import { type Access, createAccess } from './access/access.ts';
import type { App, Caller } from './context.ts';
import { asUnavailable, inTransaction, type Transaction } from './db/transaction.ts';
import { AppError } from './errors.ts';
import { findActor } from './features/accounts/accounts.store.ts';
import { type AuditEvent, coalesceAuditEvent, insertAuditEvent } from './features/audit/audit.store.ts';
import type { Micros } from './protocols/timestamp.ts';

/** What the audit trail says of a change; who, when and from where are added. */
export type Change = Pick<
  AuditEvent,
  'organizationId' | 'targetKind' | 'targetId' | 'targetName' | 'details'
>;

/** The tools of a use case inside its transaction. */
export type Action = {
  readonly tx: Transaction;
  /** The rights of the caller as stored now, inside the transaction. */
  readonly access: Access;
  readonly now: number;
  /** Appends to the audit trail, in the same transaction. */
  audit(change: Change): Promise<void>;
};

/** Refusals that say something about the caller's intent. A typing error does not, nor does a busy database. */
const AUDITED_REFUSALS = new Set(['forbidden', 'not_found', 'limit_reached', 'conflict', 'name_taken']);

/**
 * Runs one use case: one transaction, with the actor read again inside it, so that a right withdrawn a moment ago is
 * withdrawn. When it is refused, the refusal is audited after the rollback, in a transaction of its own.
 */
export async function act<T>(
  app: App,
  caller: Caller,
  name: string,
  work: (action: Action) => Promise<T>,
): Promise<T> {
  const { actor } = caller.access;
  const event = (change: Change, outcome: AuditEvent['outcome']): AuditEvent => ({
    ...change,
    at: app.clock.now(),
    actorAccountId: actor.kind === 'account' ? actor.accountId : null,
    actorName: actor.name,
    action: name,
    outcome,
    sourceAddress: caller.address ?? null,
    requestId: caller.requestId ?? null,
  });
  try {
    return await inTransaction(app.db, async (tx) => {
      const access =
        actor.kind === 'account'
          ? createAccess(await currentActor(tx, actor.accountId, app.clock.now()))
          : caller.access;
      const result = await work({
        tx,
        access,
        now: app.clock.now(),
        audit: (change) => insertAuditEvent(tx, event(change, 'done')),
      });
      if (!access.asked)
        throw new AppError('internal', {}, { cause: new Error(`${name} asked for no permission`) });
      caller.access.noteAsked();
      return result;
    });
  } catch (error) {
    if (error instanceof AppError && AUDITED_REFUSALS.has(error.code)) {
      const refusal = event(
        {
          organizationId: actor.kind === 'account' ? actor.organizationId : null,
          targetKind: 'refusal',
          targetId: null,
          targetName: null,
          details: { code: error.code, ...error.details },
        },
        'refused',
      );
      await inTransaction(app.db, (tx) => coalesceAuditEvent(tx, refusal)).catch((cause) =>
        app.log.error({ err: cause }, 'a refusal could not be audited'),
      );
    }
    throw error;
  }
}

/** Runs a read of the database outside a transaction, with the errors of `act`. */
export async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnavailable(error);
  }
}

async function currentActor(tx: Transaction, accountId: number, now: Micros) {
  const actor = await findActor(tx, accountId, now);
  if (actor === undefined) throw new AppError('unauthenticated');
  return actor;
}
