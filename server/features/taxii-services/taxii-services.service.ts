import { z } from 'zod';
import { nameKey } from '../../../contract/names.ts';
import { type Reference, reference } from '../../../contract/references.ts';
import {
  type ChangedTaxiiService,
  type CreateTaxiiServiceInput,
  createTaxiiServiceInput,
  type EditTaxiiServiceInput,
  editTaxiiServiceInput,
  type ListTaxiiServicesInput,
  listTaxiiServicesInput,
  type TaxiiServiceItem,
} from '../../../contract/taxii-services.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, pageFrom } from '../../pages.ts';
import { titleWarnings } from '../../protocols/taxii/titles.ts';
import { lockAccount } from '../accounts/accounts.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { called, requireVersion, requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { requireResponsible, seesName, shownResponsible } from './responsible.rules.ts';
import { changed, columnsOf, told } from './service-changes.rules.ts';
import {
  changeWarnings,
  requireFreeWords,
  requirePageSizes,
  requirePath,
  requireUnused,
  shownService,
} from './taxii-services.rules.ts';
import {
  countBoundUsers,
  countUsersOf,
  deleteService,
  findUsableService,
  insertService,
  listAllowedOrganizations,
  listResponsibleAccounts,
  listServices,
  listServicesPage,
  replaceAllowedOrganizations,
  type ServiceRow,
  updateService,
} from './taxii-services.store.ts';

/**
 * Creates a TAXII service: one API root with its own path, page limits and organizations.
 * @throws AppError `forbidden`, `invalid_input`, `not_found`, `name_taken`
 */
export async function createTaxiiService(
  app: App,
  caller: Caller,
  rawInput: CreateTaxiiServiceInput,
): Promise<ChangedTaxiiService> {
  const input = parseInput(createTaxiiServiceInput, rawInput);
  const path = requirePath(input.path);
  requirePageSizes(input.defaultPageSize, input.maxPageSize);
  return await act(app, caller, 'taxiiService.create', async (action) => {
    const { tx, access, now, audit } = action;
    access.require('taxiiService.create', INSTANCE);
    const organizations = await findOrganizations(action, input.organizations ?? []);
    // The instance's lock makes the look-up of a free name and path safe against a concurrent creation.
    await lockInstance(tx);
    const responsibleId =
      input.responsible === undefined ? creatorOf(access) : await lockResponsible(action, input.responsible);
    requireFreeWords(await listServices(tx), { nameKey: nameKey(input.name), path });
    const row = {
      name: input.name,
      path,
      title: input.title ?? input.name,
      description: input.description ?? null,
      all_organizations: input.organizations === undefined ? 1 : 0,
      default_page_size: input.defaultPageSize,
      max_page_size: input.maxPageSize,
      max_page_bytes: input.maxPageBytes,
      max_content_length: input.maxContentLength,
      strict: input.strict ? 1 : 0,
      responsible_account_id: responsibleId,
      created_at: now,
    };
    const service = await insertService(tx, row, [...organizations.keys()]);
    await audit({
      ...about(service),
      details: { path, organizations: [...organizations.values()], responsible: responsibleId },
    });
    return { ...(await shown(tx, access, service)), warnings: titleWarnings(service.title) };
  });
}

/** The TAXII services in the order of their creation: all of them, or those that the caller's organization may use. */
export async function listTaxiiServices(
  app: App,
  caller: Caller,
  rawInput: ListTaxiiServicesInput = {},
): Promise<{ items: TaxiiServiceItem[]; next: string | null }> {
  const input = parseInput(listTaxiiServicesInput, rawInput);
  const after = input.after === undefined ? undefined : decodeCursor(input.after, z.number().int());
  const limit = input.limit ?? DEFAULT_PAGE;
  return await readingAs(app, caller, 'taxiiService.list', async () => {
    const { access } = caller;
    const usableBy = scopeOf(access);
    if (input.organization !== undefined) {
      const found = await findOrganization(app.db.read, input.organization);
      usableBy.push(requireVisibleOrganization(access, found, input.organization).id);
    }
    const found = await listServicesPage(app.db.read, usableBy, {
      after,
      descending: input.sort === '-id',
      limit: limit + 1,
    });
    const { rows, next } = pageFrom(found, limit, (row) => row.id);
    return { items: await shownAll(app.db.read, access, rows), next };
  });
}

/** The organizations that must be allowed to use what the asker sees: none, or its own. */
function scopeOf(access: Access): number[] {
  const { actor } = access;
  if (actor.kind !== 'account' || access.can('taxiiService.view', INSTANCE)) {
    access.require('taxiiService.view', INSTANCE);
    return [];
  }
  access.require('taxiiService.view', { organizationId: actor.organizationId });
  return [actor.organizationId];
}

/** @throws AppError `not_found` also for a service that the caller may not see */
export async function getTaxiiService(
  app: App,
  caller: Caller,
  serviceReference: Reference,
): Promise<TaxiiServiceItem> {
  const ref = parseInput(reference, serviceReference);
  return await readingAs(app, caller, 'taxiiService.show', async () =>
    shown(app.db.read, caller.access, await visibleService(app.db.read, caller.access, ref)),
  );
}

/**
 * Configures a TAXII service. Another path is allowed, though it breaks the clients that use the old one: the answer says
 * so, and whom it concerns.
 * @throws AppError `forbidden`, `invalid_input`, `not_found`, `name_taken`, `stale`
 */
export async function editTaxiiService(
  app: App,
  caller: Caller,
  rawInput: EditTaxiiServiceInput,
): Promise<ChangedTaxiiService> {
  const { service: ref, version, changes: wanted } = parseInput(editTaxiiServiceInput, rawInput);
  const changes = wanted.path === undefined ? wanted : { ...wanted, path: requirePath(wanted.path) };
  return await act(app, caller, 'taxiiService.edit', async (action) => {
    const { tx, access, audit } = action;
    const found = await visibleService(tx, access, ref);
    action.about(about(found));
    access.require('taxiiService.edit', INSTANCE);
    const organizations =
      changes.organizations === undefined || changes.organizations === null
        ? changes.organizations
        : await findOrganizations(action, changes.organizations);
    await lockInstance(tx);
    const responsibleId =
      changes.responsible === undefined || changes.responsible === null
        ? changes.responsible
        : await lockResponsible(action, changes.responsible);
    // Services are created, edited and deleted under the instance's lock: what is read now stays.
    const before = await visibleService(tx, access, found.id);
    requireVersion(version, before.version);
    const columns = columnsOf(changes, organizations, responsibleId);
    const after = { ...before, ...columns };
    requirePageSizes(after.default_page_size, after.max_page_size);
    const others = (await listServices(tx)).filter(({ id }) => id !== before.id);
    requireFreeWords(others, { nameKey: nameKey(after.name), path: after.path });
    const allowed = await listAllowedOrganizations(tx, [before.id]);
    const allowedAfter =
      organizations === undefined ? new Map(allowed.map((o) => [o.id, o.name])) : organizations;
    const differences = changed(
      told(
        before,
        allowed.map(({ name }) => name),
      ),
      told(after, [...(allowedAfter?.values() ?? [])]),
    );
    if (Object.keys(differences).length === 0) return { ...(await shown(tx, access, before)), warnings: [] };
    const row = await updateService(tx, before.id, columns);
    if (organizations !== undefined)
      await replaceAllowedOrganizations(tx, before.id, [...(organizations?.keys() ?? [])]);
    await audit({ ...about(row), details: differences });
    return {
      ...(await shown(tx, access, row)),
      warnings: [
        ...changeWarnings(before, row, await countBoundUsers(tx, row.id)),
        ...(row.title === before.title ? [] : titleWarnings(row.title)),
      ],
    };
  });
}

/**
 * Deletes a TAXII service that no TAXII user is bound to, unless it is the last one.
 * @throws AppError `conflict` with how many are bound to it, `forbidden`, `not_found`
 */
export async function deleteTaxiiService(
  app: App,
  caller: Caller,
  serviceReference: Reference,
): Promise<void> {
  const ref = parseInput(reference, serviceReference);
  await act(app, caller, 'taxiiService.delete', async (action) => {
    const { tx, access, audit } = action;
    const found = await visibleService(tx, access, ref);
    action.about(about(found));
    access.require('taxiiService.delete', INSTANCE);
    // Whoever binds a TAXII user to a service locks the instance as well.
    await lockInstance(tx);
    const service = await visibleService(tx, access, found.id);
    requireUnused(service.name, (await countBoundUsers(tx, service.id)).all);
    if ((await listServices(tx)).length === 1) {
      throw new AppError('conflict', {
        message: `"${service.name}" is the only TAXII service, and there must be one.`,
      });
    }
    await deleteService(tx, service.id);
    await audit({ ...about(service), details: { path: service.path } });
  });
}

type Db = Parameters<typeof findUsableService>[0];

/** The service, when the asker may see it. An unknown and an invisible one are refused alike. */
async function visibleService(db: Db, access: Access, ref: Reference): Promise<ServiceRow> {
  const { actor } = access;
  const seesAll = access.can('taxiiService.view', INSTANCE);
  const own = actor.kind === 'account' ? actor.organizationId : undefined;
  let row: ServiceRow | undefined;
  if (seesAll) row = await findUsableService(db, ref, 'everything');
  else if (own !== undefined && access.can('taxiiService.view', { organizationId: own }))
    row = await findUsableService(db, ref, own);
  if (row === undefined)
    throw new AppError('not_found', { message: `There is no TAXII service ${called(ref)}.` });
  return row;
}

/** Names by id, each once. */
async function findOrganizations(
  { tx, access }: Action,
  references: readonly Reference[],
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const each of references) {
    const row = requireVisibleOrganization(access, await findOrganization(tx, each), each);
    found.set(row.id, row.name);
  }
  return found;
}

/** Whoever creates a service answers for it, unless it is the operator. */
function creatorOf({ actor }: Access): number | null {
  return actor.kind === 'account' ? actor.accountId : null;
}

/** The account, locked, so that it is not deleted before it answers for something. */
async function lockResponsible({ tx, access, now }: Action, ref: Reference): Promise<number> {
  const account = await lockAccount(tx, ref);
  if (account === undefined || !seesName(access, account))
    throw new AppError('not_found', { message: `There is no account ${called(ref)}.` });
  requireResponsible(account, ['user'], now);
  return account.id;
}

function about(service: ServiceRow) {
  return {
    organizationId: null,
    targetKind: 'taxii_service',
    targetId: service.id,
    targetName: service.name,
  };
}

async function shown(db: Db, access: Access, row: ServiceRow): Promise<TaxiiServiceItem> {
  const [item] = await shownAll(db, access, [row]);
  if (item === undefined) throw new AppError('internal');
  return item;
}

async function shownAll(db: Db, access: Access, rows: readonly ServiceRow[]): Promise<TaxiiServiceItem[]> {
  const allowed = await listAllowedOrganizations(
    db,
    rows.filter((row) => row.all_organizations === 0).map((row) => row.id),
  );
  const accounts = await listResponsibleAccounts(
    db,
    rows.map((row) => row.responsible_account_id),
  );
  const users = await countUsersOf(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) =>
    shownService(
      access,
      row,
      allowed.filter((each) => each.service_id === row.id),
      shownResponsible(access, accounts, row.responsible_account_id),
      users.get(row.id) ?? 0,
    ),
  );
}
