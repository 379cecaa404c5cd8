import {
  ACCOUNT_ABILITIES,
  type AccountAbility,
  type AccountChanges,
  type AccountItem,
  type ChangeField,
} from '../../../contract/accounts.ts';
import type { OwnerKind } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import type { Permission } from '../../access/permissions.ts';
import type { AccountRow, OneTimeLinksTable } from '../../db/schema.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';
import { accountState } from './accounts.rules.ts';
import { TARGET_KINDS } from './forms.rules.ts';

/** What rights on the account depend on. */
export function accountTarget(
  row: Pick<AccountRow, 'id' | 'organization_id' | 'system_role'>,
): Required<Pick<Target, 'accountId' | 'organizationId' | 'systemRole'>> {
  return { accountId: row.id, organizationId: row.organization_id, systemRole: row.system_role };
}

/** What the audit trail calls the account. */
export function accountAuditTarget(row: Pick<AccountRow, 'id' | 'organization_id' | 'kind' | 'user_name'>) {
  return {
    organizationId: row.organization_id,
    targetKind: TARGET_KINDS[row.kind],
    targetId: row.id,
    targetName: row.user_name,
  };
}

/** What it needs to lock an account down: all of them. */
export const LOCKDOWN_PERMISSIONS = ['account.disable', 'account.credential'] as const;

/** An ability may need several. */
const ABILITY_PERMISSIONS: Readonly<Record<AccountAbility, Permission | readonly Permission[]>> = {
  edit: 'account.edit',
  changeRoles: 'account.roles',
  chooseSystemRole: 'account.systemRole',
  changeUserName: 'account.userName',
  changePseudonym: 'account.pseudonym',
  setTqlTimeout: 'account.customTqlTimeout',
  requireTermsOfService: 'account.termsOfService',
  lock: 'account.lock',
  disable: 'account.disable',
  delete: 'account.delete',
  move: 'account.move',
  changeCredentials: 'account.credential',
  endSessions: 'account.sessions',
  resetAuthenticator: 'account.authenticator',
  lockdown: LOCKDOWN_PERMISSIONS,
  viewAudit: 'audit.view',
};

/** Abilities that only some kinds of account have a use for. */
const KINDS_OF_ABILITY: Partial<Record<AccountAbility, readonly AccountRow['kind'][]>> = {
  changeRoles: ['user', 'read_only', 'api'],
  chooseSystemRole: ['user', 'read_only', 'api'],
  changeUserName: ['user', 'read_only', 'taxii'],
  changePseudonym: ['user', 'read_only', 'api'],
  setTqlTimeout: ['user', 'read_only', 'api'],
  requireTermsOfService: ['user', 'read_only'],
  lock: ['user', 'read_only', 'taxii'],
  endSessions: ['user', 'read_only'],
  resetAuthenticator: ['user', 'read_only'],
};

function abilitiesOf(access: Access, row: AccountRow): Record<AccountAbility, boolean> {
  const target = accountTarget(row);
  return Object.fromEntries(
    ACCOUNT_ABILITIES.map((ability) => [
      ability,
      (KINDS_OF_ABILITY[ability]?.includes(row.kind) ?? true) &&
        [ABILITY_PERMISSIONS[ability]].flat().every((permission) => access.can(permission, target)),
    ]),
  ) as Record<AccountAbility, boolean>;
}

/** A row of a list of accounts, with the names of what it refers to. */
export type ShownRow = AccountRow & {
  organization_name: string;
  organization_disabled_at: Micros | null;
  service_name: string | null;
  service_path: string | null;
};

/** Failed attempts keep the account out: wherever it is tried from, or from single addresses. */
export type Block = { until: Micros; everywhere: boolean };

/** What is known of an account beside its row. */
export type Surrounding = {
  block: Block | undefined;
  credentialExpiresAt: Micros | undefined;
  link: Pick<OneTimeLinksTable, 'purpose' | 'created_at' | 'expires_at'> | undefined;
  /** A person who has no password yet. */
  isInvited: boolean;
};

/** The account as an answer shows it to this asker. */
export function accountItemOf(
  access: Access,
  row: ShownRow,
  { block, credentialExpiresAt, link, isInvited }: Surrounding,
  now: Micros,
): AccountItem {
  // A column of the list, for some or for nobody; a person's own is shown with the account itself.
  const showsSystemRole = access.can('account.viewSystemRole', {});
  return {
    id: row.id,
    version: row.version,
    kind: row.kind,
    organization: { id: row.organization_id, name: row.organization_name },
    userName: row.user_name,
    firstName: row.first_name,
    lastName: row.last_name,
    pseudonym: row.pseudonym,
    ...(showsSystemRole ? { systemRole: row.system_role } : {}),
    organizationRole: row.organization_role,
    status: statusOf(row, block, now),
    locked: row.locked_at !== null || block !== undefined,
    disabled: row.disabled_at !== null,
    expiresAt: shown(row.expires_at),
    passwordResetRequired: row.password_reset_required === 1,
    mfaResetRequired: row.mfa_reset_required === 1,
    authenticator:
      row.authenticator_since === null ? null : { since: formatTimestamp(row.authenticator_since) },
    termsOfServiceAcceptanceRequired: row.terms_acceptance_required === 1,
    contactEmail: row.contact_email,
    service:
      row.service_id === null || row.service_name === null || row.service_path === null
        ? null
        : { id: row.service_id, name: row.service_name, path: row.service_path },
    createdAt: formatTimestamp(row.created_at),
    lastUsedAt: shown(row.last_used_at),
    lastUsedFrom: row.last_used_from,
    credentialExpiresAt: shown(credentialExpiresAt ?? null),
    pendingLink:
      link === undefined || !access.can('account.credential', accountTarget(row))
        ? null
        : {
            purpose: link.purpose,
            createdAt: formatTimestamp(link.created_at),
            expiresAt: formatTimestamp(link.expires_at),
          },
    invitation: !isInvited ? null : link?.purpose === 'invitation' ? 'open' : 'ended',
    abilities: abilitiesOf(access, row),
  };
}

function statusOf(row: ShownRow, block: Block | undefined, now: Micros): AccountItem['status'] {
  const state = accountState(row, now);
  const base = { since: null, lockedBy: null, lockedUntil: null };
  if (state === 'disabled')
    return { ...base, state, reason: 'Disabled by an administrator.', since: shown(row.disabled_at) };
  const whose = row.kind === 'user' || row.kind === 'read_only' ? 'Their' : 'Its';
  if (row.organization_disabled_at !== null)
    return {
      ...base,
      state: 'disabled',
      reason: `${whose} organization is disabled.`,
      since: shown(row.organization_disabled_at),
    };
  if (state === 'expired')
    return {
      ...base,
      state,
      reason: `Expired at ${formatTimestamp(row.expires_at ?? now)}.`,
      since: shown(row.expires_at),
    };
  if (state === 'locked')
    return {
      ...base,
      state,
      reason: 'Locked by an administrator.',
      since: shown(row.locked_at),
      lockedBy: 'administrator',
    };
  if (block !== undefined) {
    const lockedUntil = formatTimestamp(block.until);
    const where = block.everywhere ? '' : ' at some addresses';
    return {
      ...base,
      state: 'locked',
      reason: `Locked${where} after failed sign-ins, until ${lockedUntil}.`,
      lockedBy: 'system',
      lockedUntil,
    };
  }
  return { ...base, state, reason: 'Active.' };
}

/** An owner on an allow-list, as it is read. */
export function allowedOwner(row: { owner_id: number; owner_kind: OwnerKind; owner_name: string }) {
  return { id: row.owner_id, kind: row.owner_kind, name: row.owner_name };
}

export function shown(micros: Micros | null): string | null {
  return micros === null ? null : formatTimestamp(micros);
}

/** The present values of the fields that an edit may change, for the audit trail. */
export function fieldValues(
  row: AccountRow,
  lists: { groups: readonly number[]; onlyOwners: readonly number[] | null },
): Record<ChangeField, AccountChanges[ChangeField]> {
  return {
    userName: row.user_name,
    firstName: row.first_name ?? undefined,
    lastName: row.last_name ?? undefined,
    pseudonym: row.pseudonym,
    systemRole: row.system_role,
    organizationRole: row.organization_role,
    groups: [...lists.groups],
    locked: row.locked_at !== null,
    disabled: row.disabled_at !== null,
    expiresAt: shown(row.expires_at),
    passwordResetRequired: row.password_reset_required === 1,
    mfaResetRequired: row.mfa_reset_required === 1,
    termsOfServiceAcceptanceRequired: row.terms_acceptance_required === 1,
    customTqlTimeoutMs: row.custom_tql_timeout_ms,
    includeInObservations: row.include_in_observations === 1,
    exceedApiLinkLimit: row.exceed_api_link_limit === 1,
    timeZone: row.time_zone,
    logOutAfterMinutes: row.log_out_after_minutes,
    summaryEmailTime: row.summary_email_time,
    contactEmail: row.contact_email,
    service: row.service_id ?? undefined,
    onlyOwners: lists.onlyOwners === null ? null : [...lists.onlyOwners],
  };
}
