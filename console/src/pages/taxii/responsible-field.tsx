import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { listAccountsEndpoint, listAllAccountsEndpoint } from '../../../../contract/account-endpoints.ts';
import { useEndpoint } from '../../api/queries.ts';

type Props = {
  /** Among whom it is looked for: an organization's id, or everybody; null: the person sees no list of accounts. */
  among: number | 'everybody' | null;
  description: ReactNode;
  /** An id, or a user name; empty: nobody. */
  value: string;
  onChange: (value: string) => void;
  /** Who it was when the form was opened. */
  current: { id: number | null; name: string } | null | undefined;
  /** What an empty field means. */
  empty: string;
  /** API users may be. */
  withApiUsers?: boolean;
  error?: ReactNode;
};

const TYPING_MS = 250;
const LABEL = 'Responsible account';

/** Chooses the account that answers for something. */
export function ResponsibleField({ among, ...props }: Props) {
  if (among === null) return <TypedResponsible {...props} />;
  return <ChosenResponsible among={among} {...props} />;
}

function TypedResponsible({ description, value, onChange, current, empty, error }: Omit<Props, 'among'>) {
  const isNamedOnly = current !== null && current !== undefined && current.id === null;
  return (
    <TextInput
      label={LABEL}
      description={description}
      placeholder={isNamedOnly ? current.name : empty}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value.trim())}
      autoComplete="off"
      spellCheck={false}
      error={error}
    />
  );
}

function ChosenResponsible({
  among,
  description,
  value,
  onChange,
  current,
  empty,
  withApiUsers = false,
  error,
}: Props & { among: number | 'everybody' }) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const query = {
    limit: '50',
    kind: withApiUsers ? 'user,api' : 'user',
    state: 'active',
    sort: 'userName',
    ...(search === '' || search === current?.name ? {} : { search }),
  } as const;
  const everybody = useEndpoint(
    listAllAccountsEndpoint,
    { query },
    { keepPrevious: true, enabled: among === 'everybody' },
  );
  const members = useEndpoint(
    listAccountsEndpoint,
    { params: { organization: String(among) }, query },
    { keepPrevious: true, enabled: among !== 'everybody' },
  );
  const found = among === 'everybody' ? everybody : members;
  const items = (found.data?.items ?? []).map(({ id, userName }) => ({ value: String(id), label: userName }));
  const isKnown = value === '' || items.some((item) => item.value === value);
  const shown = current?.id === null ? undefined : current;
  return (
    <Select
      label={LABEL}
      description={description}
      placeholder={empty}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Clear the responsible account' }}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      data={
        isKnown
          ? items
          : [
              { value, label: String(shown?.id) === value ? (shown?.name ?? value) : `Account ${value}` },
              ...items,
            ]
      }
      value={value === '' ? null : value}
      onChange={(id) => onChange(id ?? '')}
      nothingFoundMessage="No active account is called so"
      error={error ?? found.error?.message}
    />
  );
}
