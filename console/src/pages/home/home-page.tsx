import { SegmentedControl, SimpleGrid, Stack, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { getAttentionEndpoint, getInstanceAttentionEndpoint } from '../../../../contract/attention.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered, Loading } from '../../kit/states.tsx';
import { AttentionList } from './attention-list.tsx';
import { NewsCard } from './news-card.tsx';
import { NextSteps } from './next-steps.tsx';
import { useBusiestOrganization, useNamedOrganization } from './organization-choice.tsx';
import { PlacesCard } from './places-card.tsx';

const UsagePlots = lazy(async () => ({ default: (await import('./usage-plots.tsx')).UsagePlots }));

/** What needs attention, and what was polled and added lately. */
export function HomePage() {
  const { firstName, organization, abilities } = useSession();
  const own = organization.abilities;
  const { scope, of } = useSearch({ from: '/inside/' });
  const change = useSearchChange();
  // Who administers the instance has to do with all of it: the own organization may be nearly empty.
  const isEverywhere = abilities['account.view'] && scope !== 'own';
  const canChoose = isEverywhere && abilities['organization.list'];
  const busiest = useBusiestOrganization(canChoose);
  const named = useNamedOrganization(canChoose ? of : undefined);
  const usual = canChoose ? busiest : String(organization.id);
  const shown = named === null ? usual : named;
  const isGone = canChoose && of !== undefined && named === null;
  const forget = useRef(change);
  forget.current = change;
  useEffect(() => {
    // It was deleted, or mistyped: the address says what is shown.
    if (isGone) forget.current({ of: undefined, collection: undefined });
  }, [isGone]);
  return (
    <Page
      title="Home"
      lead={`${firstName === null ? '' : `Hello ${firstName}. `}${
        own['account.view']
          ? 'This is what needs attention, and what happened lately.'
          : `You work in ${organization.name}.`
      }`}
      actions={
        abilities['account.view'] && (
          <SegmentedControl
            aria-label="What is shown"
            maw="100%"
            value={isEverywhere ? 'instance' : 'own'}
            onChange={(value) => change({ scope: value === 'own' ? value : undefined })}
            data={[
              { value: 'instance', label: 'All organizations' },
              { value: 'own', label: organization.name },
            ]}
          />
        )
      }
    >
      <Stack gap="xl">
        <NextSteps />
        {own['account.view'] && (
          <section aria-labelledby="attention">
            <Title order={2} size="h4" id="attention" mb="sm">
              Needs attention
            </Title>
            {isEverywhere ? <InstanceAttention /> : <OrganizationAttention id={organization.id} />}
          </section>
        )}
        {own['account.view'] &&
          (shown === undefined ? (
            <Loading label="Loading the plots" />
          ) : (
            <Suspense fallback={<Loading label="Loading the plots" />}>
              <UsagePlots organization={shown} canChoose={canChoose} />
            </Suspense>
          ))}
        <SimpleGrid cols={{ base: 1, lg: own['organization.activity'] && !own['account.view'] ? 2 : 1 }}>
          {own['organization.activity'] && shown !== undefined && (
            <NewsCard organization={shown} isNamed={canChoose} />
          )}
          {!own['account.view'] && <PlacesCard />}
        </SimpleGrid>
      </Stack>
    </Page>
  );
}

function OrganizationAttention({ id }: { id: number }) {
  const attention = useEndpoint(
    getAttentionEndpoint,
    { params: { organization: String(id) } },
    { everyMs: 60_000 },
  );
  return (
    <Answered query={attention}>{(found) => <AttentionList attention={found} organization={id} />}</Answered>
  );
}

function InstanceAttention() {
  const attention = useEndpoint(getInstanceAttentionEndpoint, {}, { everyMs: 60_000 });
  return (
    <Answered query={attention}>
      {(found) => <AttentionList attention={found} organization={null} />}
    </Answered>
  );
}
