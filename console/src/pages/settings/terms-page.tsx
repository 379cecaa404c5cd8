import { Badge, Card, Stack, Tabs, Text } from '@mantine/core';
import { Outlet, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import {
  getTermsEndpoint,
  listAcceptancesEndpoint,
  listTermsEndpoint,
  type TermsAcceptance,
  type TermsItem,
} from '../../../../contract/terms.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, useSearchChange } from '../../kit/paging.tsx';
import { ScreenDrawer } from '../../kit/screen-drawer.tsx';
import { Answered, Empty, PageError } from '../../kit/states.tsx';

const LIMIT = '50';

/** The versions of the terms of service, and who accepted which. */
export function TermsPage() {
  const { tab = 'versions' } = useSearch({ from: '/inside/terms' });
  const change = useSearchChange();
  const { abilities } = useSession();
  const versions = useEndpoint(listTermsEndpoint, { query: { limit: LIMIT } });
  return (
    <Page
      title="Terms of service"
      lead="What people accept before they work here. A version never changes: the next one takes its place."
      actions={
        abilities['settings.edit'] && (
          <ScreenButton to="/terms/new" search={(before) => before}>
            Publish a version
          </ScreenButton>
        )
      }
    >
      {versions.isError && versions.data === undefined ? (
        <PageError error={versions.error} onRetry={() => void versions.refetch()} />
      ) : (
        <Tabs value={tab} onChange={(value) => change({ tab: value ?? undefined })} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="versions">Versions</Tabs.Tab>
            <Tabs.Tab value="acceptances">Acceptances</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="versions" pt="md">
            <Versions />
          </Tabs.Panel>
          <Tabs.Panel value="acceptances" pt="md">
            <Acceptances />
          </Tabs.Panel>
        </Tabs>
      )}
      <Outlet />
    </Page>
  );
}

function usePage() {
  const { after } = useSearch({ from: '/inside/terms' });
  return { limit: LIMIT, ...(after === undefined ? {} : { after }) };
}

function Versions() {
  const versions = useEndpoint(listTermsEndpoint, { query: usePage() }, { keepPrevious: true });
  const [shown, setShown] = useState<number>();
  if (versions.isError && versions.data === undefined)
    return <PageError error={versions.error} onRetry={() => void versions.refetch()} />;
  return (
    <Stack>
      <DataTable
        label="Versions of the terms of service"
        columns={VERSION_COLUMNS}
        rows={versions.data?.items}
        keyOf={({ version }) => String(version)}
        onOpen={({ version }) => setShown(version)}
        empty={
          <Empty title="No terms of service yet">
            Nobody is asked to accept any until a version is published.
          </Empty>
        }
      />
      <Paging next={versions.data?.next} />
      <ScreenDrawer
        isOpen={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={`Version ${shown ?? ''}`}
      >
        {shown !== undefined && <Version version={shown} />}
      </ScreenDrawer>
    </Stack>
  );
}

const VERSION_COLUMNS: readonly Column<TermsItem>[] = [
  { id: 'version', header: 'Version', render: ({ version }) => <Text fw={600}>{version}</Text> },
  { id: 'publishedAt', header: 'Published', render: ({ publishedAt }) => <Instant at={publishedAt} /> },
  { id: 'publishedBy', header: 'By', render: ({ publishedBy }) => publishedBy },
  {
    id: 'must',
    header: 'For whom',
    render: ({ mustBeAccepted }) =>
      mustBeAccepted ? (
        <Badge variant="light">Everybody must accept it</Badge>
      ) : (
        <Text size="sm">Those who are asked to</Text>
      ),
  },
];

function Version({ version }: { version: number }) {
  const terms = useEndpoint(getTermsEndpoint, { params: { version: String(version) } });
  return (
    <Answered query={terms}>
      {({ text }) => (
        <Card withBorder>
          <Text style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text}</Text>
        </Card>
      )}
    </Answered>
  );
}

function Acceptances() {
  const acceptances = useEndpoint(listAcceptancesEndpoint, { query: usePage() }, { keepPrevious: true });
  if (acceptances.isError && acceptances.data === undefined)
    return <PageError error={acceptances.error} onRetry={() => void acceptances.refetch()} />;
  return (
    <Stack>
      <DataTable
        label="Acceptances of the terms of service"
        columns={ACCEPTANCE_COLUMNS}
        rows={acceptances.data?.items}
        keyOf={({ account, version }) => `${account.id} ${version}`}
        empty={<Empty title="Nobody has accepted any terms yet" />}
      />
      <Paging next={acceptances.data?.next} />
    </Stack>
  );
}

const ACCEPTANCE_COLUMNS: readonly Column<TermsAcceptance>[] = [
  {
    id: 'account',
    header: 'Account',
    render: ({ account }) => (
      <ScreenLink to="/accounts/$account" params={{ account: String(account.id) }} size="sm">
        {account.userName}
      </ScreenLink>
    ),
  },
  { id: 'organization', header: 'Organization', render: ({ account }) => account.organization },
  { id: 'version', header: 'Version', align: 'right', render: ({ version }) => version },
  { id: 'acceptedAt', header: 'Accepted', render: ({ acceptedAt }) => <Instant at={acceptedAt} /> },
  { id: 'address', header: 'From', render: ({ address }) => address ?? 'unknown' },
];
