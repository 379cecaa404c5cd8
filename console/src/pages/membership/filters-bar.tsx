import {
  Badge,
  Button,
  CloseButton,
  Group,
  Kbd,
  MultiSelect,
  Pill,
  Popover,
  Select,
  SimpleGrid,
  TextInput,
} from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { IconFilter, IconSearch } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { listGroupsEndpoint } from '../../../../contract/groups.ts';
import { listTaxiiServicesEndpoint } from '../../../../contract/taxii-services.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSearchChange } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { listSearch } from '../../kit/table-focus.ts';
import {
  DEFINITIONS,
  FILTERS,
  type FilterName,
  type Filters,
  filtersOf,
  type TableSearch,
  valueLabel,
} from './filters.ts';

type Props = {
  search: TableSearch;
  /** Of whose accounts; undefined: those of all organizations, of which no group and no service is chosen. */
  organization: string | undefined;
  /** Whether the answers tell of System roles. */
  hasSystemRoles: boolean;
  /** What stands at the end of the bar. */
  children?: ReactNode;
};

const SEARCH_MS = 250;

/** Searches and filters the list of accounts; the address holds all of it. */
export function FilterBar({ search, organization, hasSystemRoles, children }: Props) {
  const change = useSearchChange();
  const filters = filtersOf(search);
  const names = useNames(organization, filters);
  const active = FILTERS.filter((name) => filters[name] !== undefined);
  const labelOf = (name: FilterName, value: string) => names[name]?.get(value) ?? valueLabel(name, value);
  return (
    <>
      <Group gap="sm" justify="space-between">
        <Group gap="sm" style={{ flex: 1 }}>
          <SearchField value={search.search ?? ''} onChange={(text) => change({ search: text })} />
          <FilterPopover
            filters={filters}
            names={names}
            count={active.length}
            isThere={(name) =>
              (name !== 'systemRole' || hasSystemRoles || filters.systemRole !== undefined) &&
              ((name !== 'group' && name !== 'service') || organization !== undefined)
            }
            onChange={(name, value) => change({ [name]: value })}
          />
        </Group>
        <Group gap="sm">{children}</Group>
      </Group>
      {active.length > 0 && (
        <Group gap="xs" role="group" aria-label="Active filters">
          {active.map((name) => {
            const text = `${DEFINITIONS[name].label}: ${labelOf(name, filters[name] ?? '')}`;
            return (
              <Pill
                key={name}
                size="md"
                withRemoveButton
                onRemove={() => change({ [name]: undefined })}
                removeButtonProps={{
                  'aria-label': `Remove the filter ${text}`,
                  'aria-hidden': false,
                  tabIndex: 0,
                }}
              >
                {text}
              </Pill>
            );
          })}
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}
          >
            Remove all filters
          </Button>
        </Group>
      )}
    </>
  );
}

/** A search that waits until somebody stops typing; `/` goes to it. */
export function SearchField({
  value,
  onChange,
  label = 'Search accounts',
  placeholder = 'User name, name or pseudonym',
}: {
  value: string;
  onChange: (text: string | undefined) => void;
  label?: string;
  placeholder?: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onChange(next === '' ? undefined : next);
  }, SEARCH_MS);
  // The address may change by another way: a view, the browser's own buttons.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useShortcut('/', label, () => input.current?.focus());
  const set = (next: string) => {
    setText(next);
    tell(next.trim());
  };
  return (
    <TextInput
      ref={input}
      {...listSearch(text.trim() === value)}
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={({ currentTarget }) => set(currentTarget.value)}
      maxLength={200}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text === '' ? (
          <Kbd size="xs" aria-hidden>
            /
          </Kbd>
        ) : (
          <CloseButton size="sm" aria-label="Clear the search" onClick={() => set('')} />
        )
      }
      style={{ flex: '1 1 220px', maxWidth: 380 }}
    />
  );
}

function FilterPopover({
  filters,
  names,
  count,
  isThere,
  onChange,
}: {
  filters: Filters;
  names: Names;
  count: number;
  isThere: (name: FilterName) => boolean;
  onChange: (name: FilterName, value: string | undefined) => void;
}) {
  const [isOpen, { toggle, close }] = useDisclosure();
  return (
    <Popover
      opened={isOpen}
      onDismiss={close}
      onChange={(opened) => {
        if (!opened) close();
      }}
      position="bottom-start"
      width={440}
      shadow="md"
      trapFocus
      returnFocus
      withRoles
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          rightSection={
            count > 0 && (
              <Badge size="sm" circle aria-hidden>
                {count}
              </Badge>
            )
          }
          onClick={toggle}
          aria-expanded={isOpen}
        >
          Filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 32px)" aria-label="Filters">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {FILTERS.filter(isThere).map((name) => {
            const value = filters[name];
            const { label } = DEFINITIONS[name];
            const options = optionsOf(name, value, names);
            return name === 'kind' ? (
              <MultiSelect
                key={name}
                label={label}
                placeholder={value === undefined ? 'Any' : ''}
                data={options}
                value={value?.split(',') ?? []}
                onChange={(chosen) => onChange(name, chosen.length === 0 ? undefined : chosen.join(','))}
                comboboxProps={{ withinPortal: false }}
                clearable
              />
            ) : (
              <Select
                key={name}
                label={label}
                placeholder="Any"
                data={options}
                value={value ?? null}
                onChange={(chosen) => onChange(name, chosen ?? undefined)}
                searchable={options.length > 8}
                nothingFoundMessage="None"
                comboboxProps={{ withinPortal: false }}
                clearable
              />
            );
          })}
        </SimpleGrid>
      </Popover.Dropdown>
    </Popover>
  );
}

function optionsOf(name: FilterName, value: string | undefined, names: Names) {
  const asked = names[name];
  const options =
    asked === undefined
      ? [...(DEFINITIONS[name].options ?? [])]
      : [...asked].map(([id, label]) => ({ value: id, label }));
  const isKnown = value === undefined || name === 'kind' || options.some((option) => option.value === value);
  return isKnown ? options : [...options, { value, label: valueLabel(name, value) }];
}

type Names = { [Name in FilterName]?: ReadonlyMap<string, string> };
const MAX_NAMES = 500;

/** What can be chosen that the server knows: groups and TAXII services by their ids. */
function useNames(organization: string | undefined, filters: Filters): Names {
  const enabled = organization !== undefined;
  const id = organization ?? '0';
  const limit = String(MAX_NAMES);
  const groups = useEndpoint(
    listGroupsEndpoint,
    { params: { organization: id }, query: { limit } },
    { enabled },
  );
  const services = useEndpoint(
    listTaxiiServicesEndpoint,
    { query: { limit, organization: id } },
    { enabled },
  );
  const mapOf = (items: readonly { id: number; name: string }[] | undefined, value: string | undefined) =>
    new Map([
      ...(value === undefined ? [] : [[value, `no. ${value}`] as const]),
      ...(items ?? []).map((item) => [String(item.id), item.name] as const),
    ]);
  return {
    group: mapOf(groups.data?.items, filters.group),
    service: mapOf(services.data?.items, filters.service),
  };
}
