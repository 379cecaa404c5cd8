import { Text } from '@mantine/core';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { withVisibleControls } from '../collections/defang.ts';
import { actorInSentence } from './actor-words.ts';

/** Who put the account out of use, as far as the asker is told: a link where they may see that account. */
export function StatusActor({
  by,
  isInSentence = false,
}: {
  by: NonNullable<AccountDetails['statusCause']>['by'];
  /** Whether something stands before it. */
  isInSentence?: boolean;
}) {
  if (by.id === null) return <>{isInSentence ? actorInSentence(by.name) : by.name}</>;
  return (
    <ScreenLink inherit underline="always" to="/accounts/$account" params={{ account: String(by.id) }}>
      {by.name}
    </ScreenLink>
  );
}

/** The reason that somebody gave: nothing in it turns what stands around it. */
export function GivenReason({ reason }: { reason: string }) {
  return <bdi>{withVisibleControls(reason)}</bdi>;
}

/** Why the account is not active, since when, and by whom. */
export function StatusLine({ account: { status, statusCause } }: { account: AccountDetails }) {
  const { state, reason, since } = status;
  if (state === 'active') return null;
  // Of one that expired, the reason names the instant.
  if (state === 'expired' || since === null) return <Text inherit>{reason}</Text>;
  return (
    <Text component="div" inherit style={{ overflowWrap: 'anywhere' }}>
      {statusCause === null ? (
        <>{reason.replace(/\.$/, '')}, </>
      ) : (
        <>
          {statusCause.lockdown ? 'Locked down' : state === 'locked' ? 'Locked' : 'Disabled'} by{' '}
          <StatusActor by={statusCause.by} isInSentence />,{' '}
        </>
      )}
      since <Instant at={statusCause?.at ?? since} />
      {statusCause?.reason == null ? (
        '.'
      ) : (
        <>
          :{' '}
          <Text span inherit fs="italic">
            <GivenReason reason={statusCause.reason} />
          </Text>
        </>
      )}
    </Text>
  );
}
