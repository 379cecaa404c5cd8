import type { Actor } from '../../access/can.ts';

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

/** Whoever looks at the trail. */
export type Viewer = { accountId: number | undefined; seesSuperUsers: boolean };

type ShownRow = {
  organization_id: number | null;
  actor_account_id: number | null;
  actor_name: string;
  actor_organization_id: number | null;
  actor_system_role: string | null;
};

export const A_SUPER_USER = 'A Super User';

/** A Super User works in every organization; those in which he is a guest do not learn who he is. */
export function isHiddenFrom(row: ShownRow, viewer: Viewer): boolean {
  return (
    row.actor_system_role === 'Super User' &&
    row.actor_organization_id !== row.organization_id &&
    !viewer.seesSuperUsers &&
    viewer.accountId !== row.actor_account_id
  );
}

/** The names of an account, deleted or not; TAXII users have no other than their user name. */
export type ActorNames = { firstName: string | null; lastName: string | null; pseudonym: string };

/**
 * Who did it, as every member of the organization may know: colleagues by first and last name, accounts of other organizations
 * by pseudonym, Super Users by neither.
 */
export function activityName(row: ShownRow, names: ActorNames | undefined): string {
  if (row.actor_account_id === null) return 'The operator';
  if (row.actor_organization_id === row.organization_id) {
    return [names?.firstName, names?.lastName].filter(Boolean).join(' ') || row.actor_name;
  }
  if (row.actor_system_role === 'Super User') return A_SUPER_USER;
  return names?.pseudonym ?? 'Somebody';
}
