import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { type AccountRow, hasAnother, hasOtherAccounts } from '../accounts/accounts.store.ts';
import type { EditPlan } from './edits.rules.ts';

/** `stays`: the account does not leave its organization, and is somebody to administer. */
type Losses = Pick<EditPlan, 'losesAdministrator' | 'losesOrganizationAdministrator'> & { stays?: true };

/**
 * Somebody is left to administer the instance and the organization, and will be: one that expires does not count. The
 * last Organization Administrator may go with the last account of an organization: then nothing is left to administer.
 * @throws AppError `conflict`
 */
export async function requireSuccessors(tx: Transaction, row: AccountRow, losses: Losses): Promise<void> {
  const others = { lasting: true, besides: row.id };
  if (losses.losesAdministrator && !(await hasAnother(tx, { systemRole: 'Administrator' }, others))) {
    throw new AppError('conflict', {
      message: 'It is the last active Administrator of this instance.',
      reason: 'last_administrator',
    });
  }
  if (
    losses.losesOrganizationAdministrator &&
    !(await hasAnother(tx, { organizationId: row.organization_id }, others)) &&
    (losses.stays === true || (await hasOtherAccounts(tx, row.organization_id, row.id)))
  ) {
    throw new AppError('conflict', {
      message: 'It is the last active Organization Administrator of its organization.',
      reason: 'last_organization_administrator',
    });
  }
}
