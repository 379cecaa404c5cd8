import { Alert, Button, Group, Table, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { ScrollAcross } from '../../kit/scroll-across.tsx';

export type Difference = { label: string; stored: string; mine: string };

type Props = {
  /** What was changed, such as "this collection". */
  what: string;
  differences: readonly Difference[];
  onTake: () => void;
  onKeep: () => void;
};

/** Somebody else has saved meanwhile: shows both, and asks what counts. Nothing that was typed is lost. */
export function Meanwhile({ what, differences, onTake, onKeep }: Props) {
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Its answer, a promise in some browsers, is not the effect's.
    void alert.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <Alert ref={alert} color="orange" title={`Somebody else has changed ${what} meanwhile`} role="alert">
      <Text size="sm">Nothing of yours is saved or lost.</Text>
      {differences.length > 0 && (
        <ScrollAcross label="What differs" minWidth={320}>
          <Table aria-label="What differs" verticalSpacing={4} highlightOnHover={false}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Field</Table.Th>
                <Table.Th>Stored now</Table.Th>
                <Table.Th>Here</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {differences.map(({ label, stored, mine }) => (
                <Table.Tr key={label}>
                  <Table.Th scope="row" fw={400}>
                    {label}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{stored}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{mine}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollAcross>
      )}
      <Group mt="sm" gap="xs">
        <Button size="compact-sm" variant="default" onClick={onTake}>
          Take what is stored
        </Button>
        <Button size="compact-sm" variant="default" onClick={onKeep}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}
