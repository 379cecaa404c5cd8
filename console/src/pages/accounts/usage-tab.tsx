import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import {
  Box,
  Button,
  Card,
  Group,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { type AccountUsage, accountUsageEndpoint } from '../../../../contract/usage.ts';
import { useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
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

/** A chart of one figure, and the same as a table. */
function Days({ usage: { days, series } }: { usage: AccountUsage }) {
  const [figure, setFigure] = useState<Figure>('polls');
  const [isTable, { toggle }] = useDisclosure();
  return (
    <Card withBorder component="section" aria-label="Day by day">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          Day by day
        </Title>
        <Group>
          {!isTable && (
            <SegmentedControl
              aria-label="What is shown"
              value={figure}
              onChange={(value) => setFigure(value as Figure)}
              data={Object.entries(FIGURES).map(([value, label]) => ({ value, label }))}
            />
          )}
          <Button variant="default" size="xs" aria-pressed={isTable} onClick={toggle}>
            Show as table
          </Button>
        </Group>
      </Group>
      {isTable ? (
        <Table.ScrollContainer
          minWidth={420}
          type="native"
          mah={420}
          tabIndex={0}
          role="region"
          aria-label="Usage by day, to scroll"
        >
          <Table aria-label="Usage by day" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Day (UTC)</Table.Th>
                {Object.values(FIGURES).map((label) => (
                  <Table.Th key={label} ta="right">
                    {label}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {days.map((day, index) => (
                <Table.Tr key={day}>
                  <Table.Th scope="row" fw={400}>
                    {day}
                  </Table.Th>
                  {Object.keys(FIGURES).map((name) => (
                    <Table.Td key={name} ta="right">
                      {(series[name as Figure][index] ?? 0).toLocaleString('en')}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ) : (
        <Box role="img" aria-label={`${FIGURES[figure]} by day; “Show as table” has the numbers`}>
          <BarChart
            h={260}
            data={days.map((day, index) => ({ day: day.slice(5), value: series[figure][index] ?? 0 }))}
            dataKey="day"
            series={[{ name: 'value', label: FIGURES[figure], color: 'taxiway.6' }]}
            tickLine="y"
            yAxisProps={{ allowDecimals: false, width: 48 }}
            barChartProps={{ accessibilityLayer: false }}
          />
        </Box>
      )}
    </Card>
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
