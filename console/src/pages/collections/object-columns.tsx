import { Badge, Group, Stack, Text } from '@mantine/core';
import type { ObjectItem } from '../../../../contract/intelligence.ts';
import { formatBytes } from '../../kit/bytes.ts';
import type { Column } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { defangLabel, defangUrls } from './defang.ts';
import { TypeBadge } from './object-type.tsx';

/** What a table shows of the objects of a collection. */
export function objectColumns(collection: string): Column<ObjectItem>[] {
  return [
    {
      id: 'label',
      header: 'Object',
      isFixed: true,
      render: ({ id, type, label, detail, revoked }) => (
        <Stack gap={0} miw={220}>
          <Group gap="xs" wrap="nowrap">
            <ScreenLink
              to="/collections/$collection/objects/$object"
              params={{ collection, object: id }}
              fw={600}
              size="sm"
              c="inherit"
              tabIndex={-1}
              lineClamp={2}
              style={{ overflowWrap: 'anywhere' }}
            >
              <bdi>{label === null ? id : defangLabel(type, label)}</bdi>
            </ScreenLink>
            {revoked && (
              <Badge variant="light" color="gray" size="sm" style={{ flexShrink: 0 }}>
                Revoked
              </Badge>
            )}
          </Group>
          {detail !== null && (
            <Text size="sm" c="dimmed" lineClamp={1} maw={520} style={{ wordBreak: 'break-all' }}>
              {defangUrls(detail)}
            </Text>
          )}
        </Stack>
      ),
    },
    { id: 'type', header: 'Type', render: ({ type }) => <TypeBadge type={type} /> },
    {
      id: 'creator',
      header: 'Created by',
      render: ({ creator }) =>
        creator === null ? (
          <Text span inherit c="dimmed">
            –
          </Text>
        ) : (
          <Text span inherit lineClamp={2} maw={200} miw={120}>
            <bdi>{creator.name === null ? creator.id : defangLabel('identity', creator.name)}</bdi>
          </Text>
        ),
    },
    {
      id: 'modified',
      header: 'Modified',
      render: ({ modified }) => <Instant at={instantIn(modified)} none="–" />,
    },
    {
      id: 'dateAdded',
      header: 'Date added',
      sort: 'dateAdded',
      render: ({ dateAdded }) => <Instant at={dateAdded} />,
    },
    { id: 'versions', header: 'Versions', align: 'right', isExtra: true, render: ({ versions }) => versions },
    {
      id: 'created',
      header: 'Created',
      isExtra: true,
      render: ({ created }) => <Instant at={instantIn(created)} none="–" />,
    },
    { id: 'spec', header: 'STIX', isExtra: true, render: ({ specVersion }) => specVersion },
    { id: 'size', header: 'Size', align: 'right', isExtra: true, render: ({ size }) => formatBytes(size) },
    {
      id: 'id',
      header: 'Id',
      isExtra: true,
      render: ({ id }) => (
        <Text size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
          {id}
        </Text>
      ),
    },
  ];
}

/** What an object says of an instant may be anything. */
const instantIn = (text: string | null): string | null =>
  text === null || Number.isNaN(Date.parse(text)) ? null : text;
