import { Badge, Box, Button, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { IconEdit, IconPin, IconTrash } from '@tabler/icons-react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { Instant } from '../../kit/instant.tsx';
import { CREDENTIAL_WORDS } from './account-words.ts';
import { counted } from './facts.tsx';

export type Credential = AccountDetails['credentials'][number];

type Props = {
  credential: Credential;
  /** All credentials of the account. */
  siblings: readonly Credential[];
  mayChange: boolean;
  /** Asks whether it is to be used only from the address that it was last used from. */
  onPin: () => void;
  onBind: () => void;
  onRevoke: () => void;
};

/** One credential: what it is, how long it is good, what it is bound to, when it was last used. */
export function KeyCard({ credential, siblings, mayChange, onPin, onBind, onRevoke }: Props) {
  const { kind, hint, createdAt, lastUsedAt, lastUsedFrom } = credential;
  const { title, noun } = CREDENTIAL_WORDS[kind];
  const label = hint === null ? title : `${title} ending in ${hint}`;
  const isReplaced = siblings.some(
    (other) => other.kind === kind && Date.parse(other.createdAt) > Date.parse(createdAt),
  );
  return (
    <Card withBorder component="section" aria-label={label}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between">
          <Title order={2} size="h5">
            {label}
          </Title>
          <Group gap={4}>
            {isReplaced && (
              <Badge variant="light" color="orange">
                Replaced
              </Badge>
            )}
            {credential.readOnly && <Badge variant="light">Read only</Badge>}
            {credential.signedBodyRequired && <Badge variant="light">Signed body</Badge>}
          </Group>
        </Group>
        <Lifetime credential={credential} />
        <Box>
          <Text size="sm">
            Last used: <Instant at={lastUsedAt} />
            {lastUsedFrom !== null && ` from ${lastUsedFrom}`}
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {credential.allowedNetworks === null
              ? 'Used from everywhere'
              : `Only from ${credential.allowedNetworks.join(', ')}`}
          </Text>
        </Box>
        {mayChange && (
          <Group mt="auto" gap="xs">
            {lastUsedFrom !== null && credential.allowedNetworks === null && (
              <Button
                variant="default"
                size="xs"
                leftSection={<IconPin size={14} aria-hidden />}
                aria-label={`Pin to ${lastUsedFrom}: ${noun}${hint === null ? '' : ` ending in ${hint}`}`}
                onClick={onPin}
              >
                Pin to {lastUsedFrom}
              </Button>
            )}
            <Button
              variant="default"
              size="xs"
              leftSection={<IconEdit size={14} aria-hidden />}
              aria-label={`Limits of ${noun}${hint === null ? '' : ` ending in ${hint}`}`}
              onClick={onBind}
            >
              Limits…
            </Button>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconTrash size={14} aria-hidden />}
              aria-label={`Revoke ${noun}${hint === null ? '' : ` ending in ${hint}`}`}
              onClick={onRevoke}
            >
              Revoke
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

const DAY_MS = 86_400_000;
/** From so many days before the end on, the end is near. */
const NEAR_DAYS = 14;

/** When it was made and when it ends, and how much of that time is over. */
function Lifetime({ credential: { createdAt, expiresAt } }: { credential: Credential }) {
  if (expiresAt === null)
    return (
      <Text size="sm">
        Made <Instant at={createdAt} />, does not end
      </Text>
    );
  const [from, to] = [Date.parse(createdAt), Date.parse(expiresAt)];
  const used = Math.min(100, Math.max(0, (100 * (Date.now() - from)) / Math.max(1, to - from)));
  const days = Math.max(0, Math.round((to - Date.now()) / DAY_MS));
  return (
    <Stack gap={4}>
      <Progress
        value={used}
        size="sm"
        color={days < NEAR_DAYS ? 'orange' : 'taxiway'}
        aria-label={`${Math.round(used)} % of its time is over`}
      />
      <Group justify="space-between" gap={4}>
        <Text size="sm">
          Made <Instant at={createdAt} />
        </Text>
        <Text size="sm" fw={days < NEAR_DAYS ? 600 : undefined}>
          Ends <Instant at={expiresAt} /> ({days === 0 ? 'within a day' : `in ${counted(days, 'day')}`})
        </Text>
      </Group>
    </Stack>
  );
}
