import type { CreateTaxiiUserInput } from '../../contract/taxii.ts';
import { createTaxiiUser } from '../features/account-creation/taxii-users.service.ts';
import type { FieldName } from './accounts-fields.ts';
import { type KindOfAccount, NAMES, onceOnly, stateFields } from './accounts-kinds.ts';
import { fieldLines } from './output.ts';

const FORM = [
  'service',
  'onlyOwners',
  'contactEmail',
  'locked',
  'disabled',
  'expiresAt',
] as const satisfies readonly FieldName[];

/** Clients that pull over TAXII. */
export const taxiiUsers: KindOfAccount = {
  kind: 'taxii',
  ...NAMES.taxii,
  plural: 'TAXII users',
  listKey: 'taxiiUsers',
  description: 'TAXII users: accounts of clients that pull',
  reference: 'username',
  example: 'partner-siem',
  createArgument: { field: 'userName', name: 'username', help: 'its user name, unique in the instance' },
  createFields: ['organization', ...FORM, 'apiKey'],
  needed: ['organization'],
  createExamples: [
    'taxiway taxii-user create partner-siem --organization "Acme Power" --api-key',
    'taxiway taxii-user create firewall --organization "Acme Power" --only "Daily Feed" --only "Power Exchange"',
  ],
  hasPassword: true,
  editFields: ['userName', ...FORM],
  editExamples: [
    'taxiway taxii-user edit partner-siem --only "Daily Feed" --contact ops@example.org --expires 2027-01-31',
    'taxiway taxii-user edit partner-siem --no-only-owners --expires never',
  ],
  isLockable: true,
  hasSessions: false,
  isResponsible: false,
  columns: [
    ['Organization', (item) => item.organization.name],
    ['API root', (item) => (item.service === null ? '' : `/${item.service.path}/`)],
  ],
  async create(app, caller, input) {
    const created = await createTaxiiUser(app, caller, input as CreateTaxiiUserInput);
    const { onlyOwners } = input;
    return {
      data: created,
      lines: [
        `Created the TAXII user "${created.userName}" of "${created.organization}".`,
        ...fieldLines([
          ['Service', `${created.service.name}, /${created.service.path}/`],
          ['Sees', Array.isArray(onlyOwners) ? onlyOwners.join(', ') : undefined],
          ['Contact', created.contactEmail ?? undefined],
          ['Pseudonym', created.pseudonym],
          ...stateFields(input),
          ['Password', onceOnly(created.password)],
          ['API key', onceOnly(created.apiKey)],
        ]),
      ],
    };
  },
};
