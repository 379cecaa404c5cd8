import { Alert, Badge, Button, Group, Select, Stack, Tabs, Text } from '@mantine/core';
import { IconBraces, IconListDetails, IconShare } from '@tabler/icons-react';
import { useParams, useSearch } from '@tanstack/react-router';
import {
  getCollectionStatisticsEndpoint,
  getObjectEndpoint,
  MAX_LISTED_VERSIONS,
  type ObjectDetails,
} from '../../../../contract/intelligence.ts';
import { useEndpoint } from '../../api/queries.ts';
import { localText, useTimeZone } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Loading, PageError } from '../../kit/states.tsx';
import { defangLabel, defangUrls } from './defang.ts';
import { JsonTab } from './json-tab.tsx';
import { NotReadable } from './not-readable.tsx';
import { TypeBadge } from './object-type.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { RelationshipsTab } from './relationships-tab.tsx';

/** One object: what it says, as it is stored, and what is around it. */
export function ObjectPage() {
  const { collection, object } = useParams({ from: '/inside/collections/$collection/objects/$object' });
  const { version, specVersion } = useSearch({ from: '/inside/collections/$collection/objects/$object' });
  const found = useEndpoint(getObjectEndpoint, {
    params: { collection, object },
    query: { version, specVersion },
  });
  if (found.data !== undefined) return <Shown object={found.data} collection={collection} />;
  if (found.error?.code === 'forbidden')
    return (
      <Page title="Object" trail={[<All key="all" />]}>
        <NotReadable />
      </Page>
    );
  return (
    <Page title="Object" trail={[<All key="all" />]}>
      {found.isError ? <PageError error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}
    </Page>
  );
}

const All = () => <ScreenLink to="/collections">Collections</ScreenLink>;

const TABS = [
  { id: 'overview', label: 'Overview', icon: IconListDetails },
  { id: 'relationships', label: 'Relationships', icon: IconShare },
  { id: 'json', label: 'JSON', icon: IconBraces },
] as const;

function Shown({ object, collection }: { object: ObjectDetails; collection: string }) {
  const { tab } = useSearch({ from: '/inside/collections/$collection/objects/$object' });
  const change = useSearchChange();
  const owner = useEndpoint(getCollectionStatisticsEndpoint, { params: { collection } });
  const shown = TABS.find(({ id }) => id === tab) ?? TABS[0];
  const { id, type, label, detail, revoked } = object;
  return (
    <Page
      title={label === null ? id : defangLabel(type, label)}
      badge={
        <>
          <TypeBadge type={type} />
          {revoked && (
            <Badge variant="light" color="gray">
              Revoked
            </Badge>
          )}
        </>
      }
      lead={detail === null ? undefined : <Text lineClamp={2}>{defangUrls(detail)}</Text>}
      trail={[
        <All key="all" />,
        <ScreenLink key="collection" to="/collections/$collection" params={{ collection }}>
          {owner.data?.collection.owner.name ?? 'Collection'}
        </ScreenLink>,
      ]}
      actions={<Versions object={object} />}
    >
      <Stack>
        <OlderVersion object={object} />
        <Tabs
          value={shown.id}
          onChange={(next) => change({ tab: next === 'overview' ? undefined : (next ?? undefined) })}
          keepMounted={false}
        >
          <Tabs.List>
            {TABS.map(({ id: name, label: text, icon: Icon }) => (
              <Tabs.Tab key={name} value={name} leftSection={<Icon size={16} aria-hidden />}>
                {text}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="overview" pt="lg">
            <OverviewTab object={object} collection={collection} />
          </Tabs.Panel>
          <Tabs.Panel value="relationships" pt="lg">
            <RelationshipsTab key={id} object={id} collection={collection} />
          </Tabs.Panel>
          <Tabs.Panel value="json" pt="lg">
            <JsonTab object={object} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </Page>
  );
}

const keyOf = ({ specVersion, version }: { specVersion: string; version: string }) =>
  `${specVersion} ${version}`;

/** Chooses which of several versions is shown. */
function Versions({ object }: { object: ObjectDetails }) {
  const change = useSearchChange();
  const timeZone = useTimeZone();
  const { listedVersions, moreVersions } = object;
  if (listedVersions.length <= 1) return null;
  const hasSeveralSpecs = new Set(listedVersions.map(({ specVersion }) => specVersion)).size > 1;
  return (
    <Group>
      <Select
        label={`Version (${listedVersions.length}${moreVersions ? ' or more' : ''})`}
        description={moreVersions ? `The newest ${MAX_LISTED_VERSIONS} are listed.` : undefined}
        allowDeselect={false}
        w={300}
        value={keyOf(object)}
        data={listedVersions.map((each) => ({
          value: keyOf(each),
          label: [
            Number.isNaN(Date.parse(each.version)) ? each.version : localText(each.version, timeZone),
            ...(hasSeveralSpecs ? [`STIX ${each.specVersion}`] : []),
            ...(each.latest ? ['latest'] : []),
            ...(each.revoked ? ['revoked'] : []),
          ].join(', '),
        }))}
        onChange={(value) => {
          const chosen = listedVersions.find((each) => keyOf(each) === value);
          if (chosen !== undefined)
            change(
              chosen.latest
                ? { version: undefined, specVersion: undefined }
                : { version: chosen.version, specVersion: chosen.specVersion },
            );
        }}
      />
    </Group>
  );
}

function OlderVersion({ object }: { object: ObjectDetails }) {
  const change = useSearchChange();
  const isLatest = object.listedVersions.some((each) => each.latest && keyOf(each) === keyOf(object));
  const hasLatest = object.listedVersions.some(({ latest }) => latest);
  if (isLatest || !hasLatest) return null;
  return (
    <Alert color="orange" title="This is not the latest version">
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => change({ version: undefined, specVersion: undefined })}
      >
        Show the latest version
      </Button>
    </Alert>
  );
}
