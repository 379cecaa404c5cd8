import { Box, Card, Table, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export type Fact = readonly [term: string, value: ReactNode];

/** A group of facts under a heading: what it is on the left, how it is on the right. */
export function Facts({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return (
    <Card withBorder component="section" aria-label={title} p="md">
      <Title order={2} size="h5" mb="xs">
        {title}
      </Title>
      <Table variant="vertical" highlightOnHover={false} aria-label={title} style={{ tableLayout: 'fixed' }}>
        <Table.Tbody>
          {facts.map(([term, value]) => (
            <Table.Tr key={term}>
              <Table.Th
                w={{ base: 132, xs: '40%' }}
                scope="row"
                style={{ verticalAlign: 'top', overflowWrap: 'anywhere' }}
              >
                {term}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Box component="span">{value}</Box>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

const lists = new Intl.ListFormat('en');

/** Words as a sentence has them. */
export const listed = (words: readonly string[]): string => lists.format(words);

export const yesNo = (value: boolean): string => (value ? 'Yes' : 'No');

/** A number of things, in words that fit it. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** As a heading or a line begins. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
