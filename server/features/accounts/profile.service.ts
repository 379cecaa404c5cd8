import {
  type AccountEdited,
  type ChangeField,
  type EditProfileInput,
  editProfileInput,
} from '../../../contract/accounts.ts';
import type { Profile } from '../../../contract/profile.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { applyEdit } from '../account-changes/edit-steps.ts';
import { changedValues, planEdit } from '../account-changes/edits.rules.ts';
import { requireFreePseudonym } from '../account-creation/new-account.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { mayChangeOwnEmail } from '../links/links.rules.ts';
import { findOrganization, lockOrganization } from '../owners/owners.store.ts';
import { hasPassword } from '../passwords/passwords.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { accountTarget, fieldValues, shown } from './account-view.rules.ts';
import { findAccount } from './accounts.store.ts';
import { FORM_FIELDS, problemsError } from './forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from './visible-account.ts';

/** What the caller may change of the own account, as it is stored now. @throws AppError `unauthenticated` */
export async function getProfile(app: App, { access }: Caller): Promise<Profile> {
  return await reading(async () => {
    const db = app.db.read;
    const { actor } = access;
    const row = actor.kind === 'account' ? await findAccount(db, actor.accountId) : undefined;
    if (row === undefined) throw new AppError('unauthenticated');
    const target = accountTarget(row);
    access.require('account.profile', target);
    const organization = await findOrganization(db, row.organization_id);
    return {
      version: row.version,
      firstName: row.first_name,
      lastName: row.last_name,
      pseudonym: row.pseudonym,
      timeZone: row.time_zone,
      logOutAfterMinutes: row.log_out_after_minutes,
      usualLogOutMinutes: await readSetting(db, 'sessionIdleMinutes'),
      summaryEmailTime: row.summary_email_time,
      passwordChangedAt: shown(row.password_changed_at),
      abilities: {
        changePseudonym:
          organization?.allow_pseudonym_change === 1 || access.can('account.pseudonym', target),
        changeEmail: mayChangeOwnEmail(access, row, await readSetting(db, 'ownEmailChangeAllowed')),
        changePassword: await hasPassword(db, row.id, app.clock.now()),
      },
    };
  });
}

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
