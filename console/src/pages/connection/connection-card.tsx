import { Alert, Badge, Group, List, Paper, Select, Stack, Table, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { getTaxiiViewEndpoint, type TaxiiView } from '../../../../contract/taxii-view.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Copy, Snippet } from '../../kit/copy.tsx';
import { ScrollAcross } from '../../kit/scroll-across.tsx';
import { Answered } from '../../kit/states.tsx';
import { type Client, clientsFor } from './clients.ts';

/** How clients of a TAXII user connect: its addresses, the collections that it sees, and the settings of the usual clients. */
export function ConnectionCard({
  account,
  isBrief = false,
}: {
  account: number;
  /** What it sees, and why no more than that, stands on the screen already. */
  isBrief?: boolean;
}) {
  const query = useEndpoint(getTaxiiViewEndpoint, { params: { account: String(account) } });
  return (
    <Paper withBorder p="md" component="section" aria-label="Connection">
      <Answered query={query}>{(view) => <Shown view={view} isBrief={isBrief} />}</Answered>
    </Paper>
  );
}

function Shown({ view, isBrief }: { view: TaxiiView; isBrief: boolean }) {
  const { connection, obstacles, remarks } = view;
  const collections = view.shown?.collections ?? [];
  return (
    <Stack>
      <Text fw={650}>Connection</Text>
      {!isBrief && obstacles.length > 0 && (
        <Alert color="orange" title="It is not let in as things are">
          <List size="sm">
            {obstacles.map(({ code, text }) => (
              <List.Item key={code}>{text}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Lines
        label="Addresses"
        lines={[
          ['Discovery URL', connection.discoveryUrl],
          ...(connection.apiRootUrl === null ? [] : [['API root URL', connection.apiRootUrl] as const]),
          ['User name', view.userName],
        ]}
      />
      <Text size="sm" c="dimmed">
        Password and API key were shown when they were made, and are kept nowhere where they could be read.
        Whoever has lost them is given new ones.
      </Text>
      {!isBrief && collections.length > 0 && <Collections collections={collections} />}
      {!isBrief && remarks.length > 0 && (
        <List size="sm">
          {remarks.map(({ code, text }) => (
            <List.Item key={code}>{text}</List.Item>
          ))}
        </List>
      )}
      {connection.apiRootUrl !== null && collections.length > 0 && (
        <Clients view={view} apiRootUrl={connection.apiRootUrl} />
      )}
    </Stack>
  );
}

type Seen = NonNullable<TaxiiView['shown']>['collections'][number];

function Collections({ collections }: { collections: readonly Seen[] }) {
  return (
    <ScrollAcross label="Collections that it sees" minWidth={560}>
      <Table aria-label="Collections that it sees">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Collection</Table.Th>
            <Table.Th>It may</Table.Th>
            <Table.Th ta="right">Objects</Table.Th>
            <Table.Th>URL</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {collections.map(({ id, title, canRead, canWrite, objects, url, publishedOnly }) => (
            <Table.Tr key={id}>
              <Table.Td>{title}</Table.Td>
              <Table.Td>
                <Group gap={4} wrap="nowrap">
                  {canRead && (
                    <Badge variant="light" color="teal">
                      {publishedOnly ? 'Read what is published' : 'Read'}
                    </Badge>
                  )}
                  {canWrite && (
                    <Badge variant="light" color="blue">
                      Add
                    </Badge>
                  )}
                  {!canRead && !canWrite && <Badge variant="light">Nothing</Badge>}
                </Group>
              </Table.Td>
              <Table.Td ta="right">{objects === null ? '–' : objects.toLocaleString('en-GB')}</Table.Td>
              <Table.Td>
                <Group gap={4} wrap="nowrap">
                  <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {url}
                  </Text>
                  <Copy value={url} what={`the URL of ${title}`} />
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollAcross>
  );
}

function Clients({ view, apiRootUrl }: { view: TaxiiView; apiRootUrl: string }) {
  const collections = view.shown?.collections ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const collection =
    collections.find(({ id }) => id === chosen) ??
    collections.find(({ canRead }) => canRead) ??
    collections[0];
  if (collection === undefined) return null;
  const { userName, connection } = view;
  const clients = clientsFor({
    userName,
    discoveryUrl: connection.discoveryUrl,
    apiRootUrl,
    collection,
  });
  return (
    <Stack gap="sm">
      <Select
        label="Settings for the collection"
        data={collections.map(({ id, title }) => ({ value: id, label: title }))}
        value={collection.id}
        allowDeselect={false}
        onChange={setChosen}
      />
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List aria-label="Clients">
          {clients.map(({ id, name }) => (
            <Tabs.Tab key={id} value={id}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {clients.map((client) => (
          <Tabs.Panel key={client.id} value={client.id} pt="sm">
            <ClientSettings client={client} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

function ClientSettings({ client: { name, where, settings, paste, notes } }: { client: Client }) {
  return (
    <Stack gap="sm">
      <Text size="sm">{where}</Text>
      {settings.length > 0 && <Lines label={`Settings of ${name}`} lines={settings} />}
      {paste !== undefined && <Snippet label={paste.label} value={paste.text} />}
      {notes.length > 0 && (
        <List size="sm" c="dimmed">
          {notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}

/** Names with values, each to be copied. */
function Lines({
  label,
  lines,
}: {
  label: string;
  lines: readonly (readonly [name: string, value: string])[];
}) {
  return (
    <Table aria-label={label} layout="fixed" withRowBorders highlightOnHover={false}>
      <Table.Tbody>
        {lines.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w="34%" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            <Table.Td w={48}>
              <Copy value={value} what={name} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
