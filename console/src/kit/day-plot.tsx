import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Box, Button, Card, Group, Table, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';

export type Line = { name: string; values: readonly number[] };

/** In this order, so that neighbours differ in brightness too, for those who do not see the colours. */
const COLOURS = ['taxiway.6', 'yellow.5', 'teal.7', 'pink.4', 'violet.8', 'gray.5'];

type Props = {
  title: string;
  /** Of its heading; 3 where it stands under one of the screen's own. */
  order?: 2 | 3;
  /** What the numbers count, for the table and those who do not see the picture. */
  what: string;
  /** In UTC, the oldest first. */
  days: readonly string[];
  /** One number for each day; they are stacked. At most six. */
  lines: readonly Line[];
  controls?: ReactNode;
  /** What stands below it. */
  children?: ReactNode;
};

/** Numbers by day, as a picture and as a table. Loaded with the screens that have one only: its library is large. */
export function DayPlot({ title, order = 2, what, days, lines, controls, children }: Props) {
  const [isTable, { toggle }] = useDisclosure();
  const total = lines.reduce((sum, { values }) => sum + values.reduce((a, b) => a + b, 0), 0);
  return (
    <Card withBorder component="section" aria-label={title}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={order} size="h5">
          {title}
        </Title>
        <Group gap="xs">
          {controls}
          <Button variant="default" size="xs" aria-pressed={isTable} onClick={toggle}>
            {isTable ? 'Show as picture' : 'Show as table'}
          </Button>
        </Group>
      </Group>
      {isTable ? (
        <DayTable what={what} days={days} lines={lines} />
      ) : total === 0 ? (
        <Text c="dimmed" py="xl" ta="center">
          None in these {days.length} days.
        </Text>
      ) : (
        <Box
          role="img"
          aria-label={`${what} by day: ${total.toLocaleString('en')} in ${days.length} days. “Show as table” has the numbers.`}
        >
          <BarChart
            h={240}
            type="stacked"
            data={days.map((day, index) => ({
              day: new Date(day).toLocaleDateString('en-GB', {
                day: 'numeric',
                month: 'short',
                timeZone: 'UTC',
              }),
              ...Object.fromEntries(lines.map(({ name, values }) => [name, values[index] ?? 0])),
            }))}
            dataKey="day"
            series={lines.map(({ name }, index) => ({
              name,
              color: COLOURS[index % COLOURS.length] ?? 'gray.5',
            }))}
            tickLine="y"
            withLegend={lines.length > 1}
            yAxisProps={{ allowDecimals: false, width: 48 }}
            barChartProps={{ accessibilityLayer: false }}
            barProps={{ isAnimationActive: false }}
          />
        </Box>
      )}
      {children}
    </Card>
  );
}

function DayTable({ what, days, lines }: Pick<Props, 'what' | 'days' | 'lines'>) {
  return (
    <Table.ScrollContainer
      minWidth={320}
      mah={300}
      type="native"
      tabIndex={0}
      aria-label={`${what} by day`}
      role="region"
    >
      <Table aria-label={`${what} by day`} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Day (UTC)</Table.Th>
            {lines.map(({ name }) => (
              <Table.Th key={name} ta="right">
                {name}
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
              {lines.map(({ name, values }) => (
                <Table.Td key={name} ta="right">
                  {(values[index] ?? 0).toLocaleString('en')}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
