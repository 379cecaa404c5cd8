import { Badge, Card, Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import {
  type CollectionReader,
  type CollectionUsage,
  collectionUsageEndpoint,
} from '../../../../contract/usage.ts';
import { useEndpoint } from '../../api/queries.ts';
import { formatBytes } from '../../kit/bytes.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered, Empty, Loading } from '../../kit/states.tsx';

const DayPlot = lazy(async () => ({ default: (await import('../../kit/day-plot.tsx')).DayPlot }));
const WINDOWS = ['7', '30', '90', '365'];

/** Which TAXII users polled a collection lately, from where, and how much was polled and added by day. */
export function ReadersTab({ collection }: { collection: string }) {
  const { days = '30' } = useSearch({ from: '/inside/collections/$collection' });
  const change = useSearchChange();
  const usage = useEndpoint(
    collectionUsageEndpoint,
    { params: { collection }, query: { days } },
    { keepPrevious: true },
  );
  return (
    <Stack>
      <Group justify="flex-end">
        <SegmentedControl
          size="sm"
          transitionDuration={0}
          aria-label="Over how many days"
          value={days}
          onChange={(value) => change({ days: value === '30' ? undefined : value })}
          data={WINDOWS.map((value) => ({ value, label: `${value} days` }))}
        />
      </Group>
      <Answered query={usage}>{(found) => <Usage usage={found} />}</Answered>
    </Stack>
  );
}

function Usage({ usage }: { usage: CollectionUsage }) {
  const { days, series, readers, furtherReaders } = usage;
  return (
    <Stack>
      <Suspense fallback={<Loading />}>
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <DayPlot
            title="Polls"
            what="Polls of this collection"
            days={days}
            lines={[{ name: 'Polls', values: series.polls }]}
          />
          <DayPlot
            title="Objects added"
            what="Objects added to this collection"
            days={days}
            lines={[{ name: 'Objects added', values: series.objectsAdded }]}
          />
        </SimpleGrid>
      </Suspense>
      <Card withBorder component="section" aria-label="TAXII users">
        <Title order={2} size="h5" mb="xs">
          TAXII users
        </Title>
        <DataTable
          label="TAXII users that used this collection"
          columns={COLUMNS}
          rows={readers}
          keyOf={({ account, organization, lastPolledAt }) =>
            `${account.id} ${account.name} ${organization?.id} ${lastPolledAt}`
          }
          empty={
            <Empty title="No TAXII user has used it">
              Within these {days.length} days nobody has polled this collection, or added to it over TAXII.
              Choose more days to look further back.
            </Empty>
          }
        />
        {furtherReaders > 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            And {furtherReaders.toLocaleString('en')} more, who used it longer ago; the sums hold them.
          </Text>
        )}
      </Card>
    </Stack>
  );
}

const COLUMNS: readonly Column<CollectionReader>[] = [
  {
    id: 'account',
    header: 'TAXII user',
    render: ({ account: { id, name, deleted } }) => (
      <Group gap="xs" wrap="nowrap">
        {id === null || deleted ? (
          <Text span fw={600} size="sm">
            {name}
          </Text>
        ) : (
          <ScreenLink to="/accounts/$account" params={{ account: String(id) }} fw={600} size="sm">
            {name}
          </ScreenLink>
        )}
        {deleted && (
          <Badge variant="light" color="gray" size="sm">
            Deleted
          </Badge>
        )}
      </Group>
    ),
  },
  { id: 'organization', header: 'Organization', render: ({ organization }) => organization?.name ?? '–' },
  {
    id: 'last',
    header: 'Last polled',
    render: ({ lastPolledAt, lastPolledFrom }) => (
      <Stack gap={0}>
        <Instant at={lastPolledAt} none="not polled" />
        {lastPolledFrom !== null && (
          <Text size="sm" c="dimmed" ff="monospace">
            {lastPolledFrom}
          </Text>
        )}
      </Stack>
    ),
  },
  {
    id: 'polls',
    header: 'Polls',
    align: 'right',
    render: ({ total }) => total.polls.toLocaleString('en'),
  },
  {
    id: 'served',
    header: 'Versions served',
    align: 'right',
    render: ({ total }) => total.objectsServed.toLocaleString('en'),
  },
  { id: 'octets', header: 'Sent', align: 'right', render: ({ total }) => formatBytes(total.octetsServed) },
  {
    id: 'added',
    header: 'Versions added',
    align: 'right',
    render: ({ total }) => total.objectsAdded.toLocaleString('en'),
  },
];
