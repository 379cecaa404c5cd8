import type { Reference } from '../../../contract/references.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { AppError } from '../../errors.ts';

/**
 * The organization that was looked up by name, when the asker may know that it exists. An unknown and an invisible one
 * are refused alike (ADR 0006).
 * @throws AppError `not_found`
 */
export function requireVisibleOrganization<Row extends { owner_id: number }>(
  access: Access,
  row: Row | undefined,
  reference: Reference,
): Row {
  if (row !== undefined && access.can('organization.view', { organizationId: row.owner_id })) return row;
  throw new AppError('not_found', { message: `There is no organization ${called(reference)}.` });
}

/** The same for any owner; `target` is what rights in it depend on. */
export function requireVisibleOwner<Row>(
  access: Access,
  row: Row | undefined,
  target: Target,
  name: string,
): Row {
  if (row !== undefined && access.can('owner.view', target)) return row;
  throw new AppError('not_found', {
    message: `There is no organization, community or source named "${name}".`,
  });
}

/** A reference in a sentence: `named "Acme"`, or `with the id 12`. */
export function called(reference: Reference): string {
  return typeof reference === 'number' ? `with the id ${reference}` : `named "${reference}"`;
}
