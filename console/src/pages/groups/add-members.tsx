import { Button, Group, Modal, MultiSelect, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { listAccountsEndpoint } from '../../../../contract/account-endpoints.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Refusal } from '../../kit/states.tsx';

const OFFERED = '20';
const SEARCH_MS = 200;

/** Chooses people of the organization who are to belong to the group besides. */
export function AddMembers({
  organization,
  present,
  isPending,
  error,
  onAdd,
  onClose,
}: {
  organization: string;
  /** The ids of those who belong to it already. */
  present: ReadonlySet<number>;
  isPending: boolean;
  error: Error | null;
  onAdd: (ids: number[]) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const [search] = useDebouncedValue(text.trim(), SEARCH_MS);
  const found = useEndpoint(
    listAccountsEndpoint,
    {
      params: { organization },
      query: { kind: 'user,read_only', limit: OFFERED, ...(search === '' ? {} : { search }) },
    },
    { keepPrevious: true },
  );
  const offered = (found.data?.items ?? [])
    .filter(({ id }) => !present.has(id))
    .map(({ id, userName, firstName, lastName }) => ({
      value: String(id),
      label: [userName, [firstName, lastName].filter(Boolean).join(' ')].filter(Boolean).join(' – '),
    }));
  const isOffered = new Set(offered.map(({ value }) => value));
  const data = [
    ...offered,
    ...chosen
      .filter((value) => !isOffered.has(value))
      .map((value) => ({ value, label: names.get(value) ?? value })),
  ];
  return (
    <Modal opened onClose={onClose} title="Add members" size="lg">
      <Stack>
        <Refusal error={error ?? found.error} title="Nobody was added" />
        <MultiSelect
          label="Users and read-only users"
          placeholder={chosen.length === 0 ? 'Search by user name or name' : ''}
          data={data}
          value={chosen}
          onChange={(values) => {
            setNames(new Map([...names, ...data.map(({ value, label }) => [value, label] as const)]));
            setChosen(values);
          }}
          searchable
          searchValue={text}
          onSearchChange={setText}
          clearSearchOnChange={false}
          // The server has searched already, also in what is not shown.
          filter={({ options }) => options}
          hidePickedOptions
          nothingFoundMessage={found.isPending ? 'Searching' : 'Nobody else is found'}
          maxDropdownHeight={260}
          comboboxProps={{ withinPortal: false }}
          data-autofocus
        />
        <Text size="sm" c="dimmed">
          API users and TAXII users belong to no group.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={chosen.length === 0}
            loading={isPending}
            onClick={() => onAdd(chosen.map(Number))}
          >
            {chosen.length > 1 ? `Add ${chosen.length} members` : 'Add member'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
