import type { z } from 'zod';
import type { AccountChanges, ChangeField, editAccountInput } from '../../../contract/accounts.ts';
import { emailAddress, userName as userNameType } from '../../../contract/names.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { readInstant, requireFreePseudonym, resolveGroups } from '../account-creation/new-account.ts';
import { type SeatGate, seatGate } from '../account-creation/seats.store.ts';
import { chooseService, ownerWithinReach } from '../account-creation/taxii-access.store.ts';
import { accountAuditTarget, accountTarget, fieldValues, shown } from '../accounts/account-view.rules.ts';
import {
  type AccountRow,
  findAccount,
  insertAllowedOwners,
  listAllowedOwners,
  nameColumns,
  updateAccount,
} from '../accounts/accounts.store.ts';
import { findBlocks, throttleKeyOf } from '../accounts/blocks.ts';
import { requireGrantable, requireSettable } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from '../accounts/visible-account.ts';
import { deleteThrottlesOf } from '../authentication/authentication.store.ts';
import { removeFactorsFor } from '../authenticators/authenticator-reset.ts';
import { listGroupsOf, removeFromGroups, setGroupsOf } from '../groups/groups.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { deleteLinksOf } from '../links/links.store.ts';
import { emailChanged } from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import { findOrganization, lockOrganization } from '../owners/owners.store.ts';
import { ownersAsSeen } from '../owners/visible-roles.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { changedValues, type EditPlan, planEdit, type Surroundings } from './edits.rules.ts';
import { requireSuccessors } from './successors.store.ts';
import { deleteAllowedOwners, findSurroundings, resetCommunityRoles } from './surroundings.store.ts';

/**
 * Changes that may end with nobody left to administer, take a seat, or take a name that nobody else may have: they need
 * the rows locked that everybody locks who does the same.
 */
const WEIGHTY: readonly ChangeField[] = [
  'userName',
  'pseudonym',
  'systemRole',
  'organizationRole',
  'locked',
  'disabled',
  'expiresAt',
  // Services are deleted under the instance's lock.
  'service',
];

/** What the audit trail calls the edit. */
export function editName(changes: AccountChanges): string {
  const [only, ...others] = Object.keys(changes);
  if (others.length === 0 && only === 'locked') return changes.locked ? 'account.lock' : 'account.unlock';
  if (others.length === 0 && only === 'disabled')
    return changes.disabled ? 'account.disable' : 'account.enable';
  return 'account.edit';
}

type Input = z.output<typeof editAccountInput>;

/**
 * Finds and locks the account, asks for every right, and plans; nothing is written yet.
 * @throws AppError like `editAccount`
 */
export async function decideEdit(
  app: App,
  action: Action,
  input: Input,
): Promise<{ row: AccountRow; plan: EditPlan }> {
  const { tx, access, now } = action;
  const { version, changes } = input;
  const fields = Object.keys(changes) as ChangeField[];
  const found = await findVisibleAccount(action, input);
  if (fields.some((field) => WEIGHTY.includes(field))) {
    await lockInstance(tx);
    await lockOrganization(tx, found.organization_id);
  }
  const row = await lockVisibleAccount(action, found);
  const target = accountTarget(row);
  requireSettable(access, row.kind, target, fields);
  if (changes.systemRole !== undefined) requireGrantable(access, changes.systemRole);
  requireSameVersion(row, version);
  await requireValidChanges(tx, row, changes);
  const surroundings = await seenSurroundings(action, row);
  const isThrottled = (await findBlocks(app, tx, [row], now)).size > 0;
  const plan = planEdit(row, changes, { ...surroundings, isThrottled }, now);
  await requireSuccessors(tx, row, { ...plan, stays: true });
  return { row, plan };
}

/** What hangs on the account, with the names of the owners that whoever asks can see. */
export async function seenSurroundings(
  { tx, access, now }: Action,
  row: AccountRow,
): Promise<Omit<Surroundings, 'isThrottled'>> {
  const { rolesInOwners, ...others } = await findSurroundings(tx, row, now);
  const seen = await ownersAsSeen(tx, access, rolesInOwners);
  return {
    ...others,
    rolesInOwners: rolesInOwners.map((role, index) => ({ ...role, name: seen[index]?.name ?? null })),
  };
}

/** What is wrong with the values, beyond their form. */
async function requireValidChanges(tx: Transaction, row: AccountRow, changes: AccountChanges): Promise<void> {
  const { userName, pseudonym } = changes;
  if (userName !== undefined) {
    const { error } = (row.kind === 'taxii' ? userNameType : emailAddress).safeParse(userName);
    if (error !== undefined) throw invalid('userName', error.issues[0]?.message ?? 'is no user name');
    const other = await findAccount(tx, userName);
    if (other !== undefined && other.id !== row.id)
      throw new AppError('name_taken', { message: `The user name "${userName}" is already in use.` });
  }
  if (pseudonym !== undefined && pseudonym !== row.pseudonym) await requireFreePseudonym(tx, pseudonym);
  if (
    changes.termsOfServiceAcceptanceRequired === true &&
    !(await readSetting(tx, 'termsOfServiceRequireNewUserToAccept'))
  ) {
    throw invalid(
      'termsOfServiceAcceptanceRequired',
      'needs the system setting termsOfServiceRequireNewUserToAccept to be on',
    );
  }
}

/**
 * Carries the plan out. `seats`: the gate that the account shares with others of the same transaction.
 * @throws AppError `limit_reached`, `not_found`, `invalid_input`
 */
export async function applyEdit(
  app: App,
  action: Action,
  row: AccountRow,
  changes: AccountChanges,
  plan: EditPlan,
  seats?: SeatGate,
): Promise<void> {
  const { tx, now, audit } = action;
  if (plan.takesSeat) {
    const name = (await findOrganization(tx, row.organization_id))?.name ?? '';
    const gate = seats ?? seatGate(tx, { id: row.organization_id, name });
    await gate.take(plan.kind, row.kind);
  }
  const groupsBefore = (await listGroupsOf(tx, [row.id])).map(({ id }) => id);
  const ownersBefore =
    row.narrowed === 1 ? (await listAllowedOwners(tx, [row.id])).map(({ owner_id }) => owner_id) : null;
  const expiresAt = expiry(changes.expiresAt);
  const after: AccountChanges = {
    ...changes,
    ...(expiresAt === undefined ? {} : { expiresAt: shown(expiresAt) }),
  };
  if (changes.service !== undefined)
    after.service = (await chooseService(tx, changes.service, row.organization_id)).id;
  if (changes.groups !== undefined) {
    after.groups = await resolveGroups(tx, row.organization_id, changes.groups);
    if (after.groups.length === 0) await removeFromGroups(tx, row.id);
    else await setGroupsOf(tx, row.id, row.organization_id, after.groups as number[]);
  }
  if (changes.onlyOwners !== undefined) {
    const owners: number[] = [];
    for (const owner of changes.onlyOwners ?? [])
      owners.push((await ownerWithinReach(tx, owner, row.organization_id)).id);
    after.onlyOwners = changes.onlyOwners === null ? null : [...new Set(owners)];
    await deleteAllowedOwners(tx, row.id);
    await insertAllowedOwners(tx, row.id, [...new Set(owners)]);
  }
  if (plan.resetsCommunityRoles) await resetCommunityRoles(tx, row.id);
  if (plan.removesAuthenticator) await removeFactorsFor(app, action, row);
  if (changes.locked === false) await deleteThrottlesOf(tx, throttleKeyOf(app, row.user_name));
  await updateAccount(tx, row.id, {
    ...nameColumns(row, {
      ...given('user_name', changes.userName),
      ...given('first_name', changes.firstName),
      ...given('last_name', changes.lastName),
      ...given('pseudonym', changes.pseudonym),
    }),
    kind: plan.kind,
    system_role: plan.systemRole,
    organization_role: plan.organizationRole,
    ...given('locked_at', since(changes.locked, row.locked_at, now)),
    ...given('disabled_at', since(changes.disabled, row.disabled_at, now)),
    ...given('expires_at', expiresAt),
    // Of another end, reminders begin anew.
    ...(expiresAt === undefined || expiresAt === row.expires_at ? {} : { expiry_reminded_days: null }),
    ...given('password_reset_required', flag(changes.passwordResetRequired)),
    ...given('mfa_reset_required', flag(changes.mfaResetRequired)),
    ...(plan.removesAuthenticator
      ? { authenticator_since: null, credential_version: row.credential_version + 1 }
      : {}),
    ...given('terms_acceptance_required', flag(changes.termsOfServiceAcceptanceRequired)),
    ...given('custom_tql_timeout_ms', changes.customTqlTimeoutMs),
    ...given('include_in_observations', flag(changes.includeInObservations)),
    ...given('exceed_api_link_limit', flag(changes.exceedApiLinkLimit)),
    ...given('time_zone', changes.timeZone),
    ...given('log_out_after_minutes', changes.logOutAfterMinutes),
    ...given('summary_email_time', changes.summaryEmailTime),
    ...given('contact_email', changes.contactEmail),
    ...given('service_id', after.service as number | undefined),
    ...(changes.onlyOwners === undefined ? {} : { narrowed: changes.onlyOwners === null ? 0 : 1 }),
  });
  if (plan.endsSessions) await deleteSessionsOf(tx, row.id);
  // Whoever follows a link shows that the address is theirs; and a disabled account does not come back by an old one.
  if (changes.userName !== undefined || changes.disabled === true) await deleteLinksOf(tx, row.id);
  if (changes.userName !== undefined) await tellOfNewEmail(app, { tx, now }, row, changes.userName);
  const before = fieldValues(row, { groups: groupsBefore, onlyOwners: ownersBefore });
  await audit({
    ...accountAuditTarget(row),
    details: {
      ...changedValues(before, { ...after, organizationRole: plan.organizationRole }),
      ...(plan.consequences.length === 0
        ? {}
        : { consequences: plan.consequences.map(({ message }) => message) }),
    },
  });
}

/** Tells a person of a changed e-mail address: at the old one and at the new one. */
async function tellOfNewEmail(
  app: App,
  { tx, now }: Pick<Action, 'tx' | 'now'>,
  row: AccountRow,
  newEmail: string,
): Promise<void> {
  if ((row.kind !== 'user' && row.kind !== 'read_only') || newEmail === row.user_name) return;
  const message = emailChanged({
    newEmail,
    confirmed: true,
    at: now,
    address: null,
    timeZone: row.time_zone,
  });
  for (const to of [row.user_name, newEmail]) await queueMail(app, tx, { account: row, to, message });
}

function given<K extends string, V>(column: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [column]: value } as { [P in K]?: V });
}

function since(wanted: boolean | undefined, present: number | null, now: number): number | null | undefined {
  if (wanted === undefined) return undefined;
  return wanted ? (present ?? now) : null;
}

function expiry(text: string | null | undefined): number | null | undefined {
  return typeof text === 'string' ? readInstant('expiresAt', text) : text;
}

function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
