import { Card, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { type AccountUsage, accountUsageEndpoint } from '../../../../contract/usage.ts';
import { useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { DayPlot } from '../../kit/day-plot.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Answered, Empty } from '../../kit/states.tsx';

const FIGURES = {
  polls: 'Polls',
  objectsServed: 'Objects served',
  objectsAdded: 'Objects added',
} as const;
type Figure = keyof typeof FIGURES;

/** What a TAXII user polled and added, day by day. */
export function UsageTab({ account }: { account: AccountDetails }) {
  const usage = useEndpoint(accountUsageEndpoint, { params: { account: String(account.id) } });
  return <Answered query={usage}>{(found) => <Usage usage={found} />}</Answered>;
}

function Usage({ usage }: { usage: AccountUsage }) {
  const { total, days, collections } = usage;
  if (total.polls === 0 && total.objectsAdded === 0)
    return (
      <Empty title="Not used over TAXII">
        {usage.account.userName} has neither polled nor added anything within the last {days.length} days.
      </Empty>
    );
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        {Object.entries(FIGURES).map(([figure, label]) => (
          <Card key={figure} withBorder>
            <Text size="sm" c="dimmed">
              {label} in {days.length} days
            </Text>
            <Text size="xl" fw={650}>
              {total[figure as Figure].toLocaleString('en')}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
      <Days usage={usage} />
      <Card withBorder component="section" aria-label="Collections used">
        <Title order={2} size="h5" mb="xs">
          Collections
        </Title>
        <DataTable
          label="Collections used"
          columns={COLUMNS}
          rows={collections}
          keyOf={({ id }) => id}
          empty={<Text c="dimmed">None.</Text>}
        />
      </Card>
    </Stack>
  );
}

/** One figure, day by day. */
function Days({ usage: { days, series } }: { usage: AccountUsage }) {
  const [figure, setFigure] = useState<Figure>('polls');
  return (
    <DayPlot
      title="Day by day"
      what={FIGURES[figure]}
      days={days}
      lines={[{ name: FIGURES[figure], values: series[figure] }]}
      controls={
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          value={figure}
          onChange={(value) => setFigure(value as Figure)}
          data={Object.entries(FIGURES).map(([value, label]) => ({ value, label }))}
        />
      }
    />
  );
}

type UsedCollection = AccountUsage['collections'][number];
const number = (figure: Figure): Column<UsedCollection> => ({
  id: figure,
  header: FIGURES[figure],
  align: 'right',
  render: ({ total }) => total[figure].toLocaleString('en'),
});
const COLUMNS: Column<UsedCollection>[] = [
  { id: 'owner', header: 'Collection', render: ({ owner, id }) => owner?.name ?? id },
  number('polls'),
  number('objectsServed'),
  number('objectsAdded'),
  {
    id: 'last',
    header: 'Last polled',
    render: ({ lastPolledAt, lastPolledFrom }) => (
      <>
        <Instant at={lastPolledAt} />
        {lastPolledFrom !== null && ` from ${lastPolledFrom}`}
      </>
    ),
  },
];
