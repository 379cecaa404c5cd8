import {
  Alert,
  Badge,
  Group,
  Pagination,
  Paper,
  ScrollArea,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Table,
  Text,
} from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useState } from 'react';
import { IMPORT_OUTCOMES, type ImportedRow, type ImportReport } from '../../../../contract/bulk.ts';
import { ScrollAcross } from '../../kit/scroll-across.tsx';
import type { ReadCsv } from './import-csv.ts';

type Outcome = ImportedRow['outcome'];

const OUTCOMES: Readonly<Record<Outcome, { planned: string; done: string; color: string }>> = {
  create: { planned: 'New', done: 'Created', color: 'green' },
  update: { planned: 'Change', done: 'Changed', color: 'taxiway' },
  unchanged: { planned: 'Unchanged', done: 'Unchanged', color: 'gray' },
  error: { planned: 'Refused', done: 'Refused', color: 'red' },
};
const LIMITS = { users: 'Users', apiUsers: 'API users', taxiiUsers: 'TAXII users' } as const;
const PAGE = 50;

type Props = { report: ImportReport; csv: ReadCsv; isDone: boolean };

/** What becomes, or became, of every row of the file, with what is wrong at the cell that it is in. */
export function Report({ report, csv, isDone }: Props) {
  const [shown, setShown] = useState<Outcome | 'all'>(report.counts.error > 0 ? 'error' : 'all');
  const [page, setPage] = useState(1);
  const word = (outcome: Outcome) => OUTCOMES[outcome][isDone ? 'done' : 'planned'];
  const rows = shown === 'all' ? report.rows : report.rows.filter(({ outcome }) => outcome === shown);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  return (
    <Stack>
      {report.problems.length > 0 && (
        <Alert color="red" title="They do not fit" role="alert">
          {report.problems.map(({ message }) => (
            <Text key={message} size="sm">
              {message}
            </Text>
          ))}
        </Alert>
      )}
      <Seats report={report} isDone={isDone} />
      <ScrollArea type="auto" scrollbars="x" offsetScrollbars="present" scrollbarSize={10} maw="100%">
        <SegmentedControl
          aria-label="Rows that are shown"
          value={shown}
          onChange={(value) => {
            setShown(value as Outcome | 'all');
            setPage(1);
          }}
          data={[
            { value: 'all', label: `All ${report.rows.length}` },
            ...IMPORT_OUTCOMES.map((outcome) => ({
              value: outcome,
              label: `${word(outcome)} ${report.counts[outcome]}`,
            })),
          ]}
          transitionDuration={0}
        />
      </ScrollArea>
      <Grid rows={rows.slice((page - 1) * PAGE, page * PAGE)} csv={csv} word={word} />
      {pages > 1 && (
        <Pagination
          total={pages}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
          getItemProps={(number) => ({ 'aria-label': `Page ${number}` })}
          ml="auto"
        />
      )}
    </Stack>
  );
}

function Seats({ report, isDone }: { report: ImportReport; isDone: boolean }) {
  const seats = report.seats.filter(({ wanted }) => wanted !== 0);
  if (seats.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {isDone ? 'No seat was taken or freed.' : 'No seat is taken or freed.'}
      </Text>
    );
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
      {seats.map(({ limit, wanted, organization, licence }) => {
        const left = Math.min(organization.left, licence.left);
        const isTooMany = wanted > left;
        return (
          <Paper key={limit} withBorder p="sm">
            <Text fw={600}>{LIMITS[limit]}</Text>
            <Text size="sm">
              {organization.used} of {organization.max} taken before;{' '}
              {wanted > 0 ? `${wanted} more ${isDone ? 'taken' : 'needed'}` : `${-wanted} freed`}
            </Text>
            <Text
              size="sm"
              c={isTooMany ? 'var(--mantine-color-error)' : 'dimmed'}
              fw={isTooMany ? 600 : undefined}
            >
              {isTooMany
                ? `${wanted - left} do not fit: ${left < organization.left ? 'the licence of the instance leaves' : 'the organization has'} ${left}.`
                : `${left - wanted} left afterwards.`}
            </Text>
          </Paper>
        );
      })}
    </SimpleGrid>
  );
}

function Grid({
  rows,
  csv,
  word,
}: {
  rows: readonly ImportedRow[];
  csv: ReadCsv;
  word: (outcome: Outcome) => string;
}) {
  if (rows.length === 0)
    return (
      <Text c="dimmed" py="md">
        There are no such rows.
      </Text>
    );
  // Columns of which nothing is said on this page only make the others narrow.
  const columns = csv.columns
    .map((name, index) => ({ name, index }))
    .filter(({ name, index }) =>
      rows.some(
        ({ row, problems }) =>
          (csv.cells.get(row)?.[index] ?? '').trim() !== '' || problems.some(({ path }) => path === name),
      ),
    );
  const names = new Set(columns.map(({ name }) => name));
  return (
    <ScrollAcross label="Rows of the file" minWidth={Math.max(600, 140 * (columns.length + 3))}>
      <Table aria-label="Rows of the file" withTableBorder withColumnBorders verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={60}>Row</Table.Th>
            <Table.Th w={110}>Outcome</Table.Th>
            {columns.map(({ name, index }) => (
              <Table.Th key={index}>{name}</Table.Th>
            ))}
            <Table.Th>Comes with it</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.row}>
              <Table.Td>{row.row}</Table.Td>
              <Table.Td>
                <Badge variant="light" color={OUTCOMES[row.outcome].color} radius="sm" miw="max-content">
                  {word(row.outcome)}
                </Badge>
              </Table.Td>
              {columns.map(({ name, index }) => (
                <Cell
                  key={index}
                  text={csv.cells.get(row.row)?.[index] ?? ''}
                  problems={row.problems.filter(({ path }) => path === name)}
                />
              ))}
              <Table.Td>
                <Problems problems={row.problems.filter(({ path }) => !names.has(path))} />
                {row.consequences.map(({ code, message }) => (
                  <Text key={code} size="sm" c="dimmed">
                    {message}
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollAcross>
  );
}

type RowProblems = ImportedRow['problems'];

function Cell({ text, problems }: { text: string; problems: RowProblems }) {
  return (
    <Table.Td
      style={problems.length > 0 ? { boxShadow: 'inset 0 0 0 2px var(--mantine-color-error)' } : undefined}
    >
      <Text inherit style={{ overflowWrap: 'anywhere' }}>
        {text}
      </Text>
      <Problems problems={problems} />
    </Table.Td>
  );
}

function Problems({ problems }: { problems: RowProblems }) {
  return problems.map(({ path, message }) => (
    <Group key={`${path} ${message}`} gap={4} wrap="nowrap" align="flex-start" c="var(--mantine-color-error)">
      <IconAlertCircle size={16} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
      <Text size="sm" inherit>
        {message}
      </Text>
    </Group>
  ));
}
