import { describe, expect, it } from 'vitest';
import { READ_ONLY_COMMUNITY_ROLES } from '../../../contract/owners.ts';
import { PLACE_KINDS, type Place } from '../../../contract/rights.ts';
import {
  ACCOUNT_KINDS,
  COMMUNITY_ROLES,
  type CommunityRole,
  ORGANIZATION_ROLES,
  SYSTEM_ROLES,
  type SystemRole,
} from '../../../contract/roles.ts';
import { type Actor, can, type Target } from '../../access/can.ts';
import { isReading, PERMISSION_PLACES } from '../../access/permission-places.ts';
import { type Grant, PERMISSIONS, type Permission } from '../../access/permissions.ts';
import { systemRolesOf } from '../accounts/forms.rules.ts';
import { collectionRights } from '../exchange/exchange.rules.ts';
import { explainPlaces, type SharedOwner, type Subject } from './rights.rules.ts';

const ALL = Object.keys(PERMISSIONS) as Permission[];
const HOME = { id: 1, name: 'Home' };
const ACCOUNT = 7;

type AccountActor = Extract<Actor, { kind: 'account' }>;

function actorOf(changes: Partial<AccountActor> = {}): AccountActor {
  return {
    kind: 'account',
    accountId: ACCOUNT,
    name: 'somebody',
    organizationId: HOME.id,
    systemRole: 'User',
    organizationRole: 'Standard User',
    managesMembers: true,
    ...changes,
  };
}

function subjectOf(actor: AccountActor, changes: Partial<Subject> = {}): Subject {
  return {
    kind: 'user',
    actor,
    systemRoles: [actor.systemRole],
    isSystemRoleShown: true,
    withheld: null,
    bounds: undefined,
    ...changes,
  };
}

function shared(
  kind: SharedOwner['kind'],
  role: CommunityRole,
  from: 'individual' | 'default' = 'default',
): SharedOwner {
  return {
    id: 10 + COMMUNITY_ROLES.indexOf(role),
    kind,
    name: `${kind} as ${role}`,
    individual: from === 'individual' ? role : null,
    organization_default: from === 'default' ? role : 'Banned',
  };
}

/** What each place stands for, written down a second time: nothing here is read from the explanation. */
function targetOf(place: Place, actor: AccountActor): Target {
  const lowest = { systemRole: 'Taxii User' } as const;
  switch (place.kind) {
    case 'instance':
      return lowest;
    case 'account':
      return {
        accountId: actor.accountId,
        organizationId: actor.organizationId,
        systemRole: actor.systemRole,
      };
    case 'organization':
      return { ...lowest, organizationId: HOME.id };
    case 'other_organizations':
      return { ...lowest, organizationId: 999 };
    case 'other_owners':
      return {};
    default: {
      const given = place.individualRole ?? place.defaultRole ?? undefined;
      const counts =
        actor.systemRole === 'Read Only User' &&
        given !== undefined &&
        !READ_ONLY_COMMUNITY_ROLES.some((role) => role === given)
          ? 'Commenter'
          : given;
      return { communityRole: counts };
    }
  }
}

type Difference = string;

/** Where the explanation says something else than what decides. */
function differences(places: readonly Place[], actor: AccountActor): Difference[] {
  return places.flatMap((place) =>
    place.rights.flatMap(({ permission, granted, through, withheld }): Difference[] => {
      const decided = can(actor, permission as Permission, targetOf(place, actor));
      const what = `${permission} in ${place.title} as ${actor.systemRole}, ${actor.organizationRole}`;
      return [
        ...(granted === decided ? [] : [`${what}: says ${granted}, is ${decided}`]),
        ...(granted === true && through.length === 0 ? [`${what}: nothing gives it`] : []),
        ...(granted === true && withheld !== null ? [`${what}: is withheld and granted`] : []),
        ...(granted === false && through.length > 0 && withheld === null
          ? [`${what}: something gives it, and nothing takes it away`]
          : []),
      ];
    }),
  );
}

const OWNERS = (['community', 'source'] as const).flatMap((kind) =>
  (['individual', 'default'] as const).flatMap((from) =>
    COMMUNITY_ROLES.map((role) => shared(kind, role, from)),
  ),
);

describe('the explanation of rights', () => {
  it('says of every combination of roles what decides, in every place', () => {
    let explained = 0;
    for (const systemRole of SYSTEM_ROLES) {
      for (const organizationRole of ORGANIZATION_ROLES) {
        for (const managesMembers of [true, false]) {
          const actor = actorOf({ systemRole, organizationRole, managesMembers });
          const places = explainPlaces(subjectOf(actor), HOME, OWNERS);
          expect(differences(places, actor)).toEqual([]);
          explained += places.flatMap(({ rights }) => rights).length;
        }
      }
    }
    expect(explained).toBeGreaterThan(10_000);
  });

  it('is compared so that a difference is seen', () => {
    const actor = actorOf({ systemRole: 'Administrator' });
    const places = explainPlaces(subjectOf(actor), HOME, OWNERS);
    const planted = structuredClone(places);
    const right = planted[0]?.rights.find(({ permission }) => permission === 'settings.edit');
    if (right === undefined) throw new Error('no such right');
    right.granted = false;
    expect(differences(planted, actor)).toHaveLength(2);
    // Explained with other roles than those that decide.
    expect(differences(places, actorOf({ systemRole: 'Accounts Administrator' })).length).toBeGreaterThan(5);
  });

  it('has every permission, wherever a role of a column could give it', () => {
    const placesFor = (grant: Grant) => [
      ...(grant.organization.length > 0 ? ['organization'] : []),
      ...(grant.community.length > 0 ? ['community', 'source'] : []),
      ...(grant.self === 'granted' ? ['account'] : []),
    ];
    const missing = ALL.flatMap((permission) =>
      placesFor(PERMISSIONS[permission])
        .filter((kind) => !PERMISSION_PLACES[permission].some((place) => place === kind))
        .map((kind) => `${permission} in ${kind}`),
    );
    expect(missing).toEqual([
      // Members of one are not members of the other, and the organization has `organization.view`.
      'owner.view in organization',
      'community.viewMembers in source',
      'source.viewMembers in community',
    ]);
    expect(ALL.filter((permission) => PERMISSION_PLACES[permission].length === 0)).toEqual([]);
    expect(PLACE_KINDS.filter((kind) => !ALL.some((each) => PERMISSION_PLACES[each].includes(kind)))).toEqual(
      [],
    );
  });

  it('names every role that gives a right, and where it comes from', () => {
    const actor = actorOf({ systemRole: 'Super User', organizationRole: 'Organization Administrator' });
    const places = explainPlaces(subjectOf(actor), HOME, [shared('community', 'Director', 'individual')]);
    const right = (kind: string, permission: string) =>
      places.find((place) => place.kind === kind)?.rights.find((each) => each.permission === permission);
    expect(right('organization', 'account.create')).toEqual({
      permission: 'account.create',
      text: 'To create an account of any of the four kinds in the organization.',
      granted: true,
      through: [
        { kind: 'system_role', name: 'Super User', from: 'their System role Super User' },
        {
          kind: 'organization_role',
          name: 'Organization Administrator',
          from: 'their Organization role Organization Administrator',
        },
      ],
      withheld: null,
      only: [],
    });
    expect(right('community', 'owner.members')?.through).toEqual([
      {
        kind: 'community_role',
        name: 'Director',
        from: 'the Community role Director, their individual role there',
      },
    ]);
    expect(right('organization', 'account.lock')?.only).toEqual([
      'Only on accounts whose System role does not rank above their own.',
      'Not on their own account.',
    ]);
    expect(right('account', 'account.lock')).toMatchObject({
      granted: false,
      withheld: 'Nobody may do it to their own account.',
    });
    expect(right('account', 'account.profile')).toMatchObject({ granted: true, through: [{ kind: 'own' }] });
  });

  it('says that a Read Only User has another Community role than the one given', () => {
    const actor = actorOf({ systemRole: 'Read Only User', organizationRole: 'Read Only User' });
    const [place] = explainPlaces(
      subjectOf(actor, { kind: 'read_only' }),
      HOME,
      [shared('source', 'Editor')],
      'intelligence.read',
    ).filter(({ kind }) => kind === 'source');
    expect(place).toMatchObject({ communityRole: 'Commenter', defaultRole: 'Editor', individualRole: null });
    expect(place?.rights[0]?.through[0]?.from).toBe(
      'the Community role Commenter, by the default role of their organization there, where Editor counts as Commenter for read-only users',
    );
  });

  it('names the setting that takes rights from Accounts Administrators', () => {
    const actor = actorOf({ systemRole: 'Accounts Administrator', managesMembers: false });
    const [place] = explainPlaces(subjectOf(actor), HOME, [], 'account.create');
    expect(place?.rights[0]).toMatchObject({
      granted: false,
      through: [{ name: 'Accounts Administrator' }],
      withheld: expect.stringContaining('accountsAdministratorManagesMembers'),
    });
  });

  it('grants nothing to an account that may not act, and says why wherever a role would give a right', () => {
    const actor = actorOf({ systemRole: 'Administrator', organizationRole: 'Organization Administrator' });
    const subject = subjectOf(actor, { withheld: 'The account is locked.' });
    for (const { rights } of explainPlaces(subject, HOME, OWNERS)) {
      for (const right of rights) {
        expect(right.granted).toBe(false);
        expect(right.withheld).toBe(right.through.length > 0 ? 'The account is locked.' : null);
      }
    }
  });
});

describe('who may not see the System role', () => {
  const places = (systemRole: SystemRole, organizationRole = 'Standard User' as const) =>
    explainPlaces(
      subjectOf(actorOf({ systemRole, organizationRole }), {
        systemRoles: systemRolesOf('user'),
        isSystemRoleShown: false,
      }),
      HOME,
      OWNERS,
    );

  it('is told the same whichever it is', () => {
    const roles = systemRolesOf('user');
    expect(roles).toHaveLength(6);
    for (const role of roles) expect(places(role)).toEqual(places('User'));
    expect(JSON.stringify(places('Administrator'))).not.toContain('Administrator"');
  });

  it('is told what the other roles give, and what no System role gives', () => {
    const [instance, , organization] = places('User');
    const find = (place: Place | undefined, name: string) =>
      place?.rights.find(({ permission }) => permission === name);
    expect(find(organization, 'intelligence.create')).toMatchObject({
      granted: true,
      through: [{ kind: 'organization_role', name: 'Standard User' }],
    });
    expect(find(organization, 'account.create')).toMatchObject({
      granted: null,
      through: [],
      withheld: null,
    });
    expect(find(instance, 'settings.edit')).toMatchObject({ granted: null });
    expect(find(instance, 'instance.operate')).toMatchObject({ granted: false });
    expect(find(instance, 'exchange.connect')).toMatchObject({ granted: false });
    expect(organization?.note).toContain('not shown to you');
  });

  it('is told all of an account whose kind says enough, without the name of the role', () => {
    for (const kind of ['read_only', 'api', 'taxii'] as const) {
      for (const systemRole of systemRolesOf(kind)) {
        const actor = actorOf({ systemRole });
        const told = { systemRoles: systemRolesOf(kind), isSystemRoleShown: false };
        const places = explainPlaces(subjectOf(actor, { kind, ...told }), HOME, []);
        const rights = places.flatMap((place) => place.rights);
        expect(rights.filter(({ granted }) => granted === null)).toEqual([]);
        for (const { through } of rights)
          expect(through.filter((each) => each.kind === 'system_role' && each.name !== null)).toEqual([]);
      }
    }
  });

  it('leaves no kind without System roles, and none in two', () => {
    expect(ACCOUNT_KINDS.flatMap((kind) => systemRolesOf(kind)).sort()).toEqual([...SYSTEM_ROLES].sort());
  });
});

describe('a machine', () => {
  const taxii = actorOf({ systemRole: 'Taxii User' });
  const bounds = { onlyOwners: null, writable: new Set<number>(), readOnlyCredentials: 'none' } as const;

  it('is granted in each owner what the exchange grants it', () => {
    let compared = 0;
    for (const owner of OWNERS) {
      for (const writable of [true, false]) {
        for (const onlyOwners of [null, [owner.id], []]) {
          const subject = subjectOf(taxii, {
            kind: 'taxii',
            bounds: {
              ...bounds,
              writable: new Set(writable ? [owner.id] : []),
              onlyOwners: onlyOwners === null ? null : new Set(onlyOwners),
            },
          });
          const place = explainPlaces(subject, HOME, [owner]).find(({ kind }) => kind === owner.kind);
          const decided = collectionRights(
            taxii,
            { narrowed: onlyOwners === null ? 0 : 1 },
            {
              owner_id: owner.id,
              owner_kind: owner.kind,
              own_role: owner.individual,
              default_role: owner.organization_default,
              listed: onlyOwners?.length === 1 ? 1 : 0,
              writable: writable ? 1 : 0,
            },
          );
          const granted = (name: string) =>
            place?.rights.find(({ permission }) => permission === name)?.granted;
          expect(granted('intelligence.read')).toBe(decided.canRead && !decided.publishedOnly);
          expect(granted('intelligence.readPublished')).toBe(decided.canRead);
          expect(granted('intelligence.create')).toBe(decided.canWrite);
          expect(granted('intelligence.delete')).toBe(decided.canDelete);
          compared++;
        }
      }
    }
    expect(compared).toBe(OWNERS.length * 6);
  });

  it('that is a TAXII user has nothing but TAXII', () => {
    const places = explainPlaces(subjectOf(taxii, { kind: 'taxii', bounds }), HOME, []);
    const granted = places.flatMap(({ rights }) =>
      rights.filter((right) => right.granted).map(({ permission }) => permission),
    );
    expect(granted).toEqual(['exchange.connect', 'intelligence.read', 'intelligence.readPublished']);
    const [organization] = places.filter(({ kind }) => kind === 'organization');
    expect(organization?.rights.find(({ permission }) => permission === 'group.view')).toMatchObject({
      granted: false,
      withheld: 'A TAXII user uses TAXII, and nothing else.',
    });
  });

  it('whose every credential may only read changes nothing, and one with some is told with which', () => {
    const api = actorOf({ systemRole: 'Api User', organizationRole: 'Organization Administrator' });
    const explained = (readOnlyCredentials: 'some' | 'all') =>
      explainPlaces(
        subjectOf(api, { kind: 'api', bounds: { ...bounds, readOnlyCredentials } }),
        HOME,
        [],
      ).flatMap(({ rights }) => rights);
    for (const { permission, granted, through, withheld } of explained('all'))
      if (through.length > 0 && !isReading(permission as Permission)) {
        expect(granted).toBe(false);
        expect(withheld).not.toBeNull();
      }
    expect(explained('all').find(({ permission }) => permission === 'account.create')?.withheld).toBe(
      'Each of its credentials may only read.',
    );
    expect(explained('all').find(({ permission }) => permission === 'audit.view')?.granted).toBe(true);
    expect(explained('some').find(({ permission }) => permission === 'account.create')).toMatchObject({
      granted: true,
      only: ['Not with those of its credentials that may only read.'],
    });
  });
});
