import { type Access, createAccess } from './access/access.ts';
import type { App, Caller } from './context.ts';
import { asUnavailable, inTransaction, type Transaction } from './db/transaction.ts';
import { AppError } from './errors.ts';
import { findActor } from './features/accounts/accounts.store.ts';
import { type AuditTarget, actorFields, shownTarget } from './features/audit/audit.rules.ts';
import { type AuditEvent, appendAuditEvents, coalesceAuditEvent } from './features/audit/audit.store.ts';
import type { Micros } from './protocols/timestamp.ts';

/**
 * What the audit trail says of a change; who, when and from where are added. `action`: what it is called where it is one of
 * many that a use case makes; else it has the name of the use case.
 */
export type Change = AuditTarget & Pick<AuditEvent, 'details'> & { action?: string };

/** The tools of a use case inside its transaction. */
export type Action = {
  readonly tx: Transaction;
  /** The rights of the caller as stored now, inside the transaction. */
  readonly access: Access;
  readonly now: number;
  /** Appends to the audit trail, at the end of the same transaction. */
  audit(change: Change): Promise<void>;
  /** Says what the use case is about, as stored, before it asks for the right: a refusal then tells of it. */
  about(target: AuditTarget): void;
};

/** Refusals that say something about the caller's intent. A typing error does not, nor does a busy database. */
const AUDITED_REFUSALS = new Set([
  'forbidden',
  'not_found',
  'limit_reached',
  'conflict',
  'name_taken',
  'heirs_required',
]);

/** Thrown to run a use case again: the rights that it was begun with are not those that it would end with. */
class RightsChanged extends Error {}

const ATTEMPTS = 5;

/**
 * Runs one use case: one transaction, with the actor read again inside it, so that a right withdrawn a moment ago is
 * withdrawn. Where others can write while it waits for a lock, the actor is read once more before the end, and kept as it
 * is until then; when its rights have changed, the use case is begun anew with those. When it is refused, the refusal is
 * audited after the rollback, in a transaction of its own.
 */
export async function act<T>(
  app: App,
  caller: Caller,
  name: string,
  work: (action: Action) => Promise<T>,
): Promise<T> {
  const { actor } = caller.access;
  let target: AuditTarget | undefined;
  const attempt = async () =>
    await inTransaction(app.db, async (tx) => {
      target = undefined;
      const access =
        actor.kind === 'account'
          ? createAccess(await currentActor(tx, actor.accountId, app.clock.now()))
          : caller.access;
      // Appended last: the ends of the hash chains come last in the lock order, and others wait for them.
      const events: AuditEvent[] = [];
      const result = await work({
        tx,
        access,
        now: app.clock.now(),
        audit: async (change) => {
          events.push(eventOf(app, { ...caller, access }, name, 'done', change));
        },
        about: (known) => {
          target = known;
        },
      });
      if (!access.asked)
        throw new AppError('internal', {}, { cause: new Error(`${name} asked for no permission`) });
      if (app.db.engine === 'postgres' && access.actor.kind === 'account')
        await requireSameRights(tx, access.actor, app.clock.now());
      await appendAuditEvents(tx, events);
      caller.access.noteAsked();
      return result;
    });
  try {
    for (let round = 1; ; round++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof RightsChanged)) throw error;
        if (round === ATTEMPTS) throw new AppError('unavailable', { retryAfterSeconds: 1 }, { cause: error });
      }
    }
  } catch (error) {
    if (error instanceof AppError && AUDITED_REFUSALS.has(error.code))
      await auditRefusal(app, caller, name, error, target);
    throw error;
  }
}

type AccountActor = Extract<Access['actor'], { kind: 'account' }>;

async function requireSameRights(tx: Transaction, begun: AccountActor, now: Micros): Promise<void> {
  const current = await findActor(tx, begun.accountId, now, 'shared');
  const isSame =
    current?.kind === 'account' &&
    current.organizationId === begun.organizationId &&
    current.systemRole === begun.systemRole &&
    current.organizationRole === begun.organizationRole &&
    (begun.systemRole !== 'Accounts Administrator' || current.managesMembers === begun.managesMembers);
  if (!isSame) throw new RightsChanged(`the rights of account ${begun.accountId} changed`);
}

function eventOf(
  app: App,
  { access, address, requestId }: Caller,
  action: string,
  outcome: AuditEvent['outcome'],
  change: Change,
): AuditEvent {
  return {
    ...change,
    ...actorFields(access.actor),
    at: app.clock.now(),
    action: change.action ?? action,
    outcome,
    sourceAddress: address ?? null,
    requestId: requestId ?? null,
  };
}

/** A refused attempt is told to the actor's own organization, and leaves nothing in that of its target. */
async function auditRefusal(
  app: App,
  caller: Caller,
  name: string,
  error: AppError,
  target: AuditTarget | undefined,
): Promise<void> {
  const { actor } = caller.access;
  const refusal = eventOf(app, caller, name, 'refused', {
    organizationId: actor.kind === 'account' ? actor.organizationId : null,
    ...shownTarget(target, error.code, actor),
    details: { code: error.code, ...error.details },
  });
  await inTransaction(app.db, (tx) => coalesceAuditEvent(tx, refusal)).catch((cause) =>
    app.log.error({ err: cause }, 'a refusal could not be audited'),
  );
}

/** Runs a read of the database outside a transaction, with the errors of `act`. */
export async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnavailable(error);
  }
}

/** As `reading`, for what not everybody may read: a read that is forbidden is told to the audit trail, as `act` does. */
export async function readingAs<T>(
  app: App,
  caller: Caller,
  name: string,
  work: (about: Action['about']) => Promise<T>,
): Promise<T> {
  let target: AuditTarget | undefined;
  try {
    return await work((known) => {
      target = known;
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'forbidden')
      await auditRefusal(app, caller, name, error, target);
    throw asUnavailable(error);
  }
}

async function currentActor(tx: Transaction, accountId: number, now: Micros) {
  const actor = await findActor(tx, accountId, now);
  if (actor === undefined) throw new AppError('unauthenticated');
  return actor;
}
