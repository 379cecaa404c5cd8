import { accountQuery } from '../../../../contract/accounts.ts';
import type { JsonEndpoint } from '../../../../contract/endpoint.ts';
import { ORGANIZATION_ROLES, SYSTEM_ROLES } from '../../../../contract/roles.ts';
import type { Asked } from '../../api/client.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';

/** The filters of the list of accounts, by their names in the address, which are those of the server. */
export const FILTERS = [
  'kind',
  'state',
  'pending',
  'systemRole',
  'organizationRole',
  'group',
  'service',
  'authenticator',
  'credentialExpiresWithinDays',
  'expiresWithinDays',
  'unusedForDays',
  'neverUsed',
] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = { [Name in FilterName]?: string };
export type TableSearch = Filters & { search?: string; sort?: string; after?: string };

/** How a list of accounts is asked for, without where. */
export type AccountsAsked = Asked<JsonEndpoint<never, typeof accountQuery, never>>['query'];

const NAMES = [...FILTERS, 'search', 'sort', 'after'] as const;

/** What of the address the server understands; the rest of it is as if it were not there. */
export function askedFor(search: TableSearch): TableSearch {
  const known: TableSearch = {};
  for (const name of NAMES) {
    const value = search[name];
    if (value !== undefined && accountQuery.shape[name].safeParse(value).success) known[name] = value;
  }
  return known;
}

export function filtersOf(search: TableSearch): Filters {
  const asked = askedFor(search);
  return Object.fromEntries(
    FILTERS.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]]])),
  );
}

type Option = { value: string; label: string };
type Definition = { label: string; options?: readonly Option[]; chip?: (label: string) => string };

const same = (values: readonly string[]): Option[] => values.map((value) => ({ value, label: value }));
const days = (...counts: number[]): Option[] =>
  counts.map((count) => ({ value: String(count), label: `${count} days` }));

const kinds = Object.entries(KIND_WORDS).map(([value, { plural }]) => ({ value, label: plural }));

/** What the filters are called, and what can be chosen; groups and services are asked for. */
export const DEFINITIONS: Readonly<Record<FilterName, Definition>> = {
  kind: { label: 'Kind', options: kinds },
  state: {
    label: 'State',
    options: [
      { value: 'active', label: 'Active' },
      { value: 'locked', label: 'Locked by an administrator' },
      { value: 'disabled', label: 'Disabled' },
      { value: 'expired', label: 'Expired' },
    ],
  },
  pending: {
    label: 'Pending',
    options: [
      { value: 'any', label: 'Anything' },
      { value: 'invitation', label: 'Invitation: no password yet' },
      { value: 'action', label: 'Something at the next sign-in' },
    ],
  },
  systemRole: { label: 'System role', options: same(SYSTEM_ROLES) },
  organizationRole: { label: 'Organization role', options: same(ORGANIZATION_ROLES) },
  group: { label: 'User group' },
  service: { label: 'TAXII service' },
  authenticator: {
    label: 'Second factor',
    options: [
      { value: 'on', label: 'Set up' },
      { value: 'off', label: 'None' },
    ],
  },
  credentialExpiresWithinDays: {
    label: 'Credential ends within',
    options: days(7, 14, 30, 60, 90),
  },
  expiresWithinDays: { label: 'Account expires within', options: days(7, 14, 30, 60, 90) },
  unusedForDays: { label: 'Not used for', options: days(30, 60, 90, 180, 365) },
  neverUsed: {
    label: 'Ever used',
    options: [
      { value: 'true', label: 'Never used' },
      { value: 'false', label: 'Used' },
    ],
  },
};

/** What a filter's value is called; a value that is in no list stands for itself. */
export function valueLabel(name: FilterName, value: string): string {
  const { options = [] } = DEFINITIONS[name];
  const found = (each: string) => options.find((option) => option.value === each)?.label ?? each;
  if (name === 'kind') return value.split(',').map(found).join(', ');
  if (options.some((option) => option.value === value)) return found(value);
  return name.endsWith('Days') ? `${value} days` : value;
}
