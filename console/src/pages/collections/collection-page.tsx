import { Tabs } from '@mantine/core';
import {
  IconDatabase,
  IconDownload,
  IconPlugConnected,
  IconReportAnalytics,
  IconSettings,
} from '@tabler/icons-react';
import { useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type CollectionItem, getCollectionEndpoint } from '../../../../contract/collections.ts';
import {
  type CollectionStatistics,
  getCollectionStatisticsEndpoint,
} from '../../../../contract/intelligence.ts';
import { useEndpoint } from '../../api/queries.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered } from '../../kit/states.tsx';
import { ConnectTab } from './connect-tab.tsx';
import { NotReadable } from './not-readable.tsx';
import { ObjectsTab } from './objects-tab.tsx';
import { ReadersTab } from './readers-tab.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { StatisticsTab } from './statistics-tab.tsx';
import { OwnerBadge } from './words.tsx';

/** One collection: what is in it, who reads it, how it is configured, and how clients reach it. */
export function CollectionPage() {
  const { collection } = useParams({ from: '/inside/collections/$collection' });
  const statistics = useEndpoint(getCollectionStatisticsEndpoint, { params: { collection } });
  // Who may not read it is told so only if the configuration may be seen.
  const mayNotRead = statistics.data === undefined && statistics.error?.code === 'forbidden';
  const seesConfiguration = mayNotRead || statistics.data?.collection.abilities.viewConfiguration === true;
  const configuration = useEndpoint(
    getCollectionEndpoint,
    { params: { collection } },
    { enabled: seesConfiguration },
  );
  const isReady = seesConfiguration ? configuration.data !== undefined : statistics.data !== undefined;
  if (isReady) return <Collection statistics={statistics.data} configuration={configuration.data} />;
  return (
    <Page title="Collection" trail={[<All key="all" />]}>
      {seesConfiguration ? (
        <Answered query={configuration}>{() => null}</Answered>
      ) : (
        <Answered query={statistics}>{() => null}</Answered>
      )}
    </Page>
  );
}

const All = () => <ScreenLink to="/collections">Collections</ScreenLink>;

type Props = {
  /** Undefined: the person may not read the collection. */
  statistics: CollectionStatistics | undefined;
  /** Undefined: the person may not see it. */
  configuration: CollectionItem | undefined;
};

function Collection({ statistics, configuration }: Props) {
  const { tab } = useSearch({ from: '/inside/collections/$collection' });
  const change = useSearchChange();
  const seen = statistics?.collection ?? configuration;
  if (seen === undefined) return null;
  const { id, owner, description } = seen;
  const notReadable = <NotReadable />;
  const tabs: { id: string; label: string; icon: ReactNode; content: ReactNode; isThere: boolean }[] = [
    {
      id: 'objects',
      label: 'Objects',
      icon: <IconDatabase size={16} aria-hidden />,
      content: statistics === undefined ? notReadable : <ObjectsTab statistics={statistics} />,
      isThere: true,
    },
    {
      id: 'statistics',
      label: 'Types',
      icon: <IconReportAnalytics size={16} aria-hidden />,
      content: statistics === undefined ? notReadable : <StatisticsTab statistics={statistics} />,
      isThere: statistics !== undefined,
    },
    {
      id: 'readers',
      label: 'Readers',
      icon: <IconDownload size={16} aria-hidden />,
      content: <ReadersTab collection={id} />,
      isThere: configuration !== undefined,
    },
    {
      id: 'settings',
      label: 'Settings',
      icon: <IconSettings size={16} aria-hidden />,
      content: configuration !== undefined && <SettingsTab collection={configuration} />,
      isThere: configuration !== undefined,
    },
    {
      id: 'connect',
      label: 'Connect',
      icon: <IconPlugConnected size={16} aria-hidden />,
      content: <ConnectTab collection={id} owner={owner.name} isWritable={configuration?.writable} />,
      isThere: true,
    },
  ];
  const there = tabs.filter(({ isThere }) => isThere);
  const shown = there.find((each) => each.id === tab) ?? there[0];
  return (
    <Page
      title={owner.name}
      badge={<OwnerBadge kind={owner.kind} />}
      lead={description ?? undefined}
      trail={[<All key="all" />]}
    >
      <Tabs
        value={shown?.id ?? null}
        onChange={(next) => {
          const none = { search: undefined, type: undefined, addedAfter: undefined, addedBefore: undefined };
          change({
            ...none,
            sort: undefined,
            days: undefined,
            tab: next === 'objects' ? undefined : (next ?? undefined),
          });
        }}
        keepMounted={false}
      >
        <Tabs.List>
          {there.map(({ id: name, label, icon }) => (
            <Tabs.Tab key={name} value={name} leftSection={icon}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {there.map(({ id: name, content }) => (
          <Tabs.Panel key={name} value={name} pt="lg">
            {content}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
