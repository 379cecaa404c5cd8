import { Card, Group, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import {
  IconBuilding,
  IconBuildingCommunity,
  IconMail,
  type IconProps,
  IconUserPlus,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { listAccountsEndpoint, listAllAccountsEndpoint } from '../../../../contract/account-endpoints.ts';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { listOrganizationsEndpoint } from '../../../../contract/organizations.ts';
import { communityEndpoints, sourceEndpoints } from '../../../../contract/owners.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { ScreenLink } from '../../kit/link.tsx';

type Step = {
  icon: ComponentType<IconProps>;
  link: ReactNode;
  what: string;
  /** Whether this person may do it. */
  isAllowed: boolean;
  /** Undefined: not known yet. */
  isDone: boolean | undefined;
  /** Without it nobody polls anything. The others are a matter of choice, and named only while such a one is open. */
  isNeeded: boolean;
};

/** What an instance, or an organization, lacks at its beginning, for those who can do it; nothing once it is in use. */
export function NextSteps() {
  const steps = useSteps().filter(({ isAllowed }) => isAllowed);
  const open = steps.filter(({ isDone }) => isDone === false);
  if (steps.some(({ isDone }) => isDone === undefined) || !open.some(({ isNeeded }) => isNeeded)) return null;
  return (
    <Card withBorder component="section" aria-label="What comes next">
      <Title order={2} size="h4" mb="md">
        What comes next
      </Title>
      <Stack gap="md">
        {open.map(({ icon: Icon, link, what }) => (
          <Group key={what} gap="sm" wrap="nowrap" align="flex-start">
            <ThemeIcon variant="light" size="lg" aria-hidden>
              <Icon size={20} />
            </ThemeIcon>
            <div>
              {link}
              <Text size="sm" c="dimmed">
                {what}
              </Text>
            </div>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

/** A TAXII service is there from the start. */
function useSteps(): Step[] {
  const { organization, abilities } = useSession();
  const params = { organization: String(organization.id) };
  const mayOrganizations = abilities['organization.create'] && abilities['organization.list'];
  const mayOwners = abilities['owner.create'];
  const mayAccounts = organization.abilities['account.create'] && organization.abilities['account.view'];
  const isEverywhere = abilities['account.view'];
  const mayMail = abilities['settings.edit'];

  const two = { query: { limit: '2' } };
  const organizations = useEndpoint(listOrganizationsEndpoint, two, { enabled: mayOrganizations });
  const communities = useEndpoint(communityEndpoints.list, two, { enabled: mayOwners });
  const sources = useEndpoint(sourceEndpoints.list, two, { enabled: mayOwners });
  const polling = useEndpoint(
    listAllAccountsEndpoint,
    { query: { limit: '1', kind: 'taxii' } },
    { enabled: mayAccounts && isEverywhere },
  );
  const own = useEndpoint(
    listAccountsEndpoint,
    { params, ...two },
    { enabled: mayAccounts && !isEverywhere },
  );
  const instance = useEndpoint(getInstanceEndpoint, {}, { enabled: mayMail });
  const has = (list: { data?: { items: readonly unknown[] } | undefined }, count: number) =>
    list.data === undefined ? undefined : list.data.items.length >= count;

  return [
    {
      icon: IconBuilding,
      link: (
        <ScreenLink to="/organizations/new" fw={600}>
          Create another organization
        </ScreenLink>
      ),
      what: 'For each party that shares: it has accounts, limits and a collection of its own.',
      isAllowed: mayOrganizations,
      isDone: has(organizations, 2),
      isNeeded: false,
    },
    {
      icon: IconBuildingCommunity,
      link: (
        <>
          <ScreenLink to="/communities/new" fw={600}>
            Create a community
          </ScreenLink>{' '}
          or{' '}
          <ScreenLink to="/sources/new" fw={600}>
            a source
          </ScreenLink>
        </>
      ),
      what: 'For intelligence that organizations share, or receive. Its collection is created with it.',
      isAllowed: mayOwners,
      isDone: has(communities, 1) === true || has(sources, 1),
      isNeeded: false,
    },
    {
      icon: IconMail,
      link: (
        <ScreenLink to="/settings" search={{ search: 'Mail' }} fw={600}>
          Set up mail
        </ScreenLink>
      ),
      what: 'For invitations and password resets. Without it, links are yours to pass on.',
      isAllowed: mayMail,
      isDone: instance.data?.mailConfigured,
      isNeeded: false,
    },
    {
      icon: IconUserPlus,
      link: (
        <ScreenLink to="/organizations/$organization/membership" params={params} fw={600}>
          Create accounts
        </ScreenLink>
      ),
      what: 'Users for people, TAXII users for the clients that poll and add.',
      isAllowed: mayAccounts,
      isDone: isEverywhere ? has(polling, 1) : has(own, 2),
      isNeeded: true,
    },
  ];
}
