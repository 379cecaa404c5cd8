import {
  type ActivityItem,
  type AuditEventShown,
  type ExportAuditInput,
  exportAuditInput,
  type ListActivityInput,
  type ListAuditInput,
  listActivityInput,
  listAuditInput,
} from '../../../contract/audit.ts';
import type { Reference } from '../../../contract/references.ts';
import { act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { csvLine } from '../../csv.ts';
import { canonicalEvent, canonicalPart, HIDEABLE_PARTS, saltOf } from '../../db/audit-chain.ts';
import { invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { formatTimestamp, parseTimestamp } from '../../protocols/timestamp.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { TARGET_KINDS } from '../accounts/forms.rules.ts';
import { findVisibleAccount } from '../accounts/visible-account.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { activityName, isActorHidden, seenBy, type Viewer } from './audit.rules.ts';
import {
  type AuditEventRow,
  type AuditFilter,
  type AuditPosition,
  type AuditScope,
  listActorNames,
  listAuditEvents,
  listOwnerNames,
} from './audit.store.ts';
import { requireScope, viewerOf } from './audit-scope.ts';

type Page<Item> = { items: Item[]; next: string | null };

/** What is done to accounts. */
const HIDDEN_TARGETS = Object.values(TARGET_KINDS);
const CURSOR = 'audit page';
const EXPORT_ROWS = 500;

/**
 * A page of the audit trail, the newest events first: of an organization, or of the whole instance.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`
 */
export async function listAudit(
  app: App,
  caller: Caller,
  rawInput: ListAuditInput,
): Promise<Page<AuditEventShown>> {
  const { limit, after, organization, ...wanted } = parseInput(listAuditInput, rawInput);
  return await readingAs(app, caller, 'audit.list', async (about) => {
    const scope = requireScope(caller, await named(app, organization), about);
    const viewer = viewerOf(caller);
    const filter = await filterOf(app, caller, wanted, viewer);
    const page = { limit: limit + 1, after: positionOf(app, after) };
    const rows = await listAuditEvents(app.db.read, scope, page, filter);
    const { items, next } = cut(app, rows, limit);
    return { items: await shown(app, items, viewer), next };
  });
}

/**
 * The audit trail as CSV, or as JSON Lines with what proves its hash chains, the oldest events first, in pieces. That it was
 * taken is itself told in it.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`
 */
export async function exportAudit(
  app: App,
  caller: Caller,
  rawInput: ExportAuditInput,
): Promise<AsyncIterable<string>> {
  const { format, organization, ...wanted } = parseInput(exportAuditInput, rawInput);
  const reference = await named(app, organization);
  const viewer = viewerOf(caller);
  const filter = await filterOf(app, caller, wanted, viewer);
  const scope = await act(app, caller, 'audit.export', async ({ access, about, audit }) => {
    const allowed = requireScope({ access }, reference, about);
    await audit({
      organizationId: allowed === 'instance' ? null : allowed,
      targetKind: allowed === 'instance' ? 'instance' : 'organization',
      targetId: allowed === 'instance' ? null : allowed,
      targetName: reference?.row?.name ?? null,
      details: { format, ...wanted },
    });
    return allowed;
  });
  return exported(app, scope, filter, viewer, format);
}

async function* exported(
  app: App,
  scope: AuditScope,
  filter: AuditFilter,
  viewer: Viewer,
  format: 'csv' | 'jsonl',
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(CSV_COLUMNS);
  let after: AuditPosition | undefined;
  for (;;) {
    const page = { limit: EXPORT_ROWS, after, first: 'oldest' } as const;
    const rows = await listAuditEvents(app.db.read, scope, page, filter);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield format === 'csv'
      ? (await shown(app, rows, viewer)).map(csvOf).join('')
      : (await seen(app, rows, viewer)).map(jsonLineOf).join('');
    after = { at: last.at, id: last.id };
  }
}

const CSV_COLUMNS = [
  'at',
  'organization',
  'sequence',
  'actorName',
  'actorAccountId',
  'action',
  'outcome',
  'targetKind',
  'targetId',
  'targetName',
  'details',
  'sourceAddress',
  'requestId',
  'count',
  'lastAt',
  'hash',
] as const satisfies readonly (keyof AuditEventShown)[];

function csvOf(event: AuditEventShown): string {
  return csvLine(
    CSV_COLUMNS.map((column) => (column === 'details' ? JSON.stringify(event.details) : event[column])),
  );
}

/**
 * `hash` is the SHA-256 of `previousHash` and of `event` as RFC 8785 writes it. In `event`, each of the parts is the SHA-256 of
 * its salt and of the part as RFC 8785 writes it; where its salt is missing, the part is hidden and what is shown is a
 * stand-in.
 */
function jsonLineOf({ stored, row, hidden }: Seen): string {
  const shownParts = HIDEABLE_PARTS.filter((part) => !hidden.includes(part));
  const line = {
    id: stored.id,
    event: JSON.parse(canonicalEvent(stored)),
    ...Object.fromEntries(HIDEABLE_PARTS.map((part) => [part, JSON.parse(canonicalPart(row, part))])),
    salts: Object.fromEntries(shownParts.map((part) => [part, saltOf(stored.salts, part)])),
    count: stored.count,
    lastAt: formatTimestamp(stored.last_at),
    previousHash: stored.previous_hash,
    hash: stored.hash,
  };
  return `${JSON.stringify(line)}\n`;
}

/**
 * Who added or changed what in an organization, the newest first, for every member of it.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`
 */
export async function listActivity(
  app: App,
  caller: Caller,
  rawInput: ListActivityInput,
): Promise<Page<ActivityItem>> {
  const { organization: reference, limit, after } = parseInput(listActivityInput, rawInput);
  return await readingAs(app, caller, 'organization.activity', async (about) => {
    const { db } = app;
    const found = await findOrganization(db.read, reference);
    const { owner_id: organizationId, name } = requireVisibleOrganization(caller.access, found, reference);
    about({ organizationId, targetKind: 'organization', targetId: organizationId, targetName: name });
    caller.access.require('organization.activity', { organizationId });
    const page = { limit: limit + 1, after: positionOf(app, after) };
    const rows = await listAuditEvents(db.read, organizationId, page, {
      outcome: 'done',
      // Who comes and goes, or reads the trail, adds and changes nothing.
      changesOnly: true,
      // Who may not see the accounts does not read of them here.
      withoutTargets: caller.access.can('account.view', { organizationId }) ? [] : HIDDEN_TARGETS,
    });
    const { items, next } = cut(app, rows, limit);
    const names = await listActorNames(db.read, idsOf(items, 'actor_account_id'));
    return {
      next,
      items: items.map((row) => ({
        id: row.id,
        at: formatTimestamp(row.at),
        who: activityName(row, names.get(row.actor_account_id ?? 0)),
        action: row.action,
        targetKind: row.target_kind,
        targetName: row.target_name,
      })),
    };
  });
}

async function named(app: App, reference: Reference | undefined) {
  return reference === undefined
    ? undefined
    : { reference, row: await findOrganization(app.db.read, reference) };
}

type Wanted = Omit<ReturnType<typeof parseInput<typeof exportAuditInput>>, 'format' | 'organization'>;

async function filterOf(app: App, caller: Caller, wanted: Wanted, viewer: Viewer): Promise<AuditFilter> {
  const { actor, about, since, until, ...rest } = wanted;
  if (about !== undefined && [actor, rest.targetKind, rest.targetId].some((each) => each !== undefined))
    throw invalid('about', 'does not go together with an actor or a target');
  if (rest.targetId !== undefined && rest.targetKind === undefined)
    throw invalid('targetKind', 'is needed beside targetId: ids are unique among things of one kind');
  return {
    ...rest,
    // A name as somebody types it; of an account that is gone, as it was written.
    actor: typeof actor === 'string' ? ((await findAccount(app.db.read, actor))?.user_name ?? actor) : actor,
    aboutAccount: await accountIdOf(app, caller, about),
    since: since === undefined ? undefined : instantOf('since', since),
    until: until === undefined ? undefined : instantOf('until', until),
    // To look for somebody by name must not tell what he did where his name is not shown.
    ...((actor ?? about) === undefined || viewer.seesInstance
      ? {}
      : { withoutStrangersBut: viewer.accountId ?? 0 }),
  };
}

/** By id also one that is deleted; by name one that the caller may see. */
async function accountIdOf(
  app: App,
  { access }: Caller,
  account: Reference | undefined,
): Promise<number | undefined> {
  if (account === undefined || typeof account === 'number') return account;
  return (await findVisibleAccount({ tx: app.db.read, access }, { account })).id;
}

function instantOf(path: string, text: string): number {
  const instant = parseTimestamp(text);
  if (instant === undefined || !Number.isSafeInteger(instant))
    throw invalid(path, 'must be an RFC 3339 timestamp');
  return instant;
}

function cut(
  app: App,
  rows: AuditEventRow[],
  limit: number,
): { items: AuditEventRow[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items, next: null };
  return { items, next: app.keys.seal(CURSOR, Buffer.from(JSON.stringify([last.at, last.id]))) };
}

function positionOf(app: App, after: string | undefined): AuditPosition | undefined {
  if (after === undefined) return undefined;
  const bytes = app.keys.unseal(CURSOR, after);
  if (bytes === undefined) throw invalid('after', 'is no "next" of a page');
  const [at, id] = JSON.parse(Buffer.from(bytes).toString()) as [number, number];
  return { at, id };
}

function idsOf(rows: readonly AuditEventRow[], column: 'organization_id' | 'actor_account_id'): number[] {
  return [...new Set(rows.map((row) => row[column]).filter((id) => id !== null))];
}

/** An event as it is stored, and as the viewer may see it. */
type Seen = { stored: AuditEventRow } & ReturnType<typeof seenBy<AuditEventRow>>;

async function seen(app: App, rows: readonly AuditEventRow[], viewer: Viewer): Promise<Seen[]> {
  const strangers = rows.filter((row) => isActorHidden(row, viewer));
  const names = await listActorNames(app.db.read, idsOf(strangers, 'actor_account_id'));
  return rows.map((stored) => ({
    stored,
    ...seenBy(stored, viewer, names.get(stored.actor_account_id ?? 0)),
  }));
}

async function shown(app: App, rows: readonly AuditEventRow[], viewer: Viewer): Promise<AuditEventShown[]> {
  const names = await listOwnerNames(app.db.read, idsOf(rows, 'organization_id'));
  return (await seen(app, rows, viewer)).map(({ row }) => {
    return {
      id: row.id,
      at: formatTimestamp(row.at),
      organizationId: row.organization_id,
      organization: row.organization_id === null ? null : (names.get(row.organization_id) ?? null),
      actorAccountId: row.actor_account_id,
      actorName: row.actor_name,
      action: row.action,
      outcome: row.outcome,
      targetKind: row.target_kind,
      targetId: row.target_id,
      targetName: row.target_name,
      details: JSON.parse(row.details) as Record<string, unknown>,
      sourceAddress: row.source_address,
      requestId: row.request_id,
      count: row.count,
      lastAt: formatTimestamp(row.last_at),
      sequence: row.sequence,
      previousHash: row.previous_hash,
      hash: row.hash,
    };
  });
}
