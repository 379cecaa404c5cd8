import type { CreateApiUserInput } from '../../contract/accounts.ts';
import { createApiUser } from '../features/account-creation/api-users.service.ts';
import type { FieldName } from './accounts-fields.ts';
import { fullName, type KindOfAccount, NAMES, onceOnly, stateFields } from './accounts-kinds.ts';
import { instant, shownInstant } from './options.ts';
import { fieldLines } from './output.ts';

const EDIT_FIELDS = [
  'firstName',
  'lastName',
  'pseudonym',
  'organizationRole',
  'systemRole',
  'includeInObservations',
  'exceedApiLinkLimit',
  'disabled',
  'expiresAt',
  'customTqlTimeoutMs',
  'contactEmail',
] as const satisfies readonly FieldName[];

/** Programs that use the REST API. */
export const apiUsers: KindOfAccount = {
  kind: 'api',
  ...NAMES.api,
  plural: 'API users',
  listKey: 'apiUsers',
  description: 'API users: accounts of programs that use the REST API',
  reference: 'access-id',
  example: '12345678901234567890',
  createFields: ['organization', ...EDIT_FIELDS, 'tokenExpirationDays'],
  needed: ['organization', 'firstName', 'lastName', 'organizationRole'],
  createExamples: [
    'taxiway api-user create --organization "Acme Power" --first-name Ticket --last-name Sync --organization-role "Standard User"',
    'taxiway api-user create --organization "Acme Power" --first-name Ticket --last-name Sync --organization-role "Standard User" --token-days 90 --contact ops@example.org',
  ],
  hasPassword: false,
  editFields: EDIT_FIELDS,
  editExamples: [
    'taxiway api-user edit 12345678901234567890 --organization-role "Sharing User" --include-in-observations',
    'taxiway api-user edit 12345678901234567890 --no-contact-email --expires 2027-01-31',
  ],
  isLockable: false,
  hasSessions: false,
  isResponsible: true,
  columns: [
    ['Name', fullName],
    ['Organization', (item) => item.organization.name],
    ['Organization role', (item) => item.organizationRole],
  ],
  async create(app, caller, input) {
    const created = await createApiUser(app, caller, input as CreateApiUserInput);
    return {
      data: { ...created, tokenExpiresAt: instant(created.tokenExpiresAt) ?? null },
      lines: [
        `Created the API user "${fullName(created)}" of "${created.organization}".`,
        ...fieldLines([
          ['Organization role', created.organizationRole],
          ['Pseudonym', created.pseudonym],
          ...stateFields(input),
          ['Access ID', created.accessId],
          ['Secret Key', onceOnly(created.secretKey)],
          ['Token', onceOnly(created.token)],
          ['Token valid until', shownInstant(created.tokenExpiresAt)],
        ]),
      ],
    };
  },
};
