import type { TaxiiServiceChanges } from '../../../contract/taxii-services.ts';
import type { TaxiiServiceRow } from '../../db/schema.ts';

type Columns = Omit<TaxiiServiceRow, 'id' | 'name_key' | 'created_at' | 'version'>;

/** The columns of the changes that are named; null for `organizations` = every organization. */
export function columnsOf(
  changes: TaxiiServiceChanges,
  organizations: ReadonlyMap<number, string> | null | undefined,
  responsibleId: number | null | undefined,
): Partial<Columns> {
  const columns = {
    name: changes.name,
    path: changes.path,
    title: changes.title,
    description: changes.description,
    all_organizations: organizations === undefined ? undefined : organizations === null ? 1 : 0,
    default_page_size: changes.defaultPageSize,
    max_page_size: changes.maxPageSize,
    max_page_bytes: changes.maxPageBytes,
    max_content_length: changes.maxContentLength,
    strict: changes.strict === undefined ? undefined : Number(changes.strict),
    responsible_account_id: responsibleId,
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as Partial<Columns>;
}

/** A service as the audit trail tells of it. */
export function told(row: Columns, organizations: readonly string[]) {
  return {
    name: row.name,
    path: row.path,
    title: row.title,
    description: row.description,
    organizations: row.all_organizations === 1 ? 'all' : [...organizations].sort(),
    defaultPageSize: row.default_page_size,
    maxPageSize: row.max_page_size,
    maxPageBytes: row.max_page_bytes,
    maxContentLength: row.max_content_length,
    strict: row.strict === 1,
    responsible: row.responsible_account_id,
  };
}

/** What differs, with the value before and after. */
export function changed<Told extends Record<string, unknown>>(
  before: Told,
  after: Told,
): Record<string, { before: unknown; after: unknown }> {
  return Object.fromEntries(
    Object.keys(before)
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
      .map((name) => [name, { before: before[name], after: after[name] }]),
  );
}
