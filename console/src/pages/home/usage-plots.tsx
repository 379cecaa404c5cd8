import { Group, SegmentedControl, Select, SimpleGrid, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { listCollectionsEndpoint } from '../../../../contract/collections.ts';
import { listReadableCollectionsEndpoint } from '../../../../contract/intelligence.ts';
import {
  collectionUsageEndpoint,
  type OrganizationUsage,
  organizationUsageEndpoint,
} from '../../../../contract/usage.ts';
import { useEndpoint } from '../../api/queries.ts';
import { DayPlot, type Line } from '../../kit/day-plot.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered, Loading } from '../../kit/states.tsx';
import { OrganizationChoice } from './organization-choice.tsx';

const FIGURES = { polls: 'Polls', objectsServed: 'Objects served' } as const;
type Figure = keyof typeof FIGURES;
const WINDOWS = ['7', '30', '90'];
/** So many TAXII users have a colour of their own. */
const SHOWN = 5;

/** What the TAXII users of an organization polled, and what was added to a collection, day by day. */
export function UsagePlots({
  organization,
  canChoose,
}: {
  organization: string;
  /** Whether another organization can be chosen. */
  canChoose: boolean;
}) {
  const { days = '30', figure: named } = useSearch({ from: '/inside/' });
  const change = useSearchChange();
  const figure: Figure = named === 'objectsServed' ? named : 'polls';
  const usage = useEndpoint(
    organizationUsageEndpoint,
    { params: { organization }, query: { days } },
    { keepPrevious: true },
  );
  return (
    <section aria-labelledby="usage">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4" id="usage">
          {usage.data === undefined
            ? 'Polls and objects'
            : `Polls and objects of ${usage.data.organization.name}`}
        </Title>
        <Group gap="xs">
          {canChoose && (
            <OrganizationChoice
              value={organization}
              onChange={(id) => change({ of: id, collection: undefined })}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Over how many days"
            value={days}
            onChange={(value) => change({ days: value })}
            data={WINDOWS.map((value) => ({ value, label: `${value} days` }))}
          />
        </Group>
      </Group>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Answered query={usage}>
          {(found) => (
            <DayPlot
              order={3}
              title={`${FIGURES[figure]} by TAXII user`}
              what={FIGURES[figure]}
              days={found.days}
              lines={linesOf(found, figure)}
              controls={
                <SegmentedControl
                  size="xs"
                  aria-label="What is counted"
                  value={figure}
                  onChange={(value) => change({ figure: value })}
                  data={Object.entries(FIGURES).map(([value, label]) => ({ value, label }))}
                />
              }
            />
          )}
        </Answered>
        <Additions days={days} organization={organization} />
      </SimpleGrid>
    </section>
  );
}

/** The busiest, each by itself, and the others together. */
function linesOf({ taxiiUsers, series, days }: OrganizationUsage, figure: Figure): Line[] {
  const busiest = [...taxiiUsers].sort((a, b) => b.total[figure] - a.total[figure]).slice(0, SHOWN);
  const lines: Line[] = busiest
    .filter(({ total }) => total[figure] > 0)
    .map(({ userName, series: own }) => ({ name: userName, values: own[figure] }));
  const others = days.map(
    (_, index) =>
      (series[figure][index] ?? 0) - lines.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  return others.some((value) => value > 0) ? [...lines, { name: 'others', values: others }] : lines;
}

/** What was added to the collection of the organization, or to one of the communities and sources that one sees into. */
function Additions({ days, organization }: { days: string; organization: string }) {
  const own = useEndpoint(listCollectionsEndpoint, { query: { owner: organization, limit: '1' } });
  const readable = useEndpoint(listReadableCollectionsEndpoint, { query: { limit: '200' } });
  const { collection: chosen } = useSearch({ from: '/inside/' });
  const change = useSearchChange();
  const items = [
    ...(own.data?.items ?? []),
    // Usage is for those who see the configuration; of another organization there is a choice of its own.
    ...(readable.data?.items ?? []).filter(
      ({ owner, abilities }) => owner.kind !== 'organization' && abilities.viewConfiguration,
    ),
  ];
  const collection = (items.find(({ id }) => id === chosen) ?? items[0])?.id;
  const usage = useEndpoint(
    collectionUsageEndpoint,
    { params: { collection: collection ?? '' }, query: { days } },
    { enabled: collection !== undefined, keepPrevious: true },
  );
  if (own.isPending || readable.isPending) return <Loading label="Loading the collections" />;
  if (collection === undefined) return null;
  return (
    <Answered query={usage}>
      {(found) => (
        <DayPlot
          order={3}
          title={`Objects added to ${found.collection.owner.name}`}
          what={`Objects added to the collection of ${found.collection.owner.name}`}
          days={found.days}
          lines={[{ name: 'Objects added', values: found.series.objectsAdded }]}
          controls={
            items.length > 1 && (
              <Select
                size="xs"
                aria-label="Collection"
                allowDeselect={false}
                value={collection}
                onChange={(id) => id !== null && change({ collection: id })}
                data={items.map(({ id, owner }) => ({ value: id, label: owner.name }))}
              />
            )
          }
        />
      )}
    </Answered>
  );
}
