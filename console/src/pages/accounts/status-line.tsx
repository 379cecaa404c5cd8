import { Text } from '@mantine/core';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';

/** Who put the account out of use, as far as the asker is told: a link where they may see that account. */
export function StatusActor({ by }: { by: NonNullable<AccountDetails['statusCause']>['by'] }) {
  if (by.id === null) return <>{by.name}</>;
  return (
    <ScreenLink inherit underline="always" to="/accounts/$account" params={{ account: String(by.id) }}>
      {by.name}
    </ScreenLink>
  );
}

/** Why the account is not active, since when, and by whom. */
export function StatusLine({ account: { status, statusCause } }: { account: AccountDetails }) {
  const { state, reason, since } = status;
  if (state === 'active') return null;
  // Of one that expired, the reason names the instant.
  if (state === 'expired' || since === null) return <Text inherit>{reason}</Text>;
  return (
    <Text component="div" inherit>
      {statusCause === null ? (
        <>{reason.replace(/\.$/, '')}, </>
      ) : (
        <>
          {statusCause.lockdown ? 'Locked down' : state === 'locked' ? 'Locked' : 'Disabled'} by{' '}
          <StatusActor by={statusCause.by} />,{' '}
        </>
      )}
      since <Instant at={since} />
      {statusCause?.reason == null ? (
        '.'
      ) : (
        <>
          :{' '}
          <Text span inherit fs="italic" style={{ overflowWrap: 'anywhere' }}>
            {statusCause.reason}
          </Text>
        </>
      )}
    </Text>
  );
}
