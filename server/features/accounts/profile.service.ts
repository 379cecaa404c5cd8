import {
  type AccountEdited,
  type ChangeField,
  type EditProfileInput,
  editProfileInput,
} from '../../../contract/accounts.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { applyEdit } from '../account-changes/edit-steps.ts';
import { changedValues, planEdit } from '../account-changes/edits.rules.ts';
import { requireFreePseudonym } from '../account-creation/new-account.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { findOrganization, lockOrganization } from '../owners/owners.store.ts';
import { accountTarget, fieldValues } from './account-view.rules.ts';
import { FORM_FIELDS, problemsError } from './forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from './visible-account.ts';

/**
 * What people change of their own account: names, time zone, when they are logged out and get their summary; and their
 * pseudonym, where the organization allows it, or they may change everybody's.
 * @throws AppError `forbidden`, `stale`, `name_taken`
 */
export async function editProfile(
  app: App,
  caller: Caller,
  rawInput: EditProfileInput,
): Promise<AccountEdited> {
  const input = parseInput(editProfileInput, rawInput);
  const { actor } = caller.access;
  if (actor.kind !== 'account')
    throw new AppError('forbidden', { message: 'Only an account has a profile.' });
  return await act(app, caller, 'account.profile', async (action) => {
    const { tx, access, now } = action;
    const found = await findVisibleAccount(action, { account: actor.accountId });
    if (input.changes.pseudonym !== undefined) {
      // Whoever takes a pseudonym holds these.
      await lockInstance(tx);
      await lockOrganization(tx, found.organization_id);
    }
    const row = await lockVisibleAccount(action, found);
    const target = accountTarget(row);
    access.require('account.profile', target);
    const foreign = (Object.keys(input.changes) as ChangeField[]).filter(
      (field) => !FORM_FIELDS[field].kinds.includes(row.kind),
    );
    const organization = await findOrganization(tx, row.organization_id);
    const mayRename = organization?.allow_pseudonym_change === 1 || access.can('account.pseudonym', target);
    if (input.changes.pseudonym !== undefined && !mayRename) {
      throw problemsError('forbidden', [
        { path: 'pseudonym', message: 'your organization does not allow its members to change it' },
      ]);
    }
    if (foreign.length > 0)
      throw problemsError(
        'invalid_input',
        foreign.map((path) => ({ path, message: 'does not exist for your kind of account' })),
      );
    requireSameVersion(row, input.version);
    const before = fieldValues(row, { groups: [], onlyOwners: null });
    if (Object.keys(changedValues(before, input.changes)).length === 0)
      return { id: row.id, version: row.version, consequences: [] };
    if (input.changes.pseudonym !== undefined && input.changes.pseudonym !== row.pseudonym)
      await requireFreePseudonym(tx, input.changes.pseudonym);
    const plan = planEdit(
      row,
      input.changes,
      { rolesInOwners: [], sessions: 0, credentials: 0, isThrottled: false },
      now,
    );
    await applyEdit(app, action, row, input.changes, plan);
    return { id: row.id, version: row.version + 1, consequences: plan.consequences };
  });
}
