import { createReadOnlyUser, createUser } from '../../features/account-creation/people.service.ts';
import { keepCheckpoints } from '../../features/audit/checkpoints.service.ts';
import { setCollectionWritable } from '../../features/collections/collections.service.ts';
import { createUserGroup } from '../../features/groups/groups.service.ts';
import { createAdministrator } from '../../features/instance/instance.service.ts';
import { setCommunityRole } from '../../features/owners/members.service.ts';
import { setOrganizationPermissions } from '../../features/owners/organizations.service.ts';
import {
  addMember,
  createOrganization,
  createOwner,
  setLimits,
} from '../../features/owners/owners.service.ts';
import { setSetting } from '../../features/settings/settings.service.ts';
import { publishTerms } from '../../features/terms/terms.service.ts';
import {
  COMMUNITY,
  COMMUNITY_ROLES_GIVEN,
  emailOf,
  GROUPS,
  HOME,
  LEFT_DAYS_AGO,
  MEMBERS,
  NORDLYS,
  namesOf,
  ORGANIZATIONS,
  OWNERS,
  SIGN_INS,
  SKERRY,
  SOURCE,
  STAFF,
} from './cast.ts';
import type { Step } from './clock.ts';
import { as, collectionOf, heldBy, type Stage } from './stage.ts';

const ADMINISTRATOR = 'Edda Marwick';

/** Organizations, communities and sources, terms, settings and groups, and those whose sign-in is printed. */
export function scenerySteps(stage: Stage, password: string): Step[] {
  const { app, operator, collections, held } = stage;
  const [first, ...others] = SIGN_INS;
  const administrator = () => as(stage, ADMINISTRATOR);
  const publish = (daysAgo: number, text: string): Step => ({
    daysAgo,
    do: async () => {
      const { version } = await publishTerms(app, await administrator(), { text });
      stage.terms = version;
    },
  });
  return [
    {
      daysAgo: 240,
      do: async () => {
        const form = { ...namesOf(first.name), organization: STAFF, email: emailOf(first), password };
        const { id, email } = await createAdministrator(app, operator, form);
        held.set(first.name, { id, userName: email, password });
      },
    },
    ...ORGANIZATIONS.map(
      ({ daysAgo, name, description, limits = {} }): Step => ({
        daysAgo,
        do: async () => {
          const created = await createOrganization(app, await administrator(), { name, description, limits });
          collections.set(name, created.collectionId);
        },
      }),
    ),
    ...OWNERS.map(
      ({ kind, name, anonymous, description }): Step => ({
        daysAgo: 235,
        do: async () => {
          const caller = await administrator();
          const created = await createOwner(app, caller, { kind, name, anonymous, description });
          collections.set(name, created.collectionId);
        },
      }),
    ),
    ...MEMBERS.map(
      (member): Step => ({
        daysAgo: (ORGANIZATIONS.find(({ name }) => name === member.organization)?.daysAgo ?? 200) - 1,
        do: async () => addMember(app, await administrator(), member),
      }),
    ),
    ...others.map(
      (person, index): Step => ({
        daysAgo: 235 - index,
        do: async () => {
          const form = {
            ...namesOf(person.name),
            organization: person.organization,
            email: emailOf(person),
            password,
            systemRole: person.systemRole,
            organizationRole: person.organizationRole,
            passwordResetRequired: false,
            sendAccountInfoEmail: false,
          };
          const create = person.systemRole === 'Read Only User' ? createReadOnlyUser : createUser;
          const { id, userName } = await create(app, await administrator(), form);
          held.set(person.name, { id, userName, password });
        },
      }),
    ),
    {
      daysAgo: 150,
      do: async () => setCollectionWritable(app, await administrator(), collectionOf(stage, SOURCE), true),
    },
    {
      daysAgo: 149,
      do: async () => setCollectionWritable(app, await administrator(), collectionOf(stage, COMMUNITY), true),
    },
    ...COMMUNITY_ROLES_GIVEN.map(
      ({ owner, name, role }, index): Step => ({
        daysAgo: 140 - index * 9,
        do: async () => {
          const account = heldBy(stage, name).id;
          await setCommunityRole(app, await administrator(), { owner, account, role });
        },
      }),
    ),
    ...GROUPS.map(
      ({ name, description, members }, index): Step => ({
        daysAgo: 60 - index * 12,
        do: async () =>
          createUserGroup(app, await as(stage, 'Mirela Kovac'), {
            ...{ organization: HOME, name, description },
            members: members.map((each) => heldBy(stage, each).id),
          }),
      }),
    ),
    publish(180, TERMS.replace('EXTRA', '')),
    publish(31, TERMS.replace('EXTRA', '\n5. Objects marked TLP:RED are not passed on at all.\n')),
    {
      daysAgo: 12,
      do: async () =>
        setSetting(app, await administrator(), { name: 'termsOfServiceRequireNewUserToAccept', value: true }),
    },
    {
      daysAgo: 95,
      do: async () => setLimits(app, await administrator(), { organization: SKERRY, limits: { users: 4 } }),
    },
    {
      daysAgo: LEFT_DAYS_AGO,
      do: async () =>
        setOrganizationPermissions(app, await administrator(), { organization: NORDLYS, disabled: true }),
    },
    ...[190, 130, 70, 35, 10, 1].map((daysAgo): Step => ({ daysAgo, do: () => keepCheckpoints(app) })),
  ];
}

const TERMS = `1. What is shared here is shared to defend against attacks, and is used for nothing else.
2. Objects are passed on as far as their markings (TLP) allow, and no further.
3. Accounts are personal. Machines have accounts of their own, each bound to one organization.
4. Whoever sees that something is wrong says so.
EXTRA`;
