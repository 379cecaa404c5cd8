import { Card, Progress, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CollectionStatistics } from '../../../../contract/intelligence.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { ScrollAcross } from '../../kit/scroll-across.tsx';
import { Empty } from '../../kit/states.tsx';
import { TypeBadge } from './object-type.tsx';
import { PUBLISHED_ONLY } from './words.tsx';

/** How much of which type a collection holds. */
export function StatisticsTab({ statistics }: { statistics: CollectionStatistics }) {
  const { collection, types, otherTypes, firstAddedAt } = statistics;
  if (collection.publishedOnly) return <Empty title="Nothing is published">{PUBLISHED_ONLY}</Empty>;
  if (types.length === 0) return <Empty title="This collection is empty" />;
  const most = Math.max(...types.map(({ objects }) => objects), 1);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        <Figure label="Objects">{collection.objects.toLocaleString('en')}</Figure>
        <Figure label="Versions">{collection.versions.toLocaleString('en')}</Figure>
        <Figure label="First added">
          <Instant at={firstAddedAt} isRelative />
        </Figure>
        <Figure label="Last added">
          <Instant at={collection.lastAddedAt} isRelative />
        </Figure>
      </SimpleGrid>
      <Card withBorder component="section" aria-label="Types">
        <Title order={2} size="h5" mb="xs">
          Types
        </Title>
        <ScrollAcross label="Objects by type" minWidth={420}>
          <Table aria-label="Objects by type" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Type</Table.Th>
                <Table.Th ta="right">Objects</Table.Th>
                <Table.Th ta="right">Versions</Table.Th>
                <Table.Th w="40%">
                  <span className="visually-hidden">Share</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {types.map(({ type, objects, versions }) => (
                <Table.Tr key={type}>
                  <Table.Th scope="row">
                    <ScreenLink
                      to="/collections/$collection"
                      params={{ collection: collection.id }}
                      search={{ type }}
                      underline="never"
                    >
                      <TypeBadge type={type} />
                    </ScreenLink>
                  </Table.Th>
                  <Table.Td ta="right">{objects.toLocaleString('en')}</Table.Td>
                  <Table.Td ta="right">{versions.toLocaleString('en')}</Table.Td>
                  <Table.Td>
                    <Progress value={(100 * objects) / most} size="sm" aria-hidden />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollAcross>
        {otherTypes > 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            And {otherTypes.toLocaleString('en')} types more.
          </Text>
        )}
      </Card>
    </Stack>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Card withBorder padding="sm">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={650} component="div">
        {children}
      </Text>
    </Card>
  );
}
