import type { TaxiiServiceItem } from '../../../contract/taxii-services.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import type { TaxiiServiceRow } from '../../db/schema.ts';
import { AppError, invalid } from '../../errors.ts';
import { checkServicePath } from '../../protocols/taxii/paths.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';

/** The TAXII service that a fresh install has (TAXII 2.1 §8.2.1: at least one API root exists). */
export const DEFAULT_SERVICE = {
  name: 'Intelligence',
  path: 'intel',
  title: 'Taxiway intelligence',
  description: 'Collections of the organizations, communities and sources that you may see.',
  all_organizations: 1,
  default_page_size: 1000,
  max_page_size: 10_000,
  max_page_bytes: 20_000_000,
  max_content_length: 10_485_760,
  strict: 0,
  responsible_account_id: null,
} as const;

type Service = Omit<TaxiiServiceRow, 'name_key' | 'responsible_account_id'>;

/**
 * The path without the slashes around it.
 * @throws AppError `invalid_input` where it cannot be that of an API root
 */
export function requirePath(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, '');
  const check = checkServicePath(path);
  if (!check.ok) throw invalid('path', check.problem);
  return path;
}

/** @throws AppError `invalid_input` */
export function requirePageSizes(defaultPageSize: number, maxPageSize: number): void {
  if (defaultPageSize > maxPageSize) throw invalid('defaultPageSize', 'exceeds maxPageSize');
}

/**
 * A service is named by its name or its path, so one word must not be the name of one and the path of another.
 * @throws AppError `name_taken`
 */
export function requireFreeWords(
  others: readonly { name: string; name_key: string; path: string }[],
  words: { nameKey: string; path: string },
): void {
  const wanted = [words.path.toLowerCase(), words.nameKey];
  const taken = others.find(
    (service) => wanted.includes(service.path.toLowerCase()) || wanted.includes(service.name_key),
  );
  if (taken === undefined) return;
  throw new AppError('name_taken', {
    message: `The TAXII service "${taken.name}" at /${taken.path}/ has that name or path already.`,
  });
}

/** @throws AppError `conflict` with how many are bound to it */
export function requireUnused(name: string, taxiiUsers: number): void {
  if (taxiiUsers === 0) return;
  const who = taxiiUsers === 1 ? '1 TAXII user is' : `${taxiiUsers} TAXII users are`;
  throw new AppError('conflict', {
    message: `${who} bound to the TAXII service "${name}": delete them, or bind them to another one.`,
    taxiiUsers,
  });
}

/** What whoever changed a service should know of those who are bound to it. */
export function changeWarnings(
  before: { path: string },
  after: { path: string },
  bound: { all: number; shutOut: number },
): string[] {
  const users = (count: number) => (count === 1 ? '1 TAXII user' : `${count} TAXII users`);
  return [
    ...(before.path === after.path
      ? []
      : [
          `Clients that are configured with /${before.path}/ no longer reach it there: ${users(bound.all)} ${bound.all === 1 ? 'is' : 'are'} bound to this service.`,
        ]),
    ...(bound.shutOut === 0
      ? []
      : [`${users(bound.shutOut)} can no longer connect: their organization may not use this service.`]),
  ];
}

/** A service as the asker may see it; `organizations` = those that may use it, where not every one may. */
export function shownService(
  access: Access,
  row: Service,
  organizations: readonly { id: number; name: string }[],
  responsible: TaxiiServiceItem['responsible'],
  taxiiUsers: number,
): TaxiiServiceItem {
  return {
    id: row.id,
    version: row.version,
    name: row.name,
    path: row.path,
    title: row.title,
    description: row.description,
    allOrganizations: row.all_organizations === 1,
    organizations: organizations
      .filter(({ id }) => access.can('organization.view', { organizationId: id }))
      .map(({ id, name }) => ({ id, name })),
    defaultPageSize: row.default_page_size,
    maxPageSize: row.max_page_size,
    maxPageBytes: row.max_page_bytes,
    maxContentLength: row.max_content_length,
    strict: row.strict === 1,
    ...(access.can('taxiiService.view', INSTANCE) ? { responsible: responsible ?? null, taxiiUsers } : {}),
    createdAt: formatTimestamp(row.created_at),
    abilities: {
      edit: access.can('taxiiService.edit', INSTANCE),
      delete: access.can('taxiiService.delete', INSTANCE),
    },
  };
}
