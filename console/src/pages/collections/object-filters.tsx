import { Button, Card, Collapse, Group, MultiSelect, SimpleGrid } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCalendar } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { CollectionStatistics } from '../../../../contract/intelligence.ts';
import { InstantInput } from '../../kit/instant-input.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { SearchField } from '../membership/filters-bar.tsx';

const MOST_TYPES = 20;

/** Whether the address asks for some objects only. */
export function useHasFilters(): boolean {
  const { search, type, addedAfter, addedBefore } = useSearch({ from: '/inside/collections/$collection' });
  return [search, type, addedAfter, addedBefore].some((each) => each !== undefined);
}

/** Searches and filters the objects of a collection; the address holds all of it. */
export function ObjectFilters({
  statistics,
  children,
}: {
  statistics: CollectionStatistics;
  /** What stands at the end of the bar. */
  children: ReactNode;
}) {
  const { search, type, addedAfter, addedBefore } = useSearch({ from: '/inside/collections/$collection' });
  const change = useSearchChange();
  const hasDates = addedAfter !== undefined || addedBefore !== undefined;
  const [isOpen, { toggle }] = useDisclosure(hasDates);
  const types = type?.split(',').filter((each) => each !== '') ?? [];
  const known = statistics.types.map((each) => ({
    value: each.type,
    label: `${each.type} (${each.objects.toLocaleString('en')})`,
  }));
  const unknown = types.filter((each) => known.every(({ value }) => value !== each));
  return (
    <>
      <Group gap="sm" justify="space-between" align="flex-start">
        <Group gap="sm" style={{ flex: 1 }} align="flex-start">
          <SearchField
            value={search ?? ''}
            onChange={(text) => change({ search: text })}
            label="Search objects"
            placeholder="Name, value, pattern or STIX id"
          />
          <MultiSelect
            aria-label="Types"
            placeholder={types.length === 0 ? 'All types' : ''}
            data={[...known, ...unknown.map((value) => ({ value, label: value }))]}
            value={types}
            onChange={(chosen) => change({ type: chosen.length === 0 ? undefined : chosen.join(',') })}
            maxValues={MOST_TYPES}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Show all types' }}
            nothingFoundMessage="There is no such type here"
            style={{ flex: '1 1 200px', maxWidth: 380 }}
          />
          <Button
            variant="default"
            leftSection={<IconCalendar size={16} aria-hidden />}
            onClick={toggle}
            aria-expanded={isOpen}
          >
            {hasDates ? 'Date added (chosen)' : 'Date added'}
          </Button>
        </Group>
        {children}
      </Group>
      <Collapse expanded={isOpen} keepMounted={false}>
        <Card withBorder>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <InstantInput
              label="Added after"
              value={addedAfter ?? null}
              onChange={(instant) => change({ addedAfter: instant ?? undefined })}
              isPast
            />
            <InstantInput
              label="Added before"
              value={addedBefore ?? null}
              onChange={(instant) => change({ addedBefore: instant ?? undefined })}
              isPast
            />
          </SimpleGrid>
        </Card>
      </Collapse>
    </>
  );
}
