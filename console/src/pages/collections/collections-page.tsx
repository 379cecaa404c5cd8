import { Badge, Button, Group, Pill, Stack, Text, Tooltip } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listCollectionsEndpoint } from '../../../../contract/collections.ts';
import { listReadableCollectionsEndpoint } from '../../../../contract/intelligence.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { ColumnChoice, useColumnChoice } from '../../kit/column-choice.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, usePages, useSearchChange } from '../../kit/paging.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { arranged, type ListedCollection, mergedCollections, sortOf } from './collection-list.ts';
import { CONFIGURATION_ONLY, countText, OwnerKind, PUBLISHED_ONLY } from './words.tsx';

const PAGE = 50;
/** As many as one answer has at most. */
const MOST = '1000';

/** The collections that the person may read, and those whose configuration the person may see. */
export function CollectionsPage() {
  const { search, owner, after, ...address } = useSearch({ from: '/inside/collections' });
  const sort = sortOf(address.sort);
  const change = useSearchChange();
  const navigate = useNavigate();
  const { organization, abilities } = useSession();
  const seesConfiguration = organization.abilities['collection.view'] || abilities['organization.list'];
  const readable = useEndpoint(listReadableCollectionsEndpoint, { query: { limit: MOST } });
  const configured = useEndpoint(listCollectionsEndpoint, {
    query: { limit: MOST, ...(owner === undefined ? {} : { owner }) },
  });
  const failed = [readable, configured].find((query) => query.isError && query.data === undefined);
  const all = useMemo(
    () =>
      readable.data === undefined || configured.data === undefined
        ? undefined
        : mergedCollections(readable.data.items, configured.data.items),
    [readable.data, configured.data],
  );
  const found = all === undefined ? undefined : arranged(all, { search, owner, sort });
  const start = /^\d{1,6}$/.test(after ?? '') ? Number(after) : 0;
  const next = found !== undefined && start + PAGE < found.length ? String(start + PAGE) : null;
  const pages = usePages(next);
  const columns = COLUMNS.filter(({ id }) => seesConfiguration || !CONFIGURED.has(id));
  const choice = useColumnChoice('collections', columns);
  const isCut = (readable.data?.next ?? configured.data?.next ?? null) !== null;
  return (
    <Page
      title="Collections"
      lead="Each organization, community and source has one collection: what TAXII shows of its intelligence."
    >
      {failed === undefined ? (
        <Stack>
          <Group justify="space-between">
            <SearchField
              value={search ?? ''}
              onChange={(text) => change({ search: text })}
              label="Search collections"
              placeholder="Owner, description or id"
            />
            <ColumnChoice columns={columns} {...choice} />
          </Group>
          {owner !== undefined && (
            <Group gap="xs" role="group" aria-label="Active filters">
              <Pill
                size="md"
                withRemoveButton
                onRemove={() => change({ owner: undefined })}
                removeButtonProps={{
                  'aria-label': 'Show all collections',
                  'aria-hidden': false,
                  tabIndex: 0,
                }}
              >
                {`Owner: ${found?.[0]?.owner.name ?? `no. ${owner}`}`}
              </Pill>
            </Group>
          )}
          <DataTable
            label="Collections"
            columns={choice.shown}
            rows={found?.slice(start, start + PAGE)}
            keyOf={({ id }) => id}
            onOpen={({ id }) => void navigate({ to: '/collections/$collection', params: { collection: id } })}
            sort={sort}
            onSort={(order) => change({ sort: order === 'owner' ? undefined : order })}
            pages={pages}
            empty={
              search === undefined && owner === undefined ? (
                <Empty title="There is no collection for you to see">
                  Your role reads no intelligence. Whoever administers your organization can give you another.
                </Empty>
              ) : (
                <Empty
                  title="No collection fits"
                  actions={
                    <Button variant="default" onClick={() => change({ search: undefined, owner: undefined })}>
                      Show all collections
                    </Button>
                  }
                />
              )
            }
          />
          {isCut && (
            <Text size="sm" c="dimmed">
              The first {Number(MOST).toLocaleString('en')} by the name of their owner are shown and searched.
              The page of an organization, community or source leads to its own.
            </Text>
          )}
          <Paging next={next} label="Pages of collections" />
        </Stack>
      ) : (
        <PageError error={failed.error} onRetry={() => void failed.refetch()} />
      )}
    </Page>
  );
}

/** Columns of what only those know who see the configuration. */
const CONFIGURED: ReadonlySet<string> = new Set(['writable', 'strict', 'responsible']);

const unknown = (
  <Text span inherit c="dimmed">
    –
  </Text>
);

const COLUMNS: readonly Column<ListedCollection>[] = [
  {
    id: 'owner',
    header: 'Owner',
    sort: 'owner',
    isFixed: true,
    render: ({ id, owner, description, readable }) => (
      <Stack gap={0} miw={180}>
        <Group gap="xs">
          <ScreenLink
            to="/collections/$collection"
            params={{ collection: id }}
            fw={600}
            size="sm"
            c="inherit"
            tabIndex={-1}
          >
            {owner.name}
          </ScreenLink>
          {readable === undefined && <Note text="Configuration only" reason={CONFIGURATION_ONLY} />}
          {readable?.publishedOnly === true && <Note text="Published only" reason={PUBLISHED_ONLY} />}
        </Group>
        {description !== null && (
          <Text size="sm" c="dimmed" lineClamp={1} maw={420}>
            {description}
          </Text>
        )}
      </Stack>
    ),
  },
  { id: 'kind', header: 'Kind', sort: 'kind', render: ({ owner }) => <OwnerKind kind={owner.kind} /> },
  {
    id: 'objects',
    header: 'Objects',
    sort: 'objects',
    align: 'right',
    render: ({ readable }) => countText(readable?.objects),
  },
  {
    id: 'versions',
    header: 'Versions',
    sort: 'versions',
    align: 'right',
    render: ({ readable }) => countText(readable?.versions),
  },
  {
    id: 'lastAdded',
    header: 'Last added',
    sort: 'lastAdded',
    render: ({ readable }) =>
      readable === undefined ? unknown : <Instant at={readable.lastAddedAt} isRelative />,
  },
  {
    id: 'writable',
    header: 'Writable',
    render: ({ configured }) => (configured === undefined ? unknown : configured.writable ? 'Yes' : 'No'),
  },
  {
    id: 'strict',
    header: 'Strict',
    render: ({ configured }) => (configured === undefined ? unknown : configured.strict ? 'Yes' : 'No'),
  },
  {
    id: 'responsible',
    header: 'Responsible account',
    render: ({ configured }) =>
      configured === undefined ? unknown : (configured.responsible?.name ?? 'nobody'),
  },
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

function Note({ text, reason }: { text: string; reason: string }) {
  return (
    <Tooltip label={reason}>
      <Badge variant="light" color="gray" size="sm">
        {text}
        <span className="visually-hidden">: {reason}</span>
      </Badge>
    </Tooltip>
  );
}
