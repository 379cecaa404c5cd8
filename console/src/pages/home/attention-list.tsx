import { Alert, Card, Group, Progress, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import {
  IconAlarm,
  IconArmchair,
  IconCircleCheck,
  IconKey,
  IconLock,
  IconMailForward,
  type IconProps,
  IconShieldOff,
  IconUserPlus,
  IconZzz,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { AccountItem } from '../../../../contract/accounts.ts';
import type { Attention } from '../../../../contract/attention.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';

type Topic = Exclude<keyof Attention, 'seats'>;
type Shown = {
  title: string;
  icon: ComponentType<IconProps>;
  color: string;
  /** What there is to say of one of them. */
  fact: (account: AccountItem) => React.ReactNode;
};

/** The most urgent first. */
const TOPICS: Record<Topic, Shown> = {
  locked: {
    title: 'Locked',
    icon: IconLock,
    color: 'red',
    fact: ({ status }) => (status.lockedBy === 'system' ? 'after failed sign-ins' : 'by an administrator'),
  },
  credentialsExpiring: {
    title: 'Credentials that end soon',
    icon: IconKey,
    color: 'orange',
    fact: ({ credentialExpiresAt }) => <Instant at={credentialExpiresAt} isRelative />,
  },
  accountsExpiring: {
    title: 'Accounts that expire soon',
    icon: IconAlarm,
    color: 'orange',
    fact: ({ expiresAt }) => <Instant at={expiresAt} isRelative />,
  },
  withoutSecondFactor: {
    title: 'Without a second factor',
    icon: IconShieldOff,
    color: 'yellow',
    fact: ({ organizationRole }) => organizationRole,
  },
  invitationsPending: {
    title: 'Invitations not followed',
    icon: IconMailForward,
    color: 'taxiway',
    fact: ({ createdAt }) => (
      <>
        created <Instant at={createdAt} isRelative />
      </>
    ),
  },
  neverUsed: {
    title: 'Never used',
    icon: IconUserPlus,
    color: 'gray',
    fact: ({ createdAt }) => (
      <>
        created <Instant at={createdAt} isRelative />
      </>
    ),
  },
  unused: {
    title: 'Not used for 90 days',
    icon: IconZzz,
    color: 'gray',
    fact: ({ lastUsedAt }) => <Instant at={lastUsedAt} isRelative />,
  },
};

const SEATS = { users: 'Users', apiUsers: 'API users', taxiiUsers: 'TAXII users' } as const;

/** A card for each thing that needs attention; null is the whole instance. */
export function AttentionList({
  attention,
  organization,
}: {
  attention: Attention;
  organization: number | null;
}) {
  const topics = (Object.keys(TOPICS) as Topic[]).filter((topic) => attention[topic].count > 0);
  if (topics.length === 0 && attention.seats.length === 0)
    return (
      <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="Nothing needs attention">
        No account is locked, no credential ends soon, and there are seats left.
      </Alert>
    );
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3, xl: 4 }}>
      {attention.seats.length > 0 && <SeatsCard seats={attention.seats} />}
      {topics.map((topic) => (
        <TopicCard key={topic} shown={TOPICS[topic]} found={attention[topic]} organization={organization} />
      ))}
    </SimpleGrid>
  );
}

function TopicCard({
  shown: { title, icon: Icon, color, fact },
  found: { count, more, items, query },
  organization,
}: {
  shown: Shown;
  found: Attention[Topic];
  organization: number | null;
}) {
  const number = `${count.toLocaleString('en')}${more ? '+' : ''}`;
  const label = `Show all: ${title}, ${number}`;
  return (
    <Card withBorder component="section" aria-label={title}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap">
          <ThemeIcon variant="light" color={color} size="lg" aria-hidden>
            <Icon size={20} />
          </ThemeIcon>
          <Title order={3} size="h5">
            {title}
          </Title>
        </Group>
        <Text size="xl" fw={700} lh={1.2}>
          {number}
        </Text>
      </Group>
      <Stack gap={6} mt="sm" flex={1}>
        {items.slice(0, 4).map((account) => (
          <Group key={account.id} justify="space-between" gap="xs" wrap="nowrap">
            <ScreenLink
              to="/accounts/$account"
              params={{ account: String(account.id) }}
              size="sm"
              truncate
              maw="65%"
              flex="0 0 auto"
              title={account.userName}
            >
              {nameOf(account)}
            </ScreenLink>
            <Text size="sm" c="dimmed" component="div" truncate>
              {fact(account)}
            </Text>
          </Group>
        ))}
      </Stack>
      <Group mt="sm">
        {organization === null ? (
          <ScreenLink to="/accounts" search={query} size="sm" aria-label={label}>
            Show all
          </ScreenLink>
        ) : (
          <ScreenLink
            to="/organizations/$organization/membership"
            params={{ organization: String(organization) }}
            search={query}
            size="sm"
            aria-label={label}
          >
            Show all
          </ScreenLink>
        )}
      </Group>
    </Card>
  );
}

const nameOf = ({ firstName, lastName, userName }: AccountItem) =>
  [firstName, lastName].filter((part) => part !== null).join(' ') || userName;

function SeatsCard({ seats }: { seats: Attention['seats'] }) {
  return (
    <Card withBorder component="section" aria-label="Seats nearly gone">
      <Group gap="sm" wrap="nowrap">
        <ThemeIcon variant="light" color="orange" size="lg" aria-hidden>
          <IconArmchair size={20} />
        </ThemeIcon>
        <Title order={3} size="h5">
          Seats nearly gone
        </Title>
      </Group>
      <Stack gap="xs" mt="sm">
        {seats.slice(0, 4).map(({ organization, limit, used, max }) => {
          const what = `${SEATS[limit]} of ${organization?.name ?? 'the licence'}`;
          return (
            <div key={what}>
              <Group justify="space-between" gap="xs" wrap="nowrap">
                <Text size="sm" truncate title={what}>
                  {what}
                </Text>
                <Text size="sm" fw={600} style={{ whiteSpace: 'nowrap' }}>
                  {used} of {max}
                </Text>
              </Group>
              <Progress
                size="sm"
                mt={2}
                value={max === 0 ? 100 : Math.min(100, (100 * used) / max)}
                color={used >= max ? 'red' : 'orange'}
                aria-label={`${used} of ${max} ${what}`}
              />
            </div>
          );
        })}
      </Stack>
      {seats.length > 4 && (
        <Text size="sm" c="dimmed" mt="xs">
          and {seats.length - 4} more
        </Text>
      )}
    </Card>
  );
}
