import type { CreateReadOnlyUserInput, CreateUserInput } from '../../contract/accounts.ts';
import {
  createReadOnlyUser,
  createUser,
  type NewPerson,
} from '../features/account-creation/people.service.ts';
import { shownLink } from '../features/links/new-link.ts';
import { linkLines } from './account-links.ts';
import type { FieldName } from './accounts-fields.ts';
import {
  type Answer,
  type CreationInput,
  fullName,
  type KindOfAccount,
  NAMES,
  onceOnly,
  stateFields,
} from './accounts-kinds.ts';
import { fieldLines } from './output.ts';

const EDIT_FIELDS = [
  'userName',
  'firstName',
  'lastName',
  'pseudonym',
  'organizationRole',
  'systemRole',
  'groups',
  'locked',
  'disabled',
  'expiresAt',
  'passwordResetRequired',
  'mfaResetRequired',
  'termsOfServiceAcceptanceRequired',
  'customTqlTimeoutMs',
  'timeZone',
  'logOutAfterMinutes',
  'summaryEmailTime',
] as const satisfies readonly FieldName[];

const people = {
  reference: 'username',
  createArgument: { field: 'email', name: 'email', help: 'its e-mail address, which is its user name' },
  createFields: [
    'organization',
    ...EDIT_FIELDS.filter((field) => field !== 'userName'),
    'invite',
    'sendAccountInfoEmail',
  ],
  hasPassword: true,
  editFields: EDIT_FIELDS,
  isLockable: true,
  hasSessions: true,
  isResponsible: true,
  columns: [
    ['Name', fullName],
    ['Organization', (item) => item.organization.name],
    ['Organization role', (item) => item.organizationRole],
    ['Second factor', (item) => (item.authenticator === null ? 'no' : 'yes')],
  ],
} as const satisfies Partial<KindOfAccount>;

/** People who work in the console. */
export const users: KindOfAccount = {
  ...people,
  kind: 'user',
  ...NAMES.user,
  plural: 'users',
  listKey: 'users',
  description: 'users: accounts of people, with any Organization role',
  example: 'jane@example.org',
  needed: ['organization', 'firstName', 'lastName'],
  createExamples: [
    'taxiway user create jane@example.org --organization "Acme Power" --first-name Jane --last-name Doe --organization-role "Standard User"',
    'taxiway user create joe@example.org --organization "Acme Power" --first-name Joe --last-name Doe --organization-role "Standard User" --invite',
  ],
  editExamples: [
    'taxiway user edit jane@example.org --organization-role "Organization Administrator" --time-zone Europe/Berlin',
    'taxiway user edit jane@example.org --group Analysts --group "On call" --expires 90d',
    'taxiway user edit jane@example.org --no-groups --expires never',
  ],
  create: async (app, caller, input) =>
    createdPerson(await createUser(app, caller, input as CreateUserInput), input),
};

/** People who may look, and at most comment. */
export const readOnlyUsers: KindOfAccount = {
  ...people,
  kind: 'read_only',
  ...NAMES.read_only,
  plural: 'read-only users',
  listKey: 'readOnlyUsers',
  description: 'read-only users: accounts of people who change nothing, and take no seat',
  example: 'reader@example.org',
  needed: ['organization', 'firstName', 'lastName'],
  createExamples: [
    'taxiway read-only-user create reader@example.org --organization "Acme Power" --first-name Rea --last-name Der',
    'taxiway read-only-user create reader@example.org --organization "Acme Power" --first-name Rea --last-name Der --organization-role "Read Only Commenter"',
  ],
  editExamples: [
    'taxiway read-only-user edit reader@example.org --organization-role "Read Only Commenter"',
    'taxiway read-only-user preview reader@example.org --system-role User',
  ],
  create: async (app, caller, input) =>
    createdPerson(await createReadOnlyUser(app, caller, input as CreateReadOnlyUserInput), input),
};

function createdPerson(created: NewPerson, input: CreationInput): Answer {
  const { accountInfo, invitation } = created;
  const { title } = NAMES[created.kind];
  return {
    data: { ...created, invitation: invitation === null ? null : shownLink(invitation) },
    lines: [
      `Created the ${title} "${created.userName}" of "${created.organization}".`,
      ...fieldLines([
        ['Organization role', created.organizationRole],
        ['Pseudonym', created.pseudonym],
        ...stateFields(input),
        ['Password', onceOnly(created.password)],
      ]),
      ...(invitation === null ? [] : ['', ...linkLines('The invitation', shownLink(invitation))]),
      ...(accountInfo === null
        ? []
        : accountInfo.sent
          ? ['', `A mail is on its way to ${accountInfo.to}. Pass the password on another way.`]
          : [
              '',
              `No mail was sent: pass this on to ${accountInfo.to}, and the password another way.`,
              '',
              ...[accountInfo.subject, '', ...accountInfo.text.trimEnd().split('\n')].map((line) =>
                `  ${line}`.trimEnd(),
              ),
            ]),
    ],
  };
}
