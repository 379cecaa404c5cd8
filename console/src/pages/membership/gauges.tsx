import {
  ActionIcon,
  Box,
  Button,
  Group,
  Paper,
  Progress,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Tooltip,
} from '@mantine/core';
import { IconInfoCircle, IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { OrganizationView, SeatGauge, SeatsView } from '../../../../contract/organizations.ts';
import type { AccountKind } from '../../../../contract/roles.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';
import type { TableSearch } from './filters.ts';

export type Creation = { kind: AccountKind; canCreate: boolean; whyNot: string | null };

type Strip = {
  kind: AccountKind;
  used: number;
  invited: number;
  gauge: SeatGauge | null;
  creation: Creation;
};

/** The four kinds, each with what is taken of its limit and whether one more can be created. */
export function stripsOf(seats: SeatsView): Strip[] {
  const strip = (kind: AccountKind, gauge: SeatGauge, invited: number): Strip => ({
    kind,
    used: gauge.used,
    invited: Math.min(invited, gauge.used),
    gauge,
    creation: { kind, canCreate: gauge.canCreate, whyNot: gauge.whyNot },
  });
  const { readOnlyUsers } = seats;
  return [
    strip('user', seats.users, seats.invited.users),
    {
      kind: 'read_only',
      used: readOnlyUsers.used,
      invited: Math.min(seats.invited.readOnlyUsers, readOnlyUsers.used),
      gauge: null,
      creation: { kind: 'read_only', canCreate: readOnlyUsers.canCreate, whyNot: readOnlyUsers.whyNot },
    },
    strip('api', seats.apiUsers, 0),
    strip('taxii', seats.taxiiUsers, 0),
  ];
}

type Props = {
  seats: SeatsView | undefined;
  organization: OrganizationView;
  search: TableSearch;
};

/** How many accounts of each kind there are and may be, and the way to one more. */
export function Gauges({ seats, organization, search }: Props) {
  if (seats === undefined)
    return (
      <SimpleGrid cols={{ base: 2, lg: 4 }} spacing={{ base: 'xs', sm: 'md' }}>
        {Object.keys(KIND_WORDS).map((kind) => (
          <Skeleton key={kind} height={132} radius="md" />
        ))}
      </SimpleGrid>
    );
  return (
    <SimpleGrid cols={{ base: 2, lg: 4 }} spacing={{ base: 'xs', sm: 'md' }}>
      {stripsOf(seats).map((strip) => (
        <GaugeCard key={strip.kind} strip={strip} organization={organization} search={search} />
      ))}
    </SimpleGrid>
  );
}

function GaugeCard({ strip, organization, search }: Omit<Props, 'seats'> & { strip: Strip }) {
  const { kind, used, invited, gauge, creation } = strip;
  const { plural, icon: Icon } = KIND_WORDS[kind];
  const { abilities } = organization;
  const max = gauge?.max ?? null;
  const canRaise = gauge !== null && (kind === 'taxii' ? abilities.limitTaxiiUsers : abilities.limitOthers);
  return (
    <Paper withBorder p={{ base: 'sm', sm: 'md' }} component="section" aria-label={plural}>
      <Stack gap="xs" h="100%" justify="space-between">
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Group gap={8} wrap="nowrap">
            <Icon size={18} stroke={1.7} aria-hidden style={{ flexShrink: 0 }} />
            <Text fw={600} size="sm">
              {plural}
            </Text>
          </Group>
          <Tooltip label={explanationOf(strip)} w={300}>
            <ActionIcon
              variant="subtle"
              color="gray"
              c="dimmed"
              aria-label={`${plural}: ${explanationOf(strip)}`}
            >
              <IconInfoCircle size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
        <Box>
          <Group gap={6} align="baseline">
            <Text span fz={24} fw={650} lh={1.2}>
              {used}
            </Text>
            <Text span c="dimmed">
              {max === null ? 'no limit' : `/ ${max}`}
            </Text>
          </Group>
          {max !== null && <SeatBar plural={plural} used={used} invited={invited} max={max} />}
          <Text size="sm" c="dimmed" mt={6}>
            {roomOf(strip)}
            {invited > 0 && ` ${invited} of the ${used} invited, without a password yet.`}
            {canRaise && (
              <>
                {' '}
                <Text
                  span
                  c="var(--mantine-color-anchor)"
                  td="underline"
                  renderRoot={(props) => (
                    <Link
                      to="/organizations/$organization/settings"
                      params={{ organization: String(organization.id) }}
                      {...props}
                    />
                  )}
                >
                  Change the limit
                </Text>
              </>
            )}
          </Text>
        </Box>
        {abilities.createAccounts && (
          <CreateButton creation={creation} organization={organization.id} search={search} />
        )}
      </Stack>
    </Paper>
  );
}

function SeatBar({
  plural,
  used,
  invited,
  max,
}: {
  plural: string;
  used: number;
  invited: number;
  max: number;
}) {
  const part = (count: number) => (max === 0 ? (count > 0 ? 100 : 0) : Math.min(100, (100 * count) / max));
  const color = used > max ? 'red' : used >= max ? 'orange' : 'taxiway';
  return (
    <Progress.Root
      size="lg"
      mt={6}
      role="meter"
      aria-label={`${plural} of the limit`}
      aria-valuemin={0}
      aria-valuemax={Math.max(max, used)}
      aria-valuenow={used}
      aria-valuetext={`${used} of ${max}${invited > 0 ? `, ${invited} of them invited` : ''}`}
    >
      <Progress.Section value={part(used - invited)} color={color} withAria={false} />
      <Progress.Section value={part(invited)} color={color} striped opacity={0.75} withAria={false} />
    </Progress.Root>
  );
}

function roomOf({ gauge }: Strip): string {
  if (gauge === null) return 'They take no seat.';
  if (gauge.overUse > 0) return `${gauge.overUse} over the limit.`;
  return gauge.remaining === 0 ? 'No more fit.' : `${gauge.remaining} more fit.`;
}

const list = (names: readonly string[]) => new Intl.ListFormat('en', { type: 'disjunction' }).format(names);

/** What counts, what bounds it, and who can change that. */
function explanationOf({ kind, gauge }: Strip): string {
  if (gauge === null)
    return 'Read-only users are not limited in number: the licence and the organization allow them, or not.';
  const { plural } = KIND_WORDS[kind];
  const noun = kind === 'user' ? 'users' : plural;
  const { licence, remaining, max, used } = gauge;
  const isLicence = licence.remaining < max - used;
  return [
    `Counts all ${noun} of the organization, also those who are locked, disabled, expired or only invited; not deleted ones.`,
    isLicence
      ? `The licence of the instance leaves ${remaining}; it is changed by: ${list(licence.raisedBy)}.`
      : '',
    `The limit of the organization is raised by: ${list(gauge.raisedBy)}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** Leads to the form of a new account; where there can be none it says why, and goes nowhere. */
function CreateButton({
  creation: { kind, canCreate, whyNot },
  organization,
  search,
}: {
  creation: Creation;
  organization: number;
  search: TableSearch;
}) {
  const label = `Create ${KIND_WORDS[kind].noun}`;
  const icon = <IconPlus size={16} aria-hidden />;
  if (!canCreate)
    return (
      <Tooltip label={whyNot}>
        <Button
          variant="default"
          visibleFrom="sm"
          size="xs"
          px={6}
          leftSection={icon}
          data-disabled
          aria-disabled
          onClick={(event) => event.preventDefault()}
        >
          {label}
          <span className="visually-hidden">. {whyNot}</span>
        </Button>
      </Tooltip>
    );
  return (
    <Button
      variant="default"
      visibleFrom="sm"
      size="xs"
      px={6}
      leftSection={icon}
      renderRoot={(props) => (
        <Link
          to="/organizations/$organization/membership/new/$kind"
          params={{ organization: String(organization), kind: KIND_WORDS[kind].path }}
          search={search}
          {...props}
        />
      )}
    >
      {label}
    </Button>
  );
}
