import { Card, Group, Stack, Text, Title } from '@mantine/core';
import { listActivityEndpoint } from '../../../../contract/audit.ts';
import { getOrganizationEndpoint } from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Answered } from '../../kit/states.tsx';
import { actionText } from '../audit/action-texts.ts';

/** What was done in the organization lately; it is named where there are several to choose from. */
export function NewsCard({ organization, isNamed }: { organization: string; isNamed: boolean }) {
  const params = { organization };
  const named = useEndpoint(getOrganizationEndpoint, { params }, { enabled: isNamed });
  const activity = useEndpoint(listActivityEndpoint, { params, query: { limit: '8' } }, { everyMs: 60_000 });
  return (
    <Card withBorder component="section" aria-label="Lately">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          {isNamed && named.data !== undefined ? `Lately in ${named.data.name}` : 'Lately'}
        </Title>
        <ScreenLink to="/organizations/$organization/activity" params={params} size="sm">
          All activity
        </ScreenLink>
      </Group>
      <Answered query={activity}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">Nothing was done here yet.</Text>
          ) : (
            <Stack gap={6}>
              {items.map(({ id, at, who, action, targetName }) => (
                <Group key={id} justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
                  <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                    <b>{who}</b>: {actionText(action)}
                    {targetName !== null && <> · {targetName}</>}
                  </Text>
                  <Text size="sm" c="dimmed" component="div" style={{ whiteSpace: 'nowrap' }}>
                    <Instant at={at} isRelative />
                  </Text>
                </Group>
              ))}
            </Stack>
          )
        }
      </Answered>
    </Card>
  );
}
