import { MultiSelect, Radio, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { listOrganizationsEndpoint } from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';

type Named = { id: number; name: string };
type Props = {
  forAll: boolean;
  onForAll: (forAll: boolean) => void;
  /** Their ids. */
  chosen: readonly string[];
  onChosen: (ids: string[]) => void;
  /** Those whose names are known already. */
  known: readonly Named[];
  error?: ReactNode;
};

const TYPING_MS = 250;

/** Chooses which organizations may use a TAXII service. */
export function OrganizationsField({ forAll, onForAll, chosen, onChosen, known, error }: Props) {
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Who may use it"
        description="TAXII users of other organizations cannot be bound to it; those that are bound already no longer connect."
        value={forAll ? 'all' : 'some'}
        onChange={(value) => onForAll(value === 'all')}
      >
        <Stack gap={6} mt="xs">
          <Radio value="all" label="Every organization" />
          <Radio value="some" label="Only these organizations" />
        </Stack>
      </Radio.Group>
      {!forAll && <Chosen chosen={chosen} onChosen={onChosen} known={known} error={error} />}
    </Stack>
  );
}

function Chosen({ chosen, onChosen, known, error }: Pick<Props, 'chosen' | 'onChosen' | 'known' | 'error'>) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [names, setNames] = useState<ReadonlyMap<string, string>>(
    () => new Map(known.map(({ id, name }) => [String(id), name])),
  );
  const found = useEndpoint(
    listOrganizationsEndpoint,
    { query: { limit: '50', ...(search === '' ? {} : { search }) } },
    { keepPrevious: true },
  );
  const items = (found.data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: name }));
  const missing = chosen.filter((id) => items.every(({ value }) => value !== id));
  const options = [...items, ...missing.map((id) => ({ value: id, label: names.get(id) ?? `no. ${id}` }))];
  return (
    <MultiSelect
      label="Organizations"
      placeholder={chosen.length === 0 ? 'Part of a name' : ''}
      required
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      data={options}
      value={[...chosen]}
      onChange={(ids) => {
        setNames(new Map([...names, ...items.map(({ value, label }) => [value, label] as const)]));
        onChosen(ids);
      }}
      hidePickedOptions
      nothingFoundMessage="There is no organization of that name"
      error={error ?? found.error?.message}
    />
  );
}
