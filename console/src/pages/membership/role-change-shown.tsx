import { Accordion, List, Loader, Stack, Text } from '@mantine/core';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import type { Right } from '../../../../contract/rights.ts';
import type { Difference, RoleChange } from './role-change.ts';
import { inWords } from './summary.tsx';

/** So many rights are read at a glance; more are opened place by place. */
const MAX_OPEN = 12;

/** What other roles give and take, place by place, and what becomes of the seat. */
export function RoleChangeShown({
  change: { lines, seat, differences, isSystemRoleHidden },
}: {
  change: RoleChange;
}) {
  return (
    <Stack gap="xs" role="group" aria-label="What the new roles change">
      <Text size="sm">
        <strong>Seat.</strong> {seat}
      </Text>
      {differences === undefined && <Loader size="xs" aria-label="Asking what the roles give and take" />}
      {differences === null && (
        <Text size="sm">Which rights are gained and lost cannot be told beforehand.</Text>
      )}
      {differences?.length === 0 && <Text size="sm">No rights are gained or lost.</Text>}
      {differences != null && differences.length > 0 && (
        <Differences key={lines.join(' ')} differences={differences} />
      )}
      {isSystemRoleHidden && differences != null && (
        <Text size="xs" c="dimmed">
          What the System role gives beside is not shown to you.
        </Text>
      )}
    </Stack>
  );
}

function Differences({ differences }: { differences: readonly Difference[] }) {
  const count = differences.reduce((sum, { gains, loses }) => sum + gains.length + loses.length, 0);
  return (
    <Accordion
      variant="contained"
      order={3}
      multiple
      defaultValue={count > MAX_OPEN ? [] : differences.map(({ key }) => key)}
    >
      {differences.map(({ key, title, gains, loses }) => (
        <Accordion.Item key={key} value={key}>
          <Accordion.Control>
            <Text size="sm" fw={600}>
              {title}
            </Text>
            <Text size="xs" c="dimmed">
              {[
                ...(gains.length > 0 ? [`Gains ${counted(gains)}`] : []),
                ...(loses.length > 0 ? [`Loses ${counted(loses)}`] : []),
              ].join(' · ')}
            </Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="xs">
              <Rights word="Gains" rights={gains} title={title} icon={<IconPlus size={14} aria-hidden />} />
              <Rights word="Loses" rights={loses} title={title} icon={<IconMinus size={14} aria-hidden />} />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Rights({
  word,
  rights,
  title,
  icon,
}: {
  word: string;
  rights: readonly Right[];
  title: string;
  icon: React.ReactNode;
}) {
  if (rights.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {word}
      </Text>
      <List size="sm" spacing={4} icon={icon} aria-label={`${word}: ${title}`}>
        {rights.map(({ permission, text }) => (
          <List.Item key={permission}>{inWords(text)}</List.Item>
        ))}
      </List>
    </div>
  );
}

const counted = (rights: readonly Right[]) => `${rights.length} ${rights.length === 1 ? 'right' : 'rights'}`;
