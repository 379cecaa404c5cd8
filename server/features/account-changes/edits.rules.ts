import { UNSEEN_PLACE } from '../../../contract/account-parts.ts';
import type { AccountChanges, ChangeField, Consequence } from '../../../contract/accounts.ts';
import type { AccountKind, CommunityRole, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import { aKind, kindOf, organizationRolesOf, problemsError, roleProblems } from '../accounts/forms.rules.ts';
import { effectiveCommunityRole } from '../owners/owners.rules.ts';

/** The account as the plan of an edit sees it. */
export type EditedAccount = {
  kind: AccountKind;
  user_name: string;
  system_role: SystemRole;
  organization_role: OrganizationRole;
  locked_at: number | null;
  disabled_at: number | null;
  expires_at: number | null;
  authenticator_since: number | null;
};

/** An owner in which the account has a role: its own, if it has one, and its organization's default. */
export type RoleInOwner = {
  /** Null where whoever asks cannot see it. */
  name: string | null;
  individual: CommunityRole | null;
  default: CommunityRole | null;
};

/** What hangs on the account. */
export type Surroundings = {
  rolesInOwners: readonly RoleInOwner[];
  sessions: number;
  credentials: number;
  /** Failed attempts block it at the moment. */
  isThrottled: boolean;
};

export type EditPlan = {
  kind: AccountKind;
  systemRole: SystemRole;
  organizationRole: OrganizationRole;
  /** The seat of another kind is taken. */
  takesSeat: boolean;
  resetsCommunityRoles: boolean;
  endsSessions: boolean;
  /** The second factor that it has is removed: its person sets up another. */
  removesAuthenticator: boolean;
  /** It may act no longer, or not for as long: somebody else has to be there in its place. */
  stopsActing: boolean;
  losesAdministrator: boolean;
  losesOrganizationAdministrator: boolean;
  consequences: Consequence[];
};

/**
 * What an edit entails. Pure: the same plan is shown beforehand and carried out.
 * @throws AppError `invalid_input` for roles that do not go together
 */
export function planEdit(
  account: EditedAccount,
  changes: AccountChanges,
  around: Surroundings,
  now: number,
): EditPlan {
  const systemRole = changes.systemRole ?? account.system_role;
  const hasNewSystemRole = systemRole !== account.system_role;
  const kind = hasNewSystemRole ? kindOf(account.kind, systemRole) : account.kind;
  const organizationRole =
    changes.organizationRole ??
    (hasNewSystemRole ? followingRole(systemRole, account.organization_role) : account.organization_role);
  if (changes.systemRole !== undefined || changes.organizationRole !== undefined) {
    const problems = roleProblems(kind, { systemRole, organizationRole });
    if (problems.length > 0) throw problemsError('invalid_input', problems);
  }
  const hasNewRole = hasNewSystemRole || organizationRole !== account.organization_role;
  const wasActive = isActive(account, now);
  const after = {
    locked_at: stateAfter(changes.locked, account.locked_at, now),
    disabled_at: stateAfter(changes.disabled, account.disabled_at, now),
    expires_at:
      changes.expiresAt === undefined
        ? account.expires_at
        : changes.expiresAt === null
          ? null
          : Date.parse(changes.expiresAt) * 1000,
  };
  const staysActive = isActive(after, now);
  const stopsActing = wasActive && (!staysActive || endsSooner(account, after));
  const removesAuthenticator = changes.mfaResetRequired === true && account.authenticator_since !== null;
  const endsSessions = hasNewRole || removesAuthenticator || (wasActive && !staysActive);
  const wasAdministrator = wasActive && account.system_role === 'Administrator';
  const wasOrganizationAdministrator =
    wasActive && isOrganizationAdministrator(account.kind, account.organization_role);

  const consequences: Consequence[] = [];
  const say = (code: Consequence['code'], message: string) => consequences.push({ code, message });
  if (kind !== account.kind) {
    say('kind_changes', `The account becomes ${aKind(kind)}.`);
    if (kind === 'user') say('seat_taken', 'It takes a seat of the users.');
    else say('seat_freed', 'Its seat of the users is free.');
  }
  if (changes.organizationRole === undefined && organizationRole !== account.organization_role) {
    say(
      'organization_role_follows',
      `Its Organization role becomes ${organizationRole}, because its System role becomes ${systemRole}.`,
    );
  }
  if (hasNewSystemRole) {
    for (const role of around.rolesInOwners) {
      const before = effectiveCommunityRole(account.system_role, role.individual, role.default);
      const reset = effectiveCommunityRole(systemRole, null, role.default);
      if (before === reset) continue;
      say(
        'community_role_reset',
        `Its Community role in ${role.name === null ? UNSEEN_PLACE : `"${role.name}"`} changes from ${before ?? 'none'} to ${reset ?? 'none'}.`,
      );
    }
  }
  if (removesAuthenticator) {
    say(
      'authenticator_removed',
      'Its second factor is removed, with its recovery codes, and another is set up at the next sign-in.',
    );
  }
  if (endsSessions && around.sessions > 0) {
    say('sessions_end', `${around.sessions} of its sessions ${around.sessions === 1 ? 'ends' : 'end'}.`);
  }
  if (wasActive !== staysActive && around.credentials > 0 && ['api', 'taxii'].includes(kind)) {
    const count = `${around.credentials} of its credentials`;
    if (staysActive) say('credentials_work_again', `${count} can be used again at once.`);
    else say('credentials_stop', `${count} cannot be used any more, from the next request on.`);
  }
  if (changes.locked === false && around.isThrottled) {
    say('failed_attempts_forgotten', 'Its failed attempts are forgotten: it can sign in at once.');
  }
  if (kind === 'taxii' && (changes.userName !== undefined || changes.service !== undefined)) {
    say('connection_changes', 'Clients that use it must be configured anew.');
  }
  return {
    kind,
    systemRole,
    organizationRole,
    takesSeat: kind !== account.kind,
    resetsCommunityRoles: hasNewSystemRole,
    endsSessions,
    removesAuthenticator,
    stopsActing,
    losesAdministrator: wasAdministrator && (stopsActing || systemRole !== 'Administrator'),
    losesOrganizationAdministrator:
      wasOrganizationAdministrator && (stopsActing || !isOrganizationAdministrator(kind, organizationRole)),
    consequences,
  };
}

/** The values of the changed fields before and after, for the audit trail. */
export function changedValues(
  before: Readonly<Partial<Record<ChangeField, unknown>>>,
  after: Readonly<Partial<Record<ChangeField, unknown>>>,
): Record<string, { before: unknown; after: unknown }> {
  return Object.fromEntries(
    (Object.keys(after) as ChangeField[])
      .filter((field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null))
      .map((field) => [field, { before: before[field] ?? null, after: after[field] ?? null }]),
  );
}

/** The Organization role that it keeps, if the System role allows it; else the one that follows. */
function followingRole(systemRole: SystemRole, present: OrganizationRole): OrganizationRole {
  const possible = organizationRolesOf(systemRole);
  return possible.includes(present) ? present : (possible[0] ?? present);
}

/** Only people administer: an API user with the role cannot let anybody in again. */
function isOrganizationAdministrator(kind: AccountKind, role: OrganizationRole): boolean {
  return kind === 'user' && role === 'Organization Administrator';
}

type State = Pick<EditedAccount, 'locked_at' | 'disabled_at' | 'expires_at'>;

/** It may act now. */
function isActive(state: State, now: number): boolean {
  return (
    state.locked_at === null &&
    state.disabled_at === null &&
    (state.expires_at === null || state.expires_at > now)
  );
}

function endsSooner(before: State, after: State): boolean {
  if (after.expires_at === null) return false;
  return before.expires_at === null || after.expires_at < before.expires_at;
}

function stateAfter(change: boolean | undefined, since: number | null, now: number): number | null {
  if (change === undefined) return since;
  return change ? (since ?? now) : null;
}

/** Whom the instance and the organization lose with an account that leaves: one that may not act is nobody to lose. */
export function lossesOf(
  account: EditedAccount,
  now: number,
): Pick<EditPlan, 'losesAdministrator' | 'losesOrganizationAdministrator'> {
  const wasActive = isActive(account, now);
  return {
    losesAdministrator: wasActive && account.system_role === 'Administrator',
    losesOrganizationAdministrator:
      wasActive && isOrganizationAdministrator(account.kind, account.organization_role),
  };
}
