import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { type AccountRow, hasAnother, hasOtherAccounts } from './accounts.store.ts';
import type { EditPlan } from './edits.rules.ts';

/**
 * Somebody is left to administer the instance and the organization. The last Organization Administrator may go with the
 * last account of an organization: then nothing is left to administer.
 * @throws AppError `conflict`
 */
export async function requireSuccessors(
  tx: Transaction,
  row: AccountRow,
  plan: Pick<EditPlan, 'losesAdministrator' | 'losesOrganizationAdministrator'>,
): Promise<void> {
  const others = { lasting: true, besides: row.id };
  if (plan.losesAdministrator && !(await hasAnother(tx, { systemRole: 'Administrator' }, others))) {
    throw new AppError('conflict', {
      message: 'It is the last active Administrator of this instance.',
      reason: 'last_administrator',
    });
  }
  if (
    plan.losesOrganizationAdministrator &&
    !(await hasAnother(tx, { organizationId: row.organization_id }, others)) &&
    (await hasOtherAccounts(tx, row.organization_id, row.id))
  ) {
    throw new AppError('conflict', {
      message: 'It is the last active Organization Administrator of its organization.',
      reason: 'last_organization_administrator',
    });
  }
}
