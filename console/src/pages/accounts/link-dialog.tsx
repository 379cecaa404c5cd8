import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { inviteEndpoint, sendPasswordResetEndpoint } from '../../../../contract/links.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { Instant } from '../../kit/instant.tsx';
import { OneTimeSecrets } from '../../kit/secrets.tsx';

const WORDS = {
  invitation: {
    title: 'Send an invitation',
    confirm: 'Make invitation',
    what: 'The person chooses the first password by a link that works once. A link sent before works no more.',
    link: 'Invitation link',
  },
  password_reset: {
    title: 'Send a password reset',
    confirm: 'Make reset link',
    what: 'The person sets a new password by a link that works once. The present password stays good until then.',
    link: 'Password reset link',
  },
} as const;

/** Makes a one-time link for a person: it is mailed, or shown this once. */
export function LinkDialog({
  account,
  purpose,
  isOpen,
  onClose,
}: {
  account: Pick<AccountItem, 'id' | 'userName'>;
  purpose: keyof typeof WORDS;
  isOpen: boolean;
  onClose: () => void;
}) {
  const make = useChange(purpose === 'invitation' ? inviteEndpoint : sendPasswordResetEndpoint);
  const words = WORDS[purpose];
  const close = () => {
    make.reset();
    onClose();
  };
  const made = make.data;
  if (made?.link != null)
    return (
      <OneTimeSecrets
        title={words.link}
        lead={
          <>
            No mail server is configured, so it is yours to bring to {made.to}. It works once, until{' '}
            <Instant at={made.expiresAt} />.
          </>
        }
        secrets={[{ label: words.link, value: made.link, variable: 'LINK' }]}
        fileName={`link-${account.userName}`}
        isToPassOn
        onStored={close}
      />
    );
  return (
    <Confirm
      isOpen={isOpen}
      onClose={close}
      title={words.title}
      confirm={words.confirm}
      isPending={make.isPending}
      error={make.error}
      onConfirm={() =>
        make.mutate(
          { params: { account: String(account.id) } },
          {
            onSuccess: ({ sent, to }) => {
              if (!sent) return;
              notifications.show({ message: `The link is on its way to ${to}.` });
              close();
            },
          },
        )
      }
    >
      <Text>{words.what}</Text>
      <Text mt="xs" c="dimmed">
        It goes to {account.userName} by mail, or is shown here once while no mail server is configured.
      </Text>
    </Confirm>
  );
}
