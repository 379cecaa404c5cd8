import { Alert, Badge, Card, Group, List, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { getTaxiiViewEndpoint, type TaxiiView } from '../../../../contract/taxii-view.ts';
import { useEndpoint } from '../../api/queries.ts';
import { formatBytes } from '../../kit/bytes.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { ConnectionCard } from '../connection/connection-card.tsx';
import { Facts } from './facts.tsx';

/** What a TAXII user is shown over TAXII, as it would see it now. */
export function TaxiiTab({ account }: { account: AccountDetails }) {
  const view = useEndpoint(getTaxiiViewEndpoint, { params: { account: String(account.id) } });
  return <Answered query={view}>{(found) => <View account={account.id} view={found} />}</Answered>;
}

function View({ account, view }: { account: number; view: TaxiiView }) {
  const { admitted, obstacles, shown, remarks } = view;
  return (
    <Stack>
      {admitted ? (
        <Alert color="green" title="It is let in">
          With a right credential, {view.userName} sees what stands below.
        </Alert>
      ) : (
        <Alert color="orange" title="It is not let in, whatever it presents">
          <List>
            {obstacles.map(({ code, text }) => (
              <List.Item key={code}>{text}</List.Item>
            ))}
          </List>
          {shown !== null && 'Below is what it would see were it let in.'}
        </Alert>
      )}
      {shown !== null && <Shown shown={shown} />}
      {remarks.length > 0 && (
        <Alert color="taxiway" title="Why it is shown no more than that">
          <List>
            {remarks.map(({ code, text }) => (
              <List.Item key={code}>{text}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <ConnectionCard account={account} isBrief />
    </Stack>
  );
}

type Collection = NonNullable<TaxiiView['shown']>['collections'][number];

const COLUMNS: Column<Collection>[] = [
  {
    id: 'title',
    header: 'Collection',
    render: ({ title, alias, description }) => (
      <>
        <Text fw={600}>{title}</Text>
        {alias !== null && (
          <Text size="sm" c="dimmed">
            Alias {alias}
          </Text>
        )}
        {description !== null && (
          <Text size="sm" c="dimmed">
            {description}
          </Text>
        )}
      </>
    ),
  },
  {
    id: 'rights',
    header: 'Read and write',
    render: ({ canRead, canWrite, publishedOnly }) => (
      <Group gap={4}>
        <Badge variant="light" color={canRead ? 'green' : 'gray'}>
          {canRead ? (publishedOnly ? 'Reads what is published' : 'Reads') : 'Does not read'}
        </Badge>
        <Badge variant="light" color={canWrite ? 'green' : 'gray'}>
          {canWrite ? 'Writes' : 'Does not write'}
        </Badge>
      </Group>
    ),
  },
  {
    id: 'objects',
    header: 'Objects',
    align: 'right',
    render: ({ objects }) => (objects === null ? '–' : objects.toLocaleString('en')),
  },
  {
    id: 'id',
    header: 'Id',
    render: ({ id }) => (
      <Text size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
        {id}
      </Text>
    ),
  },
];

function Shown({ shown: { discovery, apiRoot, collections } }: { shown: NonNullable<TaxiiView['shown']> }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Facts
          title="Discovery"
          facts={[
            ['Title', discovery.title],
            ['Description', discovery.description ?? '–'],
            ['Default API root', discovery.default ?? '–'],
            ['API roots', discovery.apiRoots.join(', ') || '–'],
          ]}
        />
        <Facts
          title="API root"
          facts={[
            ['Title', apiRoot.title],
            ['Description', apiRoot.description ?? '–'],
            ['Versions', apiRoot.versions.join(', ')],
            ['Largest request', formatBytes(apiRoot.maxContentLength)],
          ]}
        />
      </SimpleGrid>
      <Card withBorder component="section" aria-label="Collections">
        <Title order={2} size="h5" mb="xs">
          Collections
        </Title>
        <DataTable
          label="Collections that it is shown"
          columns={COLUMNS}
          rows={collections}
          keyOf={({ id }) => id}
          empty={
            <Empty title="No collections">It is let in, and shown nothing. The reasons stand below.</Empty>
          }
        />
      </Card>
    </>
  );
}
