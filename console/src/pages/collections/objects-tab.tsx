import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  type CollectionStatistics,
  listObjectsEndpoint,
  type ObjectItem,
} from '../../../../contract/intelligence.ts';
import { useEndpoint } from '../../api/queries.ts';
import { ColumnChoice, useColumnChoice } from '../../kit/column-choice.tsx';
import { Snippet } from '../../kit/copy.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Paging, usePages, useSearchChange } from '../../kit/paging.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { collectionUrl } from '../taxii/addresses.ts';
import { objectColumns } from './object-columns.tsx';
import { ObjectFilters, useHasFilters } from './object-filters.tsx';
import { PUBLISHED_ONLY } from './words.tsx';

const PAGE = '50';

/** The objects of a collection, of each its latest version. */
export function ObjectsTab({ statistics }: { statistics: CollectionStatistics }) {
  const { collection } = statistics;
  if (collection.publishedOnly) return <Empty title="Nothing is published">{PUBLISHED_ONLY}</Empty>;
  if (collection.objects === 0)
    return <EmptyCollection collection={collection.id} owner={collection.owner.name} />;
  return <Objects statistics={statistics} />;
}

function Objects({ statistics }: { statistics: CollectionStatistics }) {
  const { id: collection } = statistics.collection;
  const { search, type, addedAfter, addedBefore, after, ...address } = useSearch({
    from: '/inside/collections/$collection',
  });
  const sort = address.sort === 'dateAdded' ? 'dateAdded' : '-dateAdded';
  const change = useSearchChange();
  const navigate = useNavigate();
  const objects = useEndpoint(
    listObjectsEndpoint,
    {
      params: { collection },
      query: {
        limit: PAGE,
        sort,
        after,
        search,
        type,
        addedAfter,
        addedBefore,
      },
    },
    { keepPrevious: true },
  );
  const pages = usePages(objects.data?.next);
  const hasFilters = useHasFilters();
  const open = ({ id }: ObjectItem) =>
    void navigate({ to: '/collections/$collection/objects/$object', params: { collection, object: id } });
  const columns = objectColumns(collection);
  const choice = useColumnChoice('objects', columns);
  const searchedTo = objects.data?.searchedTo ?? null;
  return (
    <Stack>
      <ObjectFilters statistics={statistics}>
        <ColumnChoice columns={columns} {...choice} />
      </ObjectFilters>
      {objects.isError && objects.data === undefined ? (
        <PageError error={objects.error} onRetry={() => void objects.refetch()} />
      ) : (
        <>
          <DataTable
            label="Objects"
            columns={choice.shown}
            rows={objects.data?.items}
            keyOf={({ id }) => id}
            onOpen={open}
            sort={sort}
            onSort={(order) => change({ sort: order === '-dateAdded' ? undefined : order })}
            isStale={objects.isPlaceholderData}
            pages={pages}
            empty={
              searchedTo !== null ? (
                <Text c="dimmed" ta="center" py="xl">
                  Nothing is found so far.
                </Text>
              ) : (
                <Empty
                  title={hasFilters ? 'No object fits' : 'There is nothing more'}
                  actions={
                    <Button
                      variant="default"
                      onClick={() =>
                        change({
                          search: undefined,
                          type: undefined,
                          addedAfter: undefined,
                          addedBefore: undefined,
                        })
                      }
                    >
                      Show all objects
                    </Button>
                  }
                />
              )
            }
          />
          {searchedTo !== null && (
            <Alert title="The search has paused">
              Objects that were added {sort === 'dateAdded' ? 'up to' : 'since'} <Instant at={searchedTo} />{' '}
              are looked through. “Next page” looks through more of them.
            </Alert>
          )}
          <Paging next={objects.data?.next} label="Pages of objects" />
        </>
      )}
    </Stack>
  );
}

function EmptyCollection({ collection, owner }: { collection: string; owner: string }) {
  return (
    <Stack gap={0}>
      <Empty title="This collection is empty">
        It fills in two ways: whoever runs the instance imports files, or TAXII users add objects, once the
        collection is writable.
      </Empty>
      <Group justify="center">
        <Stack maw={640} w="100%">
          <Snippet label="Import a STIX bundle" value={`taxiway import bundle.json --owner "${owner}"`} />
          <Snippet
            label="Add objects over TAXII"
            value={`POST ${collectionUrl('<path of the TAXII service>', collection)}objects/`}
          />
        </Stack>
      </Group>
    </Stack>
  );
}
