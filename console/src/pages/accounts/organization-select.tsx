import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { listOrganizationsEndpoint } from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';

type Props = {
  label: string;
  description?: string;
  /** Its id. */
  value: string | null;
  onChange: (id: string | null) => void;
  /** This one cannot be chosen. */
  but?: number;
  error?: ReactNode;
  isClearable?: boolean;
};

const TYPING_MS = 250;

/** Chooses one of all organizations, which are looked for on the server. */
export function OrganizationSelect({ label, description, value, onChange, but, error, isClearable }: Props) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const found = useEndpoint(
    listOrganizationsEndpoint,
    { query: { limit: '50', ...(search === '' ? {} : { search }) } },
    { keepPrevious: true },
  );
  const items = (found.data?.items ?? [])
    .filter(({ id }) => id !== but)
    .map(({ id, name }) => ({ value: String(id), label: name }));
  const isKnown = value === null || items.some((item) => item.value === value);
  return (
    <Select
      label={label}
      description={description}
      placeholder={isClearable === true ? 'Any' : undefined}
      searchable
      clearable={isClearable === true}
      allowDeselect={isClearable === true}
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
      searchValue={typed}
      onSearchChange={setTyped}
      data={isKnown ? items : [...items, { value, label: `Organization ${value}` }]}
      value={value}
      onChange={onChange}
      error={error ?? found.error?.message}
      nothingFoundMessage="There is no organization of that name"
    />
  );
}
