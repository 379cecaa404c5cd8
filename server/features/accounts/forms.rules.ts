import type { ChangeField } from '../../../contract/accounts.ts';
import type { Problem } from '../../../contract/errors.ts';
import {
  type AccountKind,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  SYSTEM_ROLE_RANK,
  type SystemRole,
} from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { PERMISSION_TEXTS } from '../../access/permission-texts.ts';
import type { Permission } from '../../access/permissions.ts';
import { AppError } from '../../errors.ts';

/** How the four kinds are called. */
export const KIND_NAMES: Readonly<Record<AccountKind, string>> = {
  user: 'user',
  read_only: 'read-only user',
  api: 'API user',
  taxii: 'TAXII user',
};

/** The same in the middle of a sentence. */
export function aKind(kind: AccountKind): string {
  return `${kind === 'api' ? 'an' : 'a'} ${KIND_NAMES[kind]}`;
}

/** The target kind of audit events. */
export const TARGET_KINDS: Readonly<Record<AccountKind, string>> = {
  user: 'user',
  read_only: 'read_only_user',
  api: 'api_user',
  taxii: 'taxii_user',
};

const PEOPLE = ['user', 'read_only'] as const;
const NAMED = [...PEOPLE, 'api'] as const;
const MACHINES = ['api', 'taxii'] as const;
const ALL = [...PEOPLE, ...MACHINES] as const;

/**
 * The fields of the forms: which kinds have them, and what it needs to set them. What a kind does not list here is fixed
 * for it: a TAXII user's pseudonym and roles, an API user's Access ID.
 */
export const FORM_FIELDS: Readonly<
  Record<ChangeField, { kinds: readonly AccountKind[]; permission: Permission }>
> = {
  userName: { kinds: [...PEOPLE, 'taxii'], permission: 'account.userName' },
  firstName: { kinds: NAMED, permission: 'account.edit' },
  lastName: { kinds: NAMED, permission: 'account.edit' },
  pseudonym: { kinds: NAMED, permission: 'account.pseudonym' },
  systemRole: { kinds: NAMED, permission: 'account.systemRole' },
  organizationRole: { kinds: NAMED, permission: 'account.roles' },
  groups: { kinds: PEOPLE, permission: 'account.edit' },
  locked: { kinds: [...PEOPLE, 'taxii'], permission: 'account.lock' },
  disabled: { kinds: ALL, permission: 'account.disable' },
  expiresAt: { kinds: ALL, permission: 'account.disable' },
  passwordResetRequired: { kinds: PEOPLE, permission: 'account.credential' },
  mfaResetRequired: { kinds: PEOPLE, permission: 'account.authenticator' },
  termsOfServiceAcceptanceRequired: { kinds: PEOPLE, permission: 'account.termsOfService' },
  customTqlTimeoutMs: { kinds: NAMED, permission: 'account.customTqlTimeout' },
  includeInObservations: { kinds: ['api'], permission: 'account.edit' },
  exceedApiLinkLimit: { kinds: ['api'], permission: 'account.edit' },
  timeZone: { kinds: PEOPLE, permission: 'account.edit' },
  logOutAfterMinutes: { kinds: PEOPLE, permission: 'account.edit' },
  summaryEmailTime: { kinds: PEOPLE, permission: 'account.edit' },
  contactEmail: { kinds: MACHINES, permission: 'account.edit' },
  service: { kinds: ['taxii'], permission: 'account.edit' },
  onlyOwners: { kinds: ['taxii'], permission: 'account.edit' },
};

/** Fields that the creator of an account sets only with a permission beside `account.create`. */
export const RESERVED_ON_CREATION = [
  'pseudonym',
  'systemRole',
  'customTqlTimeoutMs',
  'termsOfServiceAcceptanceRequired',
] as const satisfies readonly ChangeField[];

/** Those that the form of the kind has. */
export function reservedOnCreation(kind: AccountKind): (typeof RESERVED_ON_CREATION)[number][] {
  return RESERVED_ON_CREATION.filter((field) => FORM_FIELDS[field].kinds.includes(kind));
}

/** What the right to set a reserved field of a new account depends on. */
export function creationTarget(kind: AccountKind, organizationId: number): Target {
  return { organizationId, systemRole: kind === 'api' ? 'Api User' : 'User' };
}

/** System roles that each kind may have. A read-only user with another one than `Read Only User` is a user. */
const SYSTEM_ROLES_OF: Readonly<Record<AccountKind, readonly SystemRole[]>> = {
  user: [
    'User',
    'Administrator',
    'Operations Administrator',
    'Accounts Administrator',
    'Community Leader',
    'Super User',
    'Read Only User',
  ],
  read_only: [
    'Read Only User',
    'User',
    'Administrator',
    'Operations Administrator',
    'Accounts Administrator',
    'Community Leader',
    'Super User',
  ],
  api: ['Api User', 'Exchange Admin'],
  taxii: ['Taxii User'],
};

/** The System roles that may be chosen in the form of the kind, as far as the asker may grant them; the default first. */
export function grantableRoles(access: Access, kind: AccountKind): SystemRole[] {
  return SYSTEM_ROLES_OF[kind].filter((systemRole) => access.can('account.systemRole', { systemRole }));
}

/** The System roles that an account of the kind has one of. */
export function systemRolesOf(kind: AccountKind): readonly SystemRole[] {
  return SYSTEM_ROLES_OF[kind].filter((systemRole) => kindOf(kind, systemRole) === kind);
}

/** The System role that an account of the kind has unless somebody chooses another: the first it may have. */
export function defaultSystemRole(kind: AccountKind): SystemRole {
  return SYSTEM_ROLES_OF[kind][0] ?? 'User';
}

/** The Organization roles that go with a System role, the one that follows from it by itself first. */
export function organizationRolesOf(systemRole: SystemRole): readonly OrganizationRole[] {
  if (systemRole === 'Super User') return ['Organization Administrator'];
  if (systemRole === 'Read Only User') return ['Read Only User', 'Read Only Commenter'];
  if (systemRole === 'Taxii User') return ['Standard User'];
  return ORGANIZATION_ROLES;
}

/** The Organization role that a user has who is given none; undefined: one must be given. */
export function impliedOrganizationRole(systemRole: SystemRole): OrganizationRole | undefined {
  const [first, ...others] = organizationRolesOf(systemRole);
  return others.length === 0 || systemRole === 'Read Only User' ? first : undefined;
}

/** The kind of a person's account follows from its System role. */
export function kindOf(kind: AccountKind, systemRole: SystemRole): AccountKind {
  if (kind !== 'user' && kind !== 'read_only') return kind;
  return systemRole === 'Read Only User' ? 'read_only' : 'user';
}

/** What is wrong with the System role, for the kind of form that it is given in. */
export function systemRoleProblems(kind: AccountKind, systemRole: SystemRole): Problem[] {
  const systemRoles = SYSTEM_ROLES_OF[kind];
  if (systemRoles.includes(systemRole)) return [];
  return [{ path: 'systemRole', message: `must be one of: ${systemRoles.join(', ')}` }];
}

/** What is wrong with the roles, for the kind of form that they are given in. */
export function roleProblems(
  kind: AccountKind,
  roles: { systemRole: SystemRole; organizationRole: OrganizationRole },
): Problem[] {
  const problems = systemRoleProblems(kind, roles.systemRole);
  if (problems.length > 0) return problems;
  const organizationRoles = organizationRolesOf(roles.systemRole);
  if (organizationRoles.includes(roles.organizationRole)) return [];
  const message = `must be one of: ${organizationRoles.join(', ')} (the System role is ${roles.systemRole})`;
  return [{ path: 'organizationRole', message }];
}

/**
 * Refuses every field that the kind does not have, or that the asker may not set, all at once. Nothing is silently
 * dropped.
 * @throws AppError `invalid_input` for fields that the kind does not have; else `forbidden`, naming the fields
 */
export function requireSettable(
  access: Access,
  kind: AccountKind,
  target: Target,
  fields: readonly ChangeField[],
): void {
  const foreign = fields.filter((field) => !FORM_FIELDS[field].kinds.includes(kind));
  if (foreign.length > 0) {
    throw problemsError(
      'invalid_input',
      foreign.map((path) => ({ path, message: `is fixed or does not exist for ${aKind(kind)}` })),
    );
  }
  const refused = fields.flatMap((path) => {
    const message = refusalToSet(access, path, target);
    return message === undefined ? [] : [{ path, message }];
  });
  if (refused.length > 0) throw problemsError('forbidden', refused);
}

/** Why the asker may not set the field, as part of a sentence; undefined: it may. */
export function refusalToSet(access: Access, field: ChangeField, target: Target): string | undefined {
  const { permission } = FORM_FIELDS[field];
  return access.can(permission, target)
    ? undefined
    : `you may not set it${whyNot(access, permission, target)}`;
}

/**
 * Asks for a permission on an account, and says why it is refused.
 * @throws AppError `forbidden`
 */
export function requireOnAccount(access: Access, permission: Permission, target: Target): void {
  if (access.can(permission, target)) return;
  throw new AppError('forbidden', {
    message: `Not allowed${whyNot(access, permission, target)}.`,
    permission,
  });
}

/** What is lacking, for people. */
export const takesRight = (permission: Permission): string =>
  `it takes the right to ${PERMISSION_TEXTS[permission]}`;

/** Why a permission on an account is not held: it is one's own, or ranks above, or the permission is lacking. */
function whyNot({ actor }: Access, permission: Permission, target: Target): string {
  if (actor.kind === 'account' && target.accountId === actor.accountId) return ' on your own account';
  const isAbove =
    actor.kind === 'account' &&
    target.systemRole !== undefined &&
    SYSTEM_ROLE_RANK[target.systemRole] > SYSTEM_ROLE_RANK[actor.systemRole];
  return isAbove ? ': its System role ranks above yours' : `: ${takesRight(permission)}`;
}

/**
 * The System role that somebody chooses for an account: nobody grants one above their own rank.
 * @throws AppError `forbidden`
 */
export function requireGrantable(access: Access, systemRole: SystemRole): void {
  if (access.can('account.systemRole', { systemRole })) return;
  const { actor } = access;
  const rank = actor.kind === 'account' ? SYSTEM_ROLE_RANK[actor.systemRole] : 0;
  throw problemsError('forbidden', [
    {
      path: 'systemRole',
      message:
        SYSTEM_ROLE_RANK[systemRole] > rank
          ? 'ranks above your own System role'
          : `you may not set it: ${takesRight('account.systemRole')}`,
    },
  ]);
}

export function problemsError(code: 'invalid_input' | 'forbidden', problems: readonly Problem[]): AppError {
  return new AppError(code, {
    message: problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '),
    problems,
  });
}
