import { Text } from '@mantine/core';
import { useParams, useSearch } from '@tanstack/react-router';
import { type ActivityItem, listActivityEndpoint } from '../../../../contract/audit.ts';
import { useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, usePages } from '../../kit/paging.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { useTrailToOrganization } from '../organizations/trail.tsx';
import { actionText, targetText } from './action-texts.ts';

const COLUMNS: Column<ActivityItem>[] = [
  { id: 'when', header: 'When', render: ({ at }) => <Instant at={at} /> },
  { id: 'who', header: 'Who', render: ({ who }) => who },
  { id: 'what', header: 'What', render: ({ action }) => actionText(action) },
  {
    id: 'target',
    header: 'To what',
    render: ({ targetName, targetKind }) => (
      <>
        <Text inherit style={{ overflowWrap: 'anywhere' }}>
          {targetName ?? '–'}
        </Text>
        <Text size="xs" c="dimmed">
          {targetText(targetKind)}
        </Text>
      </>
    ),
  },
];

/** Who added or changed what in an organization, for all of its members. */
export function ActivityPage() {
  const { organization } = useParams({ from: '/inside/organizations/$organization/activity' });
  const { after } = useSearch({ from: '/inside/organizations/$organization/activity' });
  const page = useEndpoint(
    listActivityEndpoint,
    { params: { organization }, query: { limit: '50', ...(after === undefined ? {} : { after }) } },
    { keepPrevious: true },
  );
  const to = usePages(page.data?.next);
  return (
    <Page
      title="Activity"
      lead="Who added or changed what here, the newest first."
      trail={useTrailToOrganization(organization)}
    >
      {page.isError && page.data === undefined ? (
        <PageError error={page.error} onRetry={() => void page.refetch()} />
      ) : (
        <>
          <DataTable
            label="Activity"
            columns={COLUMNS}
            rows={page.data?.items}
            keyOf={({ id }) => String(id)}
            isStale={page.isPlaceholderData}
            pages={to}
            empty={<Empty title="Nothing yet">What members add or change stands here.</Empty>}
          />
          <Paging next={page.data?.next} />
        </>
      )}
    </Page>
  );
}
