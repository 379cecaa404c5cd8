import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type AuditEvent = {
  at: Micros;
  /** The organization that may see the event; null = the instance only. */
  organizationId: number | null;
  actorAccountId: number | null;
  actorName: string;
  action: string;
  outcome: 'done' | 'refused' | 'failed';
  targetKind: string;
  targetId: string | number | null;
  targetName: string | null;
  /** Plain data without secrets. */
  details: Readonly<Record<string, unknown>>;
  sourceAddress: string | null;
  requestId: string | null;
};

/** Equal refusals of one actor from one address within this time are one event with a count. */
const COALESCE_MICROS = 60_000_000;

function rowOf(event: AuditEvent) {
  return {
    at: event.at,
    organization_id: event.organizationId,
    actor_account_id: event.actorAccountId,
    actor_name: event.actorName,
    action: event.action,
    outcome: event.outcome,
    target_kind: event.targetKind,
    target_id: event.targetId === null ? null : String(event.targetId),
    target_name: event.targetName,
    details: JSON.stringify(event.details),
    source_address: event.sourceAddress,
    request_id: event.requestId,
    count: 1,
  };
}

/** Appends the event, in the transaction of the change that it tells of. */
export async function insertAuditEvent(tx: Transaction, event: AuditEvent): Promise<void> {
  await tx.insertInto('audit_events').values(rowOf(event)).execute();
}

/** Appends a refusal or failure, or counts it with an equal one of the last minute. */
export async function coalesceAuditEvent(tx: Transaction, event: AuditEvent): Promise<void> {
  const row = rowOf(event);
  const earlier = await tx
    .selectFrom('audit_events')
    .select('id')
    .where('id', '>', (eb) =>
      eb
        .selectFrom('audit_events')
        .select((e) => e(e.fn.coalesce(e.fn.max('id'), e.lit(0)), '-', e.lit(200)).as('recent')),
    )
    .where('at', '>', event.at - COALESCE_MICROS)
    .where('action', '=', row.action)
    .where('outcome', '=', row.outcome)
    .where('actor_name', '=', row.actor_name)
    .where('details', '=', row.details)
    .where((eb) =>
      row.source_address === null
        ? eb('source_address', 'is', null)
        : eb('source_address', '=', row.source_address),
    )
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (earlier === undefined) {
    await insertAuditEvent(tx, event);
    return;
  }
  await tx
    .updateTable('audit_events')
    .set((eb) => ({ count: eb('count', '+', 1) }))
    .where('id', '=', earlier.id)
    .execute();
}

/** The newest events first. `organizationId` = those that this organization may see; `'instance'` = all. */
export async function listAuditEvents(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  limit: number,
) {
  let query = db.selectFrom('audit_events').selectAll();
  if (organizationId !== 'instance') query = query.where('organization_id', '=', organizationId);
  return await query.orderBy('id', 'desc').limit(limit).execute();
}
