import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Schema, TaxiiServicesTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type ServiceRow = Selectable<TaxiiServicesTable>;

/** Bound parameters of one statement. */
const MAX_VALUES = 500;

const select = (db: Kysely<Schema>, usableBy: number | 'everything') => {
  const query = db.selectFrom('taxii_services').selectAll();
  if (usableBy === 'everything') return query;
  return query.where((eb) =>
    eb.or([
      eb('all_organizations', '=', 1),
      eb.exists(
        eb
          .selectFrom('taxii_service_organizations')
          .select('service_id')
          .whereRef('service_id', '=', 'taxii_services.id')
          .where('organization_id', '=', usableBy),
      ),
    ]),
  );
};

/** The service of that id, name or path, if the organization may use it. */
export async function findUsableService(
  db: Kysely<Schema>,
  reference: Reference,
  organizationId: number | 'everything',
): Promise<ServiceRow | undefined> {
  const query = select(db, organizationId);
  if (typeof reference === 'number') return await query.where('id', '=', reference).executeTakeFirst();
  const path = reference.replace(/^\/+|\/+$/g, '');
  return await query
    .where((eb) => eb.or([eb('name_key', '=', nameKey(reference)), eb('path', '=', path)]))
    .orderBy('id')
    .executeTakeFirst();
}

export async function listUsableServices(db: Kysely<Schema>, organizationId: number): Promise<ServiceRow[]> {
  return await select(db, organizationId).orderBy('id').execute();
}

export async function listServices(db: Kysely<Schema>): Promise<ServiceRow[]> {
  return await select(db, 'everything').orderBy('id').execute();
}

/** A page of the services that each of these organizations may use, in the order of their creation. */
export async function listServicesPage(
  db: Kysely<Schema>,
  usableBy: readonly number[],
  page: { after: number | undefined; descending: boolean; limit: number },
): Promise<ServiceRow[]> {
  let query = select(db, 'everything');
  for (const organizationId of usableBy)
    query = query.where('id', 'in', select(db, organizationId).clearSelect().select('id'));
  if (page.after !== undefined) query = query.where('id', page.descending ? '<' : '>', page.after);
  return await query
    .orderBy('id', page.descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute();
}

/** The organizations that may use each of the services which not every organization may use. */
export async function listAllowedOrganizations(
  db: Kysely<Schema>,
  serviceIds: readonly number[],
): Promise<{ service_id: number; id: number; name: string }[]> {
  if (serviceIds.length === 0) return [];
  return await db
    .selectFrom('taxii_service_organizations')
    .innerJoin('owners', 'owners.id', 'taxii_service_organizations.organization_id')
    .select(['service_id', 'owners.id', 'owners.name'])
    .where('service_id', 'in', serviceIds)
    .orderBy('service_id')
    .orderBy('owners.id')
    .execute();
}

export async function insertService(
  tx: Transaction,
  row: Omit<Insertable<TaxiiServicesTable>, 'name_key'>,
  organizationIds: readonly number[],
): Promise<ServiceRow> {
  const service = await tx
    .insertInto('taxii_services')
    .values({ ...row, name_key: nameKey(row.name) })
    .returningAll()
    .executeTakeFirstOrThrow();
  await insertAllowedOrganizations(tx, service.id, organizationIds);
  return service;
}

/** Writes the changes and counts the version up. */
export async function updateService(
  tx: Transaction,
  id: number,
  changes: Omit<Updateable<TaxiiServicesTable>, 'id' | 'name_key' | 'version'>,
): Promise<ServiceRow> {
  return await tx
    .updateTable('taxii_services')
    .set((eb) => ({
      ...changes,
      ...(changes.name === undefined ? {} : { name_key: nameKey(changes.name) }),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Makes these the organizations that may use the service, where not every organization may. */
export async function replaceAllowedOrganizations(
  tx: Transaction,
  serviceId: number,
  organizationIds: readonly number[],
): Promise<void> {
  await tx.deleteFrom('taxii_service_organizations').where('service_id', '=', serviceId).execute();
  await insertAllowedOrganizations(tx, serviceId, organizationIds);
}

async function insertAllowedOrganizations(
  tx: Transaction,
  serviceId: number,
  organizationIds: readonly number[],
): Promise<void> {
  for (let from = 0; from < organizationIds.length; from += MAX_VALUES) {
    await tx
      .insertInto('taxii_service_organizations')
      .values(
        organizationIds
          .slice(from, from + MAX_VALUES)
          .map((organization_id) => ({ service_id: serviceId, organization_id })),
      )
      .execute();
  }
}

/** Deletes the service. Nobody may be bound to it but deleted accounts, which forget it. */
export async function deleteService(tx: Transaction, id: number): Promise<void> {
  await tx
    .updateTable('accounts')
    .set({ service_id: null })
    .where('service_id', '=', id)
    .where('deleted_at', 'is not', null)
    .execute();
  await tx.deleteFrom('taxii_service_organizations').where('service_id', '=', id).execute();
  await tx.deleteFrom('taxii_services').where('id', '=', id).execute();
}

const countOf = (row: { count: number | string }) => Number(row.count);

/** How many TAXII users are bound to each of the services; those without any are left out. */
export async function countUsersOf(
  db: Kysely<Schema>,
  serviceIds: readonly number[],
): Promise<Map<number, number>> {
  if (serviceIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('accounts')
    .select((eb) => ['service_id', eb.fn.countAll<number>().as('count')])
    .where('service_id', 'in', serviceIds)
    .where('deleted_at', 'is', null)
    .groupBy('service_id')
    .execute();
  return new Map(rows.map((row) => [Number(row.service_id), countOf(row)]));
}

/** TAXII users that are bound to the service and not deleted; `shutOut` = of them, those whose organization may not use it. */
export async function countBoundUsers(
  db: Kysely<Schema>,
  serviceId: number,
): Promise<{ all: number; shutOut: number }> {
  const bound = db
    .selectFrom('accounts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('accounts.service_id', '=', serviceId)
    .where('deleted_at', 'is', null);
  const shutOut = bound
    .innerJoin('taxii_services', 'taxii_services.id', 'accounts.service_id')
    .where('all_organizations', '=', 0)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('taxii_service_organizations as allowed')
            .select('allowed.service_id')
            .whereRef('allowed.service_id', '=', 'accounts.service_id')
            .whereRef('allowed.organization_id', '=', 'accounts.organization_id'),
        ),
      ),
    );
  return {
    all: countOf(await bound.executeTakeFirstOrThrow()),
    shutOut: countOf(await shutOut.executeTakeFirstOrThrow()),
  };
}

/** Of accounts that answer for something: what is shown of them, and what a right on them depends on. */
export async function listResponsibleAccounts(db: Kysely<Schema>, ids: readonly (number | null)[]) {
  const known = [...new Set(ids.filter((id) => id !== null))];
  if (known.length === 0) return [];
  return await db
    .selectFrom('accounts')
    .select(['id', 'user_name', 'first_name', 'last_name', 'pseudonym', 'organization_id', 'system_role'])
    .where('id', 'in', known)
    .execute();
}

/** The TAXII services that the account is responsible for. */
export async function listServicesOf(
  db: Kysely<Schema>,
  accountId: number,
): Promise<{ id: number; name: string }[]> {
  return await db
    .selectFrom('taxii_services')
    .select(['id', 'name'])
    .where('responsible_account_id', '=', accountId)
    .orderBy('id')
    .execute();
}

/**
 * Makes another account, or nobody, responsible for every TAXII service of the account; answers how many. The account's
 * row must be locked: whoever makes an account responsible locks it first, so that none is left over.
 */
export async function passServices(
  tx: Transaction,
  fromAccountId: number,
  toAccountId: number | null,
): Promise<number> {
  const result = await tx
    .updateTable('taxii_services')
    .set((eb) => ({ responsible_account_id: toAccountId, version: eb('version', '+', 1) }))
    .where('responsible_account_id', '=', fromAccountId)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
