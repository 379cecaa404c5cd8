import { UNNAMED_ACTORS } from '../../../contract/audit.ts';
import type { Actor } from '../../access/can.ts';
import { TARGET_KINDS } from '../accounts/forms.rules.ts';

/** What an event tells of whoever acted. */
export type ActorFields = {
  actorAccountId: number | null;
  actorName: string;
  /** Where and as what the actor acted: who may see its name depends on that. */
  actorOrganizationId: number | null;
  actorSystemRole: string | null;
};

export function actorFields(actor: Actor): ActorFields {
  return actor.kind === 'account'
    ? {
        actorAccountId: actor.accountId,
        actorName: actor.name,
        actorOrganizationId: actor.organizationId,
        actorSystemRole: actor.systemRole,
      }
    : { actorAccountId: null, actorName: actor.name, actorOrganizationId: null, actorSystemRole: null };
}

/** What a use case was about when it was refused. */
export type AuditTarget = {
  organizationId: number | null;
  targetKind: string;
  targetId: string | number | null;
  targetName: string | null;
};

/**
 * The part of a refusal's target that may stand in the trail of the actor's organization: what the actor could not see stays
 * unnamed there, unless it is that organization's own. The operator may see everything.
 */
export function shownTarget(
  target: AuditTarget | undefined,
  refusal: string,
  actor: Actor,
): Omit<AuditTarget, 'organizationId'> {
  if (target === undefined) return { targetKind: 'refusal', targetId: null, targetName: null };
  const { organizationId, targetKind, targetId, targetName } = target;
  const isOwn =
    actor.kind === 'operator' || (actor.kind === 'account' && organizationId === actor.organizationId);
  return isOwn || refusal !== 'not_found'
    ? { targetKind, targetId, targetName }
    : { targetKind, targetId: null, targetName: null };
}

export const MASKED = '(masked)';

const SECRET_WORDS = new Set([
  'password',
  'passwords',
  'passphrase',
  'secret',
  'secrets',
  'token',
  'tokens',
  'key',
  'keys',
  'hash',
  'hashes',
  'credential',
  'credentials',
  'authorization',
  'cookie',
  'seed',
  'otp',
  'totp',
  'signature',
  'apikey',
  'secretkey',
  'setupcode',
]);
/** Ends of keys that speak about a secret and do not hold it: `keyId`, `tokenKind`, `secretName`. */
const ABOUT = new Set(['id', 'kind', 'type', 'name', 'prefix', 'at', 'hint', 'version', 'reason']);
/** Kinds of credentials and schemes: what is said of them, not what they are. */
const KINDS = new Set([
  'password',
  'api_key',
  'apiKey',
  'secret_key',
  'secretKey',
  'api_token',
  'token',
  'key',
]);

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

/**
 * Plain data with the values that look like secrets replaced, at any depth: the last guard, should a use case hand over
 * more than it means to. Switches and numbers say nothing and stay.
 */
export function maskSecrets(value: unknown, isSecret = false): unknown {
  if (Array.isArray(value)) return value.map((each) => maskSecrets(each, isSecret));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => {
        const words = wordsOf(key);
        const isAbout = ABOUT.has(words.at(-1) ?? '');
        return [
          key,
          maskSecrets(each, !isAbout && (isSecret || words.some((word) => SECRET_WORDS.has(word)))),
        ];
      }),
    );
  }
  return isSecret && typeof value === 'string' && !KINDS.has(value) ? MASKED : value;
}

/** What of an event may be hidden; the hash chain commits to each by itself. */
type HideablePart = 'actor' | 'actorSystemRole' | 'details';

/** Whoever looks at the trail. */
export type Viewer = { accountId: number | undefined; seesInstance: boolean; seesSystemRoles: boolean };

type ShownRow = {
  organization_id: number | null;
  actor_account_id: number | null;
  actor_name: string;
  actor_organization_id: number | null;
  actor_system_role: string | null;
  source_address: string | null;
  target_kind: string;
  target_id: string | null;
  details: string;
};

/** An organization does not learn who the people of other organizations are who did something in it. */
export function isActorHidden(
  row: Pick<ShownRow, 'organization_id' | 'actor_account_id' | 'actor_organization_id'>,
  viewer: Viewer,
): boolean {
  return (
    row.actor_account_id !== null &&
    row.actor_organization_id !== row.organization_id &&
    !viewer.seesInstance &&
    viewer.accountId !== row.actor_account_id
  );
}

/**
 * An event as the viewer may see it, with stand-ins for the parts that are hidden, and which those are. `names`: of the actor,
 * where it is hidden.
 */
export function seenBy<Row extends ShownRow>(
  row: Row,
  viewer: Viewer,
  names: ActorNames | undefined,
): { row: Row; hidden: HideablePart[] } {
  const seen = { ...row };
  const hidden: HideablePart[] = [];
  if (isActorHidden(row, viewer)) {
    hidden.push('actor');
    // An address would tell who it is, too.
    Object.assign(seen, { actor_account_id: null, actor_organization_id: null, source_address: null });
    seen.actor_name = strangerName(row, names);
  }
  if (viewer.seesSystemRoles) return { row: seen, hidden };
  if (row.actor_system_role !== null && viewer.accountId !== row.actor_account_id) {
    hidden.push('actorSystemRole');
    seen.actor_system_role = null;
  }
  const isOwn =
    viewer.accountId !== undefined &&
    ACCOUNT_KINDS.has(row.target_kind) &&
    row.target_id === String(viewer.accountId);
  const details = JSON.parse(row.details) as Record<string, unknown>;
  if (!isOwn && tellsSystemRole(details)) {
    hidden.push('details');
    seen.details = JSON.stringify(withoutSystemRoles(details));
  }
  return { row: seen, hidden };
}

const ACCOUNT_KINDS = new Set(Object.values(TARGET_KINDS));

function tellsSystemRole(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, each]) => key === 'systemRole' || tellsSystemRole(each));
}

/** What follows from another System role would tell it, too. */
function withoutSystemRoles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSystemRoles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === 'systemRole' || (key === 'consequences' && 'systemRole' in value)
        ? MASKED
        : withoutSystemRoles(each),
    ]),
  );
}

/** The present names of an account, deleted or not, and where it is; TAXII users have no other than their user name. */
export type ActorNames = {
  firstName: string | null;
  lastName: string | null;
  pseudonym: string;
  organizationId: number;
};

/**
 * Who did it, as every member of the organization may know: colleagues by first and last name, accounts of other organizations
 * by pseudonym, Super Users by neither. Who was a colleague then and has left is called as then: what their name is now is for
 * the other organization to know.
 */
export function activityName(
  row: Pick<
    ShownRow,
    'organization_id' | 'actor_account_id' | 'actor_name' | 'actor_organization_id' | 'actor_system_role'
  >,
  names: ActorNames | undefined,
): string {
  if (row.actor_account_id === null) return 'The operator';
  if (row.actor_organization_id === row.organization_id) {
    const present = names?.organizationId === row.organization_id ? names : undefined;
    return [present?.firstName, present?.lastName].filter(Boolean).join(' ') || row.actor_name;
  }
  return strangerName(row, names);
}

/** Of whoever acted in an organization that is not the own one. */
function strangerName(
  row: Pick<ShownRow, 'actor_system_role'>,
  names: Pick<ActorNames, 'pseudonym'> | undefined,
): string {
  return row.actor_system_role === 'Super User'
    ? UNNAMED_ACTORS.superUser
    : (names?.pseudonym ?? UNNAMED_ACTORS.unknown);
}
