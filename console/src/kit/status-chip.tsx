import { Badge, Group, Text, Tooltip } from '@mantine/core';
import type { AccountItem } from '../../../contract/accounts.ts';
import { localText, useTimeZone } from './instant.tsx';

type Shown = Pick<
  AccountItem,
  | 'status'
  | 'pendingLink'
  | 'invitation'
  | 'expiresAt'
  | 'passwordResetRequired'
  | 'mfaResetRequired'
  | 'termsOfServiceAcceptanceRequired'
>;
type Chip = { text: string; color: string; reason: string };

/** The one state of an account, with its reason where it is pointed at, and for those who hear it. */
export function StatusChip({ account }: { account: Shown }) {
  const { text, color, reason } = chipOf(account, useTimeZone());
  return (
    <Tooltip label={reason}>
      <Badge
        variant="light"
        color={color}
        radius="sm"
        pos="relative"
        miw="max-content"
        style={{ verticalAlign: 'middle' }}
      >
        {text}
        {reason !== 'Active.' && <span className="visually-hidden">: {reason}</span>}
      </Badge>
    </Tooltip>
  );
}

function chipOf({ status, pendingLink, invitation, expiresAt }: Shown, timeZone: string): Chip {
  const { state, reason, lockedUntil } = status;
  if (state === 'disabled') return { text: 'Disabled', color: 'gray', reason };
  if (state === 'expired')
    return {
      text: 'Expired',
      color: 'gray',
      reason: expiresAt === null ? reason : `Expired at ${localText(expiresAt, timeZone)}.`,
    };
  if (state === 'locked' && lockedUntil !== null) {
    const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(
      new Date(lockedUntil),
    );
    return {
      text: `Locked until ${time}`,
      color: 'orange',
      reason: reason.replace(lockedUntil, localText(lockedUntil, timeZone)),
    };
  }
  if (state === 'locked') return { text: 'Locked', color: 'red', reason };
  if (invitation === 'open') {
    // The link itself is only for those who may make another.
    const until =
      pendingLink === null ? '' : ` The link is good until ${localText(pendingLink.expiresAt, timeZone)}.`;
    return { text: 'Invited', color: 'taxiway', reason: `Invited; no password is set yet.${until}` };
  }
  if (invitation === 'ended')
    return {
      text: 'Invited, link ended',
      color: 'orange',
      reason:
        'Invited; no password is set yet. The link has expired or was ended: it takes a new invitation.',
    };
  return { text: 'Active', color: 'green', reason };
}

/** What the person has to do at the next sign-in. */
export function PendingBadges({ account }: { account: Shown }) {
  const pending = [
    { isThere: account.passwordResetRequired, text: 'Password', reason: 'Has to set a new password.' },
    { isThere: account.mfaResetRequired, text: 'MFA', reason: 'Has to set up a second factor.' },
    {
      isThere: account.termsOfServiceAcceptanceRequired,
      text: 'Terms',
      reason: 'Has to accept the terms of service.',
    },
  ].filter(({ isThere }) => isThere);
  if (pending.length === 0) return null;
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
      {pending.map(({ text, reason }) => (
        <Tooltip key={text} label={`${reason.slice(0, -1)} at the next sign-in.`}>
          <Badge
            variant="outline"
            color="gray"
            size="sm"
            radius="sm"
            c="dimmed"
            pos="relative"
            miw="max-content"
          >
            <span aria-hidden>{text}</span>
            <Text span className="visually-hidden">
              {reason}
            </Text>
          </Badge>
        </Tooltip>
      ))}
    </Group>
  );
}
