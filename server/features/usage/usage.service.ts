import {
  type AccountUsage,
  type AccountUsageInput,
  accountUsageInput,
  type CollectionUsage,
  type CollectionUsageInput,
  collectionUsageInput,
  DEFAULT_USAGE_DAYS,
  MOST_USAGE_ITEMS,
  type OrganizationUsage,
  type OrganizationUsageInput,
  organizationUsageInput,
} from '../../../contract/usage.ts';
import type { Access } from '../../access/access.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { shown } from '../accounts/account-view.rules.ts';
import { findVisibleAccount } from '../accounts/visible-account.ts';
import { missingCollection } from '../collections/collections.rules.ts';
import { findCollection } from '../collections/collections.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, ownerTarget } from '../owners/owners.store.ts';
import { viewMembersPermission } from '../owners/shared.rules.ts';
import {
  daysOf,
  figuresOf,
  readerOf,
  seesAccount,
  seriesOf,
  totalOf,
  type Window,
  windowOf,
} from './usage.rules.ts';
import {
  listAdditions,
  listLastAddresses,
  listMembersAmong,
  listUsageByDay,
  listUsageOfParts,
  listUsageParts,
  listUsedCollections,
  listUsers,
  type Part,
  type PartRow,
  type UsageOf,
} from './usage.store.ts';

type Db = App['db']['read'];

/**
 * What the TAXII users of an organization polled and added, day by day.
 * @throws AppError `not_found`, `forbidden`
 */
export async function getOrganizationUsage(
  app: App,
  caller: Caller,
  rawInput: OrganizationUsageInput,
): Promise<OrganizationUsage> {
  const input = parseInput(organizationUsageInput, rawInput);
  return await readingAs(app, caller, 'usage.organization', async (about) => {
    const { access } = caller;
    const db = app.db.read;
    const found = await findOrganization(db, input.organization);
    const { owner_id: id, name } = requireVisibleOrganization(access, found, input.organization);
    about({ organizationId: id, targetKind: 'organization', targetId: id, targetName: name });
    access.require('account.view', { organizationId: id });
    const { window, ...sums } = await sumsOf(app, { organizationId: id }, input.days);
    const { parts, further } = await partsOf(db, { organizationId: id }, window, 'account_id', 'polls');
    const users = new Map((await listUsers(db, idsOf(parts))).map((user) => [user.id, user]));
    const items = await withSeries(db, { organizationId: id }, window, 'account_id', parts);
    return {
      organization: { id, name },
      ...sums,
      taxiiUsers: items.flatMap(({ part, ...figures }) => {
        const user = users.get(Number(part));
        if (user === undefined) return [];
        return [{ id: user.id, userName: user.user_name, deleted: user.deleted_at !== null, ...figures }];
      }),
      furtherTaxiiUsers: further,
    };
  });
}

/**
 * What an account polled and added over TAXII, day by day and by collection.
 * @throws AppError `not_found`
 */
export async function getAccountUsage(
  app: App,
  caller: Caller,
  rawInput: AccountUsageInput,
): Promise<AccountUsage> {
  const input = parseInput(accountUsageInput, rawInput);
  return await readingAs(app, caller, 'usage.account', async (about) => {
    const { access } = caller;
    const db = app.db.read;
    const account = await findVisibleAccount({ tx: db, access, about }, input);
    const of = { accountId: account.id };
    const { window, ...sums } = await sumsOf(app, of, input.days);
    const { parts, further } = await partsOf(db, of, window, 'collection_id', 'polls');
    const owners = await visibleOwners(
      db,
      access,
      parts.map(({ part }) => String(part)),
    );
    const items = await withSeries(db, of, window, 'collection_id', parts);
    return {
      account: { id: account.id, userName: account.user_name },
      ...sums,
      collections: items.map(({ part, ...figures }) => ({
        id: String(part),
        owner: owners.get(String(part)) ?? null,
        ...figures,
      })),
      furtherCollections: further,
    };
  });
}

/** Whose the collections are, as far as the asker may know of the owners. */
async function visibleOwners(db: Db, access: Access, ids: readonly string[]) {
  const owners = new Map<
    string,
    { id: number; name: string; kind: 'organization' | 'community' | 'source' }
  >();
  for (const { id, owner_id, owner_name, owner_kind } of await listUsedCollections(db, ids)) {
    const owner = { id: owner_id, name: owner_name, kind: owner_kind };
    if (access.can('owner.view', await ownerTarget(db, owner, access.actor))) owners.set(id, owner);
  }
  return owners;
}

/**
 * How much was polled from a collection and added to it, day by day, and by whom.
 * @throws AppError `not_found` also for a collection whose configuration the caller may not see
 */
export async function getCollectionUsage(
  app: App,
  caller: Caller,
  rawInput: CollectionUsageInput,
): Promise<CollectionUsage> {
  const input = parseInput(collectionUsageInput, rawInput);
  return await readingAs(app, caller, 'usage.collection', async () => {
    const { access } = caller;
    const db = app.db.read;
    const row = await findCollection(db, input.collection);
    const target =
      row === undefined
        ? {}
        : await ownerTarget(db, { id: row.owner_id, kind: row.owner_kind }, access.actor);
    // Asked also where there is none, so that no answer leaves without the question.
    const isVisible = access.can('collection.view', target);
    if (row === undefined || !isVisible) throw missingCollection(input.collection);
    const of = { collectionId: row.id };
    const { window, ...sums } = await sumsOf(app, of, input.days);
    const { parts, further } = await partsOf(db, of, window, 'account_id', 'last_polled_at');
    const users = await listUsers(db, idsOf(parts));
    const addresses = await listLastAddresses(db, of, window, { part: 'account_id', parts });
    const seesMembers =
      row.owner_kind !== 'organization' && access.can(viewMembersPermission(row.owner_kind), target);
    const members = seesMembers
      ? await listMembersAmong(db, row.owner_id, [...new Set(users.map((user) => user.organization_id))])
      : new Set<number>();
    const byId = new Map(users.map((user) => [user.id, user]));
    const added = seriesOf(
      window,
      (await listAdditions(db, row.owner_id, window)).map(({ day, objects }) => ({
        ...{ day, polls: 0, objects_served: 0, octets_served: 0 },
        objects_added: objects,
      })),
    );
    const series = { ...sums.series, objectsAdded: added.objectsAdded };
    return {
      collection: { id: row.id, owner: { id: row.owner_id, name: row.owner_name, kind: row.owner_kind } },
      days: sums.days,
      series,
      total: totalOf(series),
      readers: parts.flatMap((row) => {
        const user = byId.get(Number(row.part));
        if (user === undefined) return [];
        return [
          {
            ...readerOf(access, user, members.has(user.organization_id)),
            total: figuresOf(row),
            lastPolledAt: shown(row.last_polled_at),
            lastPolledFrom: seesAccount(access, user) ? (addresses.get(row.part) ?? null) : null,
          },
        ];
      }),
      furtherReaders: further,
    };
  });
}

async function sumsOf(app: App, of: UsageOf, days = DEFAULT_USAGE_DAYS) {
  const window = windowOf(app.clock.now(), days);
  const series = seriesOf(window, await listUsageByDay(app.db.read, of, window));
  return { window, days: daysOf(window), total: totalOf(series), series };
}

/** Those that stand first, and how many stand behind them. */
async function partsOf(
  db: Db,
  of: UsageOf,
  window: Window,
  part: Part,
  order: 'polls' | 'last_polled_at',
): Promise<{ parts: PartRow[]; further: number }> {
  const { parts, count } = await listUsageParts(db, of, window, { part, order, limit: MOST_USAGE_ITEMS });
  return { parts, further: count - parts.length };
}

function idsOf(parts: readonly PartRow[]): number[] {
  return parts.map(({ part }) => Number(part));
}

/** The same, day by day and with their last polls. */
async function withSeries(db: Db, of: UsageOf, window: Window, part: Part, parts: readonly PartRow[]) {
  const rows = Map.groupBy(await listUsageOfParts(db, of, window, { part, parts }), (row) => row.part);
  const addresses = await listLastAddresses(db, of, window, { part, parts });
  return parts.map((row) => ({
    part: row.part,
    total: figuresOf(row),
    series: seriesOf(window, rows.get(row.part) ?? []),
    lastPolledAt: shown(row.last_polled_at),
    lastPolledFrom: addresses.get(row.part) ?? null,
  }));
}
