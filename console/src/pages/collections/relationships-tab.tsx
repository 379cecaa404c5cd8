import { Alert, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import {
  getNeighboursEndpoint,
  MAX_NEIGHBOURS,
  type NeighbourEdge,
  type NeighbourNode,
  type Neighbours,
} from '../../../../contract/intelligence.ts';
import { useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { defangLabel, defangUrls } from './defang.ts';
import { TypeBadge } from './object-type.tsx';
import { NeighbourPicture } from './picture.tsx';

const FIRST = '60';

/** What is around an object: as a picture, and as a table of the same. */
export function RelationshipsTab({ object, collection }: { object: string; collection: string }) {
  const [limit, setLimit] = useState(FIRST);
  const neighbours = useEndpoint(
    getNeighboursEndpoint,
    { params: { collection, object }, query: { limit } },
    { keepPrevious: true },
  );
  return (
    <Answered query={neighbours}>
      {(found) =>
        found.nodes.length <= 1 && found.edges.length === 0 ? (
          <Empty title="Nothing is joined to this object">
            It refers to no other object, and no relationship or other reference leads to it. References to
            markings, and those by which objects name it as their creator, are not shown here.
          </Empty>
        ) : (
          <Stack>
            {found.more && (
              <Alert title="There are more than are shown">
                <Group justify="space-between">
                  <Text size="sm">
                    {limit === FIRST
                      ? `The first ${found.nodes.length - 1} objects are shown.`
                      : `No more than ${MAX_NEIGHBOURS} are shown. A search for the STIX id among the objects finds the relationships of the others.`}
                  </Text>
                  {limit === FIRST && (
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() => setLimit(String(MAX_NEIGHBOURS))}
                    >
                      Show up to {MAX_NEIGHBOURS}
                    </Button>
                  )}
                </Group>
              </Alert>
            )}
            <Card withBorder padding="xs">
              <NeighbourPicture neighbours={found} collection={collection} />
            </Card>
            <NeighbourTable neighbours={found} collection={collection} centre={object} />
          </Stack>
        )
      }
    </Answered>
  );
}

function NeighbourTable({
  neighbours: { nodes, edges },
  collection,
  centre,
}: {
  neighbours: Neighbours;
  collection: string;
  centre: string;
}) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const end = (id: string) => (
    <End node={byId.get(id)} id={id} collection={collection} isCentre={id === centre} />
  );
  const columns: Column<NeighbourEdge>[] = [
    { id: 'from', header: 'From', render: ({ from }) => end(from) },
    {
      id: 'name',
      header: 'Relationship',
      render: ({ name, kind, via }) => (
        <Stack gap={0}>
          {via === null ? (
            <Text span ff="monospace" size="sm">
              {defangUrls(name)}
            </Text>
          ) : (
            <ScreenLink
              to="/collections/$collection/objects/$object"
              params={{ collection, object: via }}
              size="sm"
            >
              {defangUrls(name)}
            </ScreenLink>
          )}
          <Text size="xs" c="dimmed">
            {KINDS[kind]}
          </Text>
        </Stack>
      ),
    },
    { id: 'to', header: 'To', render: ({ to }) => end(to) },
  ];
  return (
    <Card withBorder component="section" aria-label="Relationships as a table">
      <Title order={2} size="h5" mb="xs">
        As a table
      </Title>
      <DataTable
        label="Relationships"
        columns={columns}
        rows={edges}
        keyOf={({ from, to, name, via }) => `${from} ${to} ${name} ${via}`}
      />
    </Card>
  );
}

const KINDS = { relationship: 'relationship object', sighting: 'sighting', reference: 'reference' } as const;

function End({
  node,
  id,
  collection,
  isCentre,
}: {
  node: NeighbourNode | undefined;
  id: string;
  collection: string;
  isCentre: boolean;
}) {
  const name = node?.label == null ? id : defangLabel(node.type, node.label);
  return (
    <Stack gap={2} align="flex-start" maw={360}>
      {isCentre ? (
        <Text span fw={600} size="sm">
          this object
        </Text>
      ) : node?.stored === true ? (
        <ScreenLink
          to="/collections/$collection/objects/$object"
          params={{ collection, object: id }}
          search={{ tab: 'relationships' }}
          size="sm"
          style={{ overflowWrap: 'anywhere' }}
        >
          <bdi>{name}</bdi>
        </ScreenLink>
      ) : (
        <Text span size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          <bdi>{name}</bdi>
        </Text>
      )}
      {!isCentre && node !== undefined && <TypeBadge type={node.type} />}
      {node?.stored === false && (
        <Text size="xs" c="dimmed">
          not in this collection
        </Text>
      )}
    </Stack>
  );
}
