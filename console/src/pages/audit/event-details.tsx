import { Box, Group, Stack, Table, Text } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import type { AuditEventShown } from '../../../../contract/audit.ts';
import { Instant } from '../../kit/instant.tsx';
import { type DetailLine, detailLines } from './details.ts';

/** What an event tells: what was changed from what to what, and what proves it. */
export function EventDetails({ event }: { event: AuditEventShown }) {
  const lines = detailLines(event.details);
  const { at, count, lastAt, requestId, sequence, hash, action, id } = event;
  return (
    <Stack gap="xs" pl={{ base: 0, sm: 30 }} pb="xs" maw={900}>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          The event tells nothing more.
        </Text>
      ) : (
        <Table variant="vertical" highlightOnHover={false} aria-label={`What event ${id} tells`} fz="sm">
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={line.name}>
                <Table.Th scope="row" w={220}>
                  {line.name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Line line={line} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group gap="md">
        {count > 1 && (
          <Text size="xs" c="dimmed">
            First <Instant at={at} />, last <Instant at={lastAt} />
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {action}
        </Text>
        {requestId !== null && (
          <Text size="xs" c="dimmed">
            Request {requestId}
          </Text>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          Place {sequence} in its chain, hash{' '}
          <Box component="code" style={{ fontSize: 'inherit' }}>
            {hash.slice(0, 16)}…
          </Box>
        </Text>
      </Group>
    </Stack>
  );
}

function Line({ line }: { line: DetailLine }) {
  if (!('before' in line)) return line.value;
  return (
    <Group gap={6} component="span" display="inline-flex">
      <Text span inherit c="dimmed">
        <span className="visually-hidden">before: </span>
        {line.before}
      </Text>
      <IconArrowRight size={14} aria-hidden />
      <Text span inherit fw={600}>
        <span className="visually-hidden">after: </span>
        {line.after}
      </Text>
    </Group>
  );
}
