import { type Kysely, type Selectable, sql } from 'kysely';
import {
  canonicalEvent,
  canonicalJson,
  chainHash,
  FIRST_HASH,
  INSTANCE_CHAIN,
  newSalts,
  storableText,
} from '../../db/audit-chain.ts';
import type { AuditEventsTable, AuditHeadsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { TARGET_KINDS } from '../accounts/forms.rules.ts';
import { type ActorFields, type ActorNames, type AuditTarget, maskSecrets } from './audit.rules.ts';

export type AuditEvent = ActorFields &
  AuditTarget & {
    at: Micros;
    action: string;
    outcome: 'done' | 'refused' | 'failed';
    /** Plain data without secrets. */
    details: Readonly<Record<string, unknown>>;
    sourceAddress: string | null;
    requestId: string | null;
  };

/** Equal refusals of one actor from one address within this time are one event with a count. */
const COALESCE_MICROS = 60_000_000;
/** So many separate refusals and failures of one actor within this time are told; further ones are only counted. */
export const MAX_SEPARATE = 30;
/** The action of the event that counts the further ones, of whatever kind they were. */
const FURTHER_REFUSALS = 'refusals.further';
/** So many events back in its chain an equal one is looked for. */
const COALESCE_EVENTS = 200;

type Row = Omit<AuditEventsTable, 'id' | 'sequence' | 'salts' | 'previous_hash' | 'hash'>;

function rowOf(event: AuditEvent): Row {
  const t = (text: string | null) => (text === null ? null : storableText(text));
  return {
    at: event.at,
    organization_id: event.organizationId,
    actor_account_id: event.actorAccountId,
    actor_name: storableText(event.actorName),
    actor_organization_id: event.actorOrganizationId,
    actor_system_role: event.actorSystemRole,
    action: event.action,
    outcome: event.outcome,
    target_kind: event.targetKind,
    target_id: event.targetId === null ? null : storableText(String(event.targetId)),
    target_name: t(event.targetName),
    details: canonicalJson(maskSecrets(event.details)),
    source_address: t(event.sourceAddress),
    request_id: t(event.requestId),
    chain: event.organizationId ?? INSTANCE_CHAIN,
  };
}

/**
 * Appends events, in the transaction of the change that they tell of, and as its last act: the ends of their chains stay
 * locked until it ends. Chains are locked in the order of their numbers.
 */
export async function appendAuditEvents(tx: Transaction, events: readonly AuditEvent[]): Promise<void> {
  const rows = events.map(rowOf).sort((a, b) => a.chain - b.chain);
  for (const row of rows) await append(tx, row);
}

async function append(tx: Transaction, row: Row): Promise<void> {
  const head = await lockHead(tx, row.chain);
  const sequence = head.sequence + 1;
  const chained = { ...row, sequence, salts: newSalts() };
  const hash = chainHash(head.hash, canonicalEvent(chained));
  await tx
    .insertInto('audit_events')
    .values({ ...chained, previous_hash: head.hash, hash })
    .execute();
  await tx.updateTable('audit_heads').set({ sequence, hash }).where('chain', '=', row.chain).execute();
}

/** The end of the chain, locked until the transaction ends. */
async function lockHead(tx: Transaction, chain: number): Promise<Pick<AuditHeadsTable, 'sequence' | 'hash'>> {
  const lock = () =>
    tx
      .updateTable('audit_heads')
      .set((eb) => ({ sequence: eb.ref('sequence') }))
      .where('chain', '=', chain)
      .returning(['sequence', 'hash'])
      .executeTakeFirst();
  const head = await lock();
  if (head !== undefined) return head;
  await tx
    .insertInto('audit_heads')
    .values({ chain, sequence: 0, hash: FIRST_HASH, checkpoint_sequence: 0 })
    .onConflict((c) => c.column('chain').doNothing())
    .execute();
  const made = await lock();
  if (made === undefined) throw new Error(`the audit chain ${chain} has no head`);
  return made;
}

/**
 * Appends a refusal or failure, or counts it beside the chain: with an equal one of the last minute, or, when the actor had
 * many in it, with one event for all further ones.
 */
export async function coalesceAuditEvent(tx: Transaction, event: AuditEvent): Promise<void> {
  let row = rowOf(event);
  let earlier = await findEqual(tx, row);
  if (earlier === undefined) {
    // Of several that come at once one appends; the others find its event once they have the lock.
    await lockHead(tx, row.chain);
    earlier = await findEqual(tx, row);
  }
  if (earlier === undefined) {
    const recent = await listRecentRefusals(tx, row);
    const further = recent.find(({ action }) => action === FURTHER_REFUSALS);
    if (recent.length - (further === undefined ? 0 : 1) >= MAX_SEPARATE) {
      earlier = further?.id;
      row = furtherRefusals(row);
    }
  }
  if (earlier === undefined) {
    await append(tx, row);
    return;
  }
  await tx
    .insertInto('audit_repeats')
    .values({ event_id: earlier, count: 1, last_at: row.at })
    .onConflict((c) =>
      c.column('event_id').doUpdateSet((eb) => ({
        count: eb('audit_repeats.count', '+', 1),
        last_at: row.at,
      })),
    )
    .execute();
}

function furtherRefusals(row: Row): Row {
  return {
    ...row,
    action: FURTHER_REFUSALS,
    outcome: 'refused',
    target_kind: 'refusal',
    target_id: null,
    target_name: null,
    details: '{}',
    // Of an account, they may come from several.
    source_address: row.actor_account_id === null ? row.source_address : null,
    request_id: null,
  };
}

/** What was refused within the time to whoever acted: an account, or, where none is known, an address. */
async function listRecentRefusals(tx: Transaction, row: Row): Promise<{ id: number; action: string }[]> {
  const actor = row.actor_account_id === null ? 'source_address' : 'actor_account_id';
  return await tx
    .selectFrom('audit_events')
    .select(['id', 'action'])
    .where('chain', '=', row.chain)
    .where('outcome', 'in', ['refused', 'failed'])
    .where(sql<boolean>`outcome <> 'done'`)
    .where('at', '>', row.at - COALESCE_MICROS)
    .where('actor_account_id', row.actor_account_id === null ? 'is' : '=', row.actor_account_id)
    .where(actor, row[actor] === null ? 'is' : '=', row[actor])
    .orderBy('id', 'desc')
    .limit(2 * MAX_SEPARATE)
    .execute();
}

async function findEqual(tx: Transaction, row: Row): Promise<number | undefined> {
  let query = tx
    .selectFrom('audit_events')
    .select('id')
    .where('chain', '=', row.chain)
    .where('sequence', '>', (eb) =>
      eb
        .selectFrom('audit_heads')
        .select((e) => e('audit_heads.sequence', '-', COALESCE_EVENTS).as('recent'))
        .where('audit_heads.chain', '=', row.chain),
    )
    .where('at', '>', row.at - COALESCE_MICROS);
  for (const column of [
    'action',
    'outcome',
    'actor_name',
    'actor_account_id',
    'target_kind',
    'target_id',
    'target_name',
    'details',
    'source_address',
  ] as const)
    query =
      row[column] === null ? query.where(column, 'is', null) : query.where(column, '=', row[column] as never);
  const found = await query.orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  return found?.id;
}

/** An event as it is read: how often it happened, and when for the last time. */
export type AuditEventRow = Selectable<AuditEventsTable> & { count: number; last_at: number };

/** Whose events: those that this organization may see, or those of the whole instance. */
export type AuditScope = number | 'instance';

export type AuditFilter = {
  /** What was done to the account, and what by it; `withoutStrangersBut` is for the latter. */
  aboutAccount?: number | undefined;
  /** By account, or by the name under which the actor acted. */
  actor?: number | string | undefined;
  action?: string | undefined;
  outcome?: AuditEvent['outcome'] | undefined;
  targetKind?: string | undefined;
  /** Of a target of that kind. */
  targetId?: string | undefined;
  /** Not before; inclusive. */
  since?: Micros | undefined;
  /** Not at or after; exclusive. */
  until?: Micros | undefined;
  /** Leaves out what accounts of other organizations did, but for this account. */
  withoutStrangersBut?: number | undefined;
  /** Leaves out what was done to sessions, and with the trail itself. */
  changesOnly?: boolean | undefined;
  /** Leaves out what was done to these kinds of thing. */
  withoutTargets?: readonly string[] | undefined;
};

/** Where a page begins: after this event. */
export type AuditPosition = { at: Micros; id: number };

export type AuditPage = {
  limit: number;
  after?: AuditPosition | undefined;
  /** `newest` first, unless given. */
  first?: 'newest' | 'oldest' | undefined;
};

/** A page of events in the order of their instants. */
export async function listAuditEvents(
  db: Kysely<Schema>,
  scope: AuditScope,
  page: AuditPage,
  { aboutAccount, ...filter }: AuditFilter = {},
): Promise<AuditEventRow[]> {
  if (aboutAccount === undefined) return await listFiltered(db, scope, page, filter);
  // Each of them walks an index in the order of the page: a busy account has a million events, and the page a hundred.
  const { withoutStrangersBut, ...others } = filter;
  const targetId = String(aboutAccount);
  const parts = [
    { ...filter, actor: aboutAccount },
    ...Object.values(TARGET_KINDS).map((targetKind) => ({ ...others, targetKind, targetId })),
  ];
  const rows = new Map<number, AuditEventRow>();
  for (const part of parts)
    for (const row of await listFiltered(db, scope, page, part)) rows.set(row.id, row);
  const sign = page.first === 'oldest' ? 1 : -1;
  return [...rows.values()].sort((a, b) => sign * (a.at - b.at || a.id - b.id)).slice(0, page.limit);
}

async function listFiltered(
  db: Kysely<Schema>,
  scope: AuditScope,
  { limit, after, first = 'newest' }: AuditPage,
  filter: Omit<AuditFilter, 'aboutAccount'>,
): Promise<AuditEventRow[]> {
  let query = db
    .selectFrom('audit_events')
    .leftJoin('audit_repeats', 'audit_repeats.event_id', 'audit_events.id')
    .selectAll('audit_events')
    .select((eb) => [
      eb(eb.fn.coalesce('audit_repeats.count', eb.lit(0)), '+', eb.lit(1)).as('count'),
      eb.fn.coalesce('audit_repeats.last_at', 'audit_events.at').as('last_at'),
    ]);
  const { actor, action, outcome, targetKind, targetId, since, until, withoutStrangersBut } = filter;
  // An actor or a target has few events, an organization may have a million: the sign keeps SQLite from walking those.
  const isNarrow = actor !== undefined || targetId !== undefined;
  if (scope !== 'instance')
    query = isNarrow
      ? query.where(sql<boolean>`+audit_events.chain = ${scope}`)
      : query.where('chain', '=', scope);
  if (typeof actor === 'number') query = query.where('actor_account_id', '=', actor);
  if (typeof actor === 'string') query = query.where('actor_name', '=', actor);
  if (action !== undefined) query = query.where('action', '=', action);
  if (outcome !== undefined) {
    query = query.where('outcome', '=', outcome);
    // Said again, so that both engines see that the index of what was not done holds them all.
    if (outcome !== 'done') query = query.where(sql<boolean>`outcome <> 'done'`);
  }
  if (targetKind !== undefined) query = query.where('target_kind', '=', targetKind);
  if (targetId !== undefined) query = query.where('target_id', '=', targetId);
  if (since !== undefined) query = query.where('at', '>=', since);
  if (until !== undefined) query = query.where('at', '<', until);
  if (withoutStrangersBut !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('actor_account_id', 'is', null),
        eb('actor_organization_id', '=', eb.ref('organization_id')),
        eb('actor_account_id', '=', withoutStrangersBut),
      ]),
    );
  if (filter.changesOnly === true)
    query = query.where('action', 'not like', 'session.%').where('action', 'not like', 'audit.%');
  if (filter.withoutTargets !== undefined && filter.withoutTargets.length > 0)
    query = query.where('target_kind', 'not in', filter.withoutTargets);
  const direction = first === 'newest' ? 'desc' : 'asc';
  if (after !== undefined)
    query = query.where((eb) =>
      eb(eb.refTuple('at', 'audit_events.id'), first === 'newest' ? '<' : '>', eb.tuple(after.at, after.id)),
    );
  return await query.orderBy('at', direction).orderBy('audit_events.id', direction).limit(limit).execute();
}

/** So many events after an instant are looked through for what began then. */
const LOOKED_THROUGH = 100;

/** What was done to an account from the instant on, the oldest first: enough to find what happened at it. */
export async function listDoneTo(
  db: Kysely<Schema>,
  accountId: number,
  since: Micros,
): Promise<AuditEventRow[]> {
  const rows: AuditEventRow[] = [];
  for (const targetKind of Object.values(TARGET_KINDS)) {
    const filter = { targetKind, targetId: String(accountId), outcome: 'done', since } as const;
    rows.push(...(await listAuditEvents(db, 'instance', { limit: LOOKED_THROUGH, first: 'oldest' }, filter)));
  }
  return rows.sort((a, b) => a.at - b.at || a.id - b.id);
}

/** The latest lockdown of an account from the instant on. */
export async function findLastLockdown(
  db: Kysely<Schema>,
  accountId: number,
  since: Micros,
): Promise<AuditEventRow | undefined> {
  const rows: AuditEventRow[] = [];
  for (const targetKind of Object.values(TARGET_KINDS)) {
    const filter = { targetKind, targetId: String(accountId), outcome: 'done', since } as const;
    rows.push(
      ...(await listAuditEvents(db, 'instance', { limit: 1 }, { ...filter, action: 'account.lockdown' })),
    );
  }
  return rows.sort((a, b) => b.at - a.at || b.id - a.id)[0];
}

/** The names of owners, by their ids; of those that are deleted none. */
export async function listOwnerNames(
  db: Kysely<Schema>,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('owners').select(['id', 'name']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** The names of accounts, deleted ones too, by their ids. */
export async function listActorNames(
  db: Kysely<Schema>,
  ids: readonly number[],
): Promise<Map<number, ActorNames>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('accounts')
    .select([
      'id',
      'first_name as firstName',
      'last_name as lastName',
      'pseudonym',
      'organization_id as organizationId',
    ])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...names }) => [id, names]));
}
