import { SegmentedControl, Select, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { listReadableCollectionsEndpoint } from '../../../../contract/intelligence.ts';
import {
  collectionUsageEndpoint,
  type OrganizationUsage,
  organizationUsageEndpoint,
} from '../../../../contract/usage.ts';
import { useEndpoint } from '../../api/queries.ts';
import { DayPlot, type Line } from '../../kit/day-plot.tsx';
import { Answered } from '../../kit/states.tsx';

const FIGURES = { polls: 'Polls', objectsServed: 'Objects served' } as const;
type Figure = keyof typeof FIGURES;
const WINDOWS = ['7', '30', '90'];
/** So many TAXII users have a colour of their own. */
const SHOWN = 5;

/** What the TAXII users of an organization polled, and what was added to a collection, day by day. */
export function UsagePlots({ organization }: { organization: number }) {
  const [days, setDays] = useState('30');
  const [figure, setFigure] = useState<Figure>('polls');
  const usage = useEndpoint(
    organizationUsageEndpoint,
    { params: { organization: String(organization) }, query: { days } },
    { keepPrevious: true },
  );
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Answered query={usage}>
        {(found) => (
          <DayPlot
            title={`${FIGURES[figure]} by TAXII user`}
            what={FIGURES[figure]}
            days={found.days}
            lines={linesOf(found, figure)}
            controls={
              <>
                <SegmentedControl
                  size="xs"
                  aria-label="What is counted"
                  value={figure}
                  onChange={(value) => setFigure(value as Figure)}
                  data={Object.entries(FIGURES).map(([value, label]) => ({ value, label }))}
                />
                <SegmentedControl
                  size="xs"
                  aria-label="Over how many days"
                  value={days}
                  onChange={setDays}
                  data={WINDOWS.map((value) => ({ value, label: `${value} d` }))}
                />
              </>
            }
          />
        )}
      </Answered>
      <Additions days={days} />
    </SimpleGrid>
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

function Additions({ days }: { days: string }) {
  const collections = useEndpoint(listReadableCollectionsEndpoint, { query: { limit: '50' } });
  const [chosen, setChosen] = useState<string | null>(null);
  // Usage is for those who see the configuration.
  const items = collections.data?.items.filter(({ abilities }) => abilities.viewConfiguration) ?? [];
  const collection = chosen ?? items[0]?.id;
  const usage = useEndpoint(
    collectionUsageEndpoint,
    { params: { collection: collection ?? '' }, query: { days } },
    { enabled: collection !== undefined, keepPrevious: true },
  );
  if (collection === undefined) return null;
  return (
    <Answered query={usage}>
      {(found) => (
        <DayPlot
          title="Objects added"
          what={`Objects added to the collection of ${found.collection.owner.name}`}
          days={found.days}
          lines={[{ name: 'Objects added', values: found.series.objectsAdded }]}
          controls={
            <Select
              size="xs"
              aria-label="Collection"
              allowDeselect={false}
              value={collection}
              onChange={setChosen}
              data={items.map(({ id, owner }) => ({ value: id, label: owner.name }))}
            />
          }
        />
      )}
    </Answered>
  );
}
