import type { Reference } from '../../../contract/references.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { called } from '../owners/owners.rules.ts';
import { findMembership, findOwner, type OwnerRow } from '../owners/owners.store.ts';
import {
  findUsableService,
  listUsableServices,
  type ServiceRow,
} from '../taxii-services/taxii-services.store.ts';

/**
 * The TAXII service that a TAXII user of the organization is to use; the only one that it can, where none is named.
 * @throws AppError `not_found`, `invalid_input`
 */
export async function chooseService(
  tx: Transaction,
  reference: Reference | undefined,
  organizationId: number,
): Promise<ServiceRow> {
  if (reference !== undefined) {
    const service = await findUsableService(tx, reference, organizationId);
    if (service === undefined) {
      throw new AppError('not_found', {
        message: `The organization can use no TAXII service ${called(reference)}.`,
        field: 'service',
      });
    }
    return service;
  }
  const usable = await listUsableServices(tx, organizationId);
  const [only] = usable;
  if (only === undefined || usable.length > 1) {
    const names = usable.map((service) => service.name).join(', ');
    throw invalid(
      'service',
      only === undefined ? 'the organization can use no TAXII service' : `must be one of: ${names}`,
    );
  }
  return only;
}

/**
 * An owner that members of the organization can have to do with: itself, or one that it is a member of.
 * @throws AppError `not_found`
 */
export async function ownerWithinReach(
  tx: Transaction,
  reference: Reference,
  organizationId: number,
): Promise<OwnerRow> {
  const owner = await findOwner(tx, reference);
  const isWithinReach =
    owner !== undefined &&
    (owner.id === organizationId || (await findMembership(tx, owner.id, organizationId)) !== undefined);
  if (isWithinReach) return owner;
  throw new AppError('not_found', {
    message: `The organization has nothing to do with an owner ${called(reference)}.`,
    field: 'onlyOwners',
  });
}
