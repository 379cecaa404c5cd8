import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import {
  getOrganizationEndpoint,
  listOrganizationsEndpoint,
  type OrganizationView,
} from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';

/** So many are asked for their TAXII users, the first by name: more than a page of them is not read for a preset. */
const LOOKED_AT = '200';

const byUse = (one: OrganizationView, other: OrganizationView) =>
  Number(other.disabled) - Number(one.disabled) ||
  (one.used?.taxiiUsers ?? 0) - (other.used?.taxiiUsers ?? 0);

/**
 * The organization of which somebody who sees all of them is shown more unless another is chosen: of those that are
 * looked at the one with the most TAXII users, for there is most to see. Undefined while that is not known yet.
 */
export function useBusiestOrganization(isAsked: boolean): string | undefined {
  const { organization: own } = useSession();
  const found = useEndpoint(
    listOrganizationsEndpoint,
    { query: { limit: LOOKED_AT } },
    { enabled: isAsked, keepPrevious: true },
  );
  if (found.isError) return String(own.id);
  if (found.data === undefined) return undefined;
  const { items } = found.data;
  const home = items.find(({ id }) => id === own.id);
  const busiest = items.reduce(
    (best, each) => (best === undefined || byUse(each, best) > 0 ? each : best),
    home,
  );
  return String(busiest?.id ?? own.id);
}

const GONE: readonly string[] = ['not_found', 'invalid_input', 'forbidden'];

/**
 * The organization that the address names, where there is one: undefined while that is not known yet, null where there is
 * none, or none any more.
 */
export function useNamedOrganization(named: string | undefined): string | null | undefined {
  const found = useEndpoint(
    getOrganizationEndpoint,
    { params: { organization: named ?? '' } },
    { enabled: named !== undefined },
  );
  if (named === undefined) return null;
  if (found.data !== undefined) return named;
  if (!found.isError) return undefined;
  // Whatever else went wrong is told where it is shown.
  return GONE.includes(found.error.code) ? null : named;
}

/** Of which organization the polls and what was done are shown, for those who see all of them. */
export function OrganizationChoice({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { organization: own } = useSession();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const found = useEndpoint(
    listOrganizationsEndpoint,
    { query: { limit: '50', ...(search === '' ? {} : { search }) } },
    { keepPrevious: true },
  );
  const chosen = useEndpoint(getOrganizationEndpoint, { params: { organization: value } });
  const known = new Map([
    [String(own.id), own.name],
    ...(found.data?.items ?? []).map(({ id, name }): [string, string] => [String(id), name]),
  ]);
  if (chosen.data !== undefined) known.set(value, chosen.data.name);
  return (
    <Select
      size="xs"
      aria-label="Organization"
      allowDeselect={false}
      searchable
      nothingFoundMessage="No organization is called so"
      value={value}
      onChange={(id) => id !== null && onChange(id)}
      onSearchChange={(typed) => setText(typed === known.get(value) ? '' : typed)}
      data={[...known].map(([id, label]) => ({ value: id, label }))}
    />
  );
}
