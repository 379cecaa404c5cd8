import type { SharedKind } from '../../../contract/owners.ts';
import type { Place, PlaceKind, Right } from '../../../contract/rights.ts';
import type { AccountKind, CommunityRole, SystemRole } from '../../../contract/roles.ts';
import { type Actor, explain, type Giver, type Refusal, type Target } from '../../access/can.ts';
import { isReading, PERMISSION_PLACES } from '../../access/permission-places.ts';
import { PERMISSION_TEXTS } from '../../access/permission-texts.ts';
import { type Grant, PERMISSIONS, type Permission } from '../../access/permissions.ts';
import { collectionRights } from '../exchange/exchange.rules.ts';
import { effectiveCommunityRole } from '../owners/owners.rules.ts';

type AccountActor = Extract<Actor, { kind: 'account' }>;

/** What bounds a machine beside its roles. */
export type Bounds = {
  /** The owners on its allow-list; null: it is not narrowed. */
  onlyOwners: ReadonlySet<number> | null;
  /** The owners with a collection that accepts writing over TAXII. */
  writable: ReadonlySet<number>;
  /** How many of its credentials may only read. */
  readOnlyCredentials: 'none' | 'some' | 'all';
};

/** The account that is explained; it may be one that does not exist yet. */
export type Subject = {
  kind: AccountKind;
  actor: AccountActor;
  /** The System roles that it may have, as far as the asker knows: its own alone, where the asker may see it. */
  systemRoles: readonly SystemRole[];
  /** Whether the asker may see the System role. */
  isSystemRoleShown: boolean;
  /** Why it may do nothing at all now. */
  withheld: string | null;
  bounds: Bounds | undefined;
};

/** A community or source in which the account has a role. */
export type SharedOwner = {
  id: number;
  kind: SharedKind;
  name: string;
  individual: CommunityRole | null;
  organization_default: CommunityRole | null;
};

type Where = {
  kind: PlaceKind;
  title: string;
  owner: { id: number; name: string } | null;
  shared: SharedOwner | undefined;
  target(actor: AccountActor): Target;
};

/** Of people one speaks otherwise than of machines. */
const isPerson = (kind: AccountKind) => kind === 'user' || kind === 'read_only';
const whose = (kind: AccountKind) => (isPerson(kind) ? 'their' : 'its');

/** Ranks with everybody: what rank takes away is said beside the right. */
const LOWEST: SystemRole = 'Taxii User';

const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];

/** What can be used over TAXII, which is all that a TAXII user has. */
const OVER_TAXII = new Set<Permission>([
  'exchange.connect',
  'intelligence.read',
  'intelligence.readPublished',
  'intelligence.create',
  'intelligence.delete',
]);

/**
 * Where the account may do what, and why, by the table and by what decides each request. `permission`: only that one, and
 * the places where it can be held.
 */
export function explainPlaces(
  subject: Subject,
  organization: { id: number; name: string },
  owners: readonly SharedOwner[],
  permission?: string,
): Place[] {
  return placesOf(subject, organization, owners).flatMap((where): Place[] => {
    const asked = ALL_PERMISSIONS.filter(
      (each) =>
        PERMISSION_PLACES[each].includes(where.kind) && (permission === undefined || each === permission),
    );
    if (asked.length === 0) return [];
    const rights = asked.map((each) => rightIn(subject, where, each));
    const { shared } = where;
    return [
      {
        kind: where.kind,
        title: where.title,
        owner: where.owner,
        communityRole: (shared && roleIn(subject.actor, shared)) ?? null,
        individualRole: shared?.individual ?? null,
        defaultRole: shared?.organization_default ?? null,
        note: noteOf(subject, where, rights),
        rights,
      },
    ];
  });
}

function placesOf(
  { kind }: Subject,
  organization: { id: number; name: string },
  owners: readonly SharedOwner[],
): Where[] {
  const none = { owner: null, shared: undefined };
  return [
    { ...none, kind: 'instance', title: 'The instance', target: () => ({ systemRole: LOWEST }) },
    {
      ...none,
      kind: 'account',
      title: `${isPerson(kind) ? 'Their' : 'Its'} own account`,
      target: ({ accountId, organizationId, systemRole }) => ({ accountId, organizationId, systemRole }),
    },
    {
      kind: 'organization',
      title: organization.name,
      owner: { id: organization.id, name: organization.name },
      shared: undefined,
      target: () => ({ organizationId: organization.id, systemRole: LOWEST }),
    },
    ...owners.map(
      (shared): Where => ({
        kind: shared.kind,
        title: shared.name,
        owner: { id: shared.id, name: shared.name },
        shared,
        target: (actor) => ({ communityRole: roleIn(actor, shared) }),
      }),
    ),
    {
      ...none,
      kind: 'other_organizations',
      title: 'All other organizations',
      target: () => ({ systemRole: LOWEST }),
    },
    { ...none, kind: 'other_owners', title: 'All other communities and sources', target: () => ({}) },
  ];
}

function roleIn(actor: AccountActor, owner: SharedOwner): CommunityRole | undefined {
  return effectiveCommunityRole(actor.systemRole, owner.individual, owner.organization_default);
}

/** The right as far as the asker may know of it: only what follows from every System role that the account may have. */
function rightIn(subject: Subject, where: Where, permission: Permission): Right {
  const [first, ...others] = subject.systemRoles.map((systemRole) =>
    rightAs(subject, { ...subject.actor, systemRole }, where, permission),
  );
  if (first === undefined) throw new Error('an account has a System role');
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return {
    ...first,
    granted: others.every(({ granted }) => granted === first.granted) ? first.granted : null,
    through: first.through.filter((giver) =>
      others.every(({ through }) => through.some((other) => isSame(giver, other))),
    ),
    withheld: others.every(({ withheld }) => withheld === first.withheld) ? first.withheld : null,
    only: others.every(({ only }) => isSame(only, first.only)) ? first.only : [],
  };
}

function rightAs(subject: Subject, actor: AccountActor, where: Where, permission: Permission): Right {
  const { granted, givers, refusal } = explain(actor, permission, where.target(actor));
  const withheld =
    givers.length === 0
      ? null
      : (subject.withheld ??
        refusalText(subject, refusal) ??
        bySubject(subject, permission) ??
        byCollection(subject, actor, where, permission));
  const isGranted = granted && withheld === null;
  return {
    permission,
    text: `To ${PERMISSION_TEXTS[permission]}.`,
    granted: isGranted,
    through: givers.map((giver) => ({
      kind: giver.kind,
      name: nameOf(subject, giver),
      from: sourceOf(subject, giver, where.shared),
    })),
    withheld,
    only: isGranted ? boundsOf(subject, where, permission) : [],
  };
}

function refusalText({ kind }: Subject, refusal: Refusal | undefined): string | undefined {
  if (refusal === undefined) return undefined;
  return {
    own: 'Nobody may do it to their own account.',
    rank: `The System role of the account ranks above ${whose(kind)} own.`,
    suspended:
      'Accounts Administrators do not manage members while the system setting accountsAdministratorManagesMembers is off.',
  }[refusal];
}

/** What an account of the kind, or with such credentials, has no way to do. */
function bySubject({ kind, bounds }: Subject, permission: Permission): string | undefined {
  if (kind === 'taxii' && !OVER_TAXII.has(permission)) return 'A TAXII user uses TAXII, and nothing else.';
  if (kind === 'api' && permission === 'account.profile') return 'Only people have a profile.';
  if (bounds?.readOnlyCredentials === 'all' && !isReading(permission))
    return 'Each of its credentials may only read.';
  return undefined;
}

/** What the exchange decides by, of the rights of a TAXII user in one owner. */
function byCollection(
  { kind, bounds }: Subject,
  actor: AccountActor,
  { owner, shared }: Where,
  permission: Permission,
): string | null {
  if (kind !== 'taxii' || bounds === undefined || owner === null) return null;
  const isListed = bounds.onlyOwners === null || bounds.onlyOwners.has(owner.id);
  const isWritable = bounds.writable.has(owner.id);
  const rights = collectionRights(
    actor,
    { narrowed: bounds.onlyOwners === null ? 0 : 1 },
    {
      owner_id: owner.id,
      owner_kind: shared?.kind ?? 'organization',
      own_role: shared?.individual ?? null,
      default_role: shared?.organization_default ?? null,
      listed: isListed ? 1 : 0,
      writable: isWritable ? 1 : 0,
    },
  );
  const allowed: Partial<Record<Permission, boolean>> = {
    'intelligence.read': rights.canRead && !rights.publishedOnly,
    'intelligence.readPublished': rights.canRead,
    'intelligence.create': rights.canWrite,
    'intelligence.delete': rights.canDelete,
  };
  if (allowed[permission] !== false) return null;
  return isListed
    ? 'Its collection does not accept writing over TAXII.'
    : 'It is not on the allow-list of the TAXII user (onlyOwners).';
}

function nameOf({ isSystemRoleShown }: Subject, giver: Giver): string | null {
  if (giver.kind === 'own' || (giver.kind === 'system_role' && !isSystemRoleShown)) return null;
  return giver.name;
}

function sourceOf(
  { kind, isSystemRoleShown }: Subject,
  giver: Giver,
  shared: SharedOwner | undefined,
): string {
  const its = whose(kind);
  if (giver.kind === 'own') return `it is ${its} own account`;
  if (giver.kind === 'system_role')
    return isSystemRoleShown ? `${its} System role ${giver.name}` : `${its} role on the instance`;
  if (giver.kind === 'organization_role') return `${its} Organization role ${giver.name}`;
  const given = shared?.individual ?? shared?.organization_default;
  const counts = given === giver.name ? '' : `, where ${given} counts as ${giver.name} for read-only users`;
  return shared?.individual === null
    ? `the Community role ${giver.name}, by the default role of ${its} organization there${counts}`
    : `the Community role ${giver.name}, ${its} individual role there${counts}`;
}

function boundsOf({ kind, bounds }: Subject, where: Where, permission: Permission): string[] {
  const grant: Grant = PERMISSIONS[permission];
  const isOnOthers = where.kind === 'organization' || where.kind === 'other_organizations';
  return [
    ...(grant.ranked === true && isOnOthers
      ? [`Only on accounts whose System role does not rank above ${whose(kind)} own.`]
      : []),
    ...(grant.self === 'refused' && where.kind === 'organization'
      ? [`Not on ${whose(kind)} own account.`]
      : []),
    ...(bounds?.readOnlyCredentials === 'some' && !isReading(permission)
      ? ['Not with those of its credentials that may only read.']
      : []),
  ];
}

function noteOf(
  { kind, actor, bounds }: Subject,
  { shared, owner }: Where,
  rights: readonly Right[],
): string | null {
  if (shared !== undefined && roleIn(actor, shared) === 'Banned')
    return isPerson(kind)
      ? 'They are Banned there, and see nothing.'
      : 'It is Banned there, and sees nothing.';
  if (bounds !== undefined && owner !== null && bounds.onlyOwners?.has(owner.id) === false)
    return 'It is not on its allow-list.';
  return rights.some(({ granted }) => granted === null)
    ? `What ${whose(kind)} System role gives beside is not shown to you.`
    : null;
}
