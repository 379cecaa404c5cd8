import type { Insertable, Kysely, Selectable } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Schema, TaxiiServicesTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type ServiceRow = Selectable<TaxiiServicesTable>;

const usableBy = (db: Kysely<Schema>, organizationId: number) =>
  db
    .selectFrom('taxii_services')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('all_organizations', '=', 1),
        eb.exists(
          eb
            .selectFrom('taxii_service_organizations')
            .select('service_id')
            .whereRef('service_id', '=', 'taxii_services.id')
            .where('organization_id', '=', organizationId),
        ),
      ]),
    );

/** The service of that id, name or path, if the organization may use it. */
export async function findUsableService(
  db: Kysely<Schema>,
  nameOrPath: Reference,
  organizationId: number,
): Promise<ServiceRow | undefined> {
  if (typeof nameOrPath === 'number')
    return await usableBy(db, organizationId).where('id', '=', nameOrPath).executeTakeFirst();
  const path = nameOrPath.replace(/^\/+|\/+$/g, '');
  return await usableBy(db, organizationId)
    .where((eb) => eb.or([eb('name_key', '=', nameKey(nameOrPath)), eb('path', '=', path)]))
    .orderBy('id')
    .executeTakeFirst();
}

export async function listUsableServices(db: Kysely<Schema>, organizationId: number): Promise<ServiceRow[]> {
  return await usableBy(db, organizationId).orderBy('id').execute();
}

export async function listServices(db: Kysely<Schema>): Promise<ServiceRow[]> {
  return await db.selectFrom('taxii_services').selectAll().orderBy('id').execute();
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
  if (organizationIds.length > 0) {
    await tx
      .insertInto('taxii_service_organizations')
      .values(organizationIds.map((organization_id) => ({ service_id: service.id, organization_id })))
      .execute();
  }
  return service;
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
