import { Alert, Button, Group, Text } from '@mantine/core';
import { IconMail, IconMailOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { nameOf } from './account-words.ts';
import { LinkDialog } from './link-dialog.tsx';

/** Of an invited person who has no link to follow any more: says so, and makes a new one. */
export function InvitationNotice({ account }: { account: AccountDetails }) {
  const [isOpen, setIsOpen] = useState(false);
  const isStranded = account.invitation === 'ended' && account.status.state === 'active';
  return (
    <>
      {isStranded && (
        <Alert
          color="orange"
          icon={<IconMailOff size={20} aria-hidden />}
          title="The invitation link is not good any more"
        >
          <Text size="sm">
            {nameOf(account)} was invited and has not set a password. The link has expired or was ended.
          </Text>
          {account.abilities.changeCredentials && (
            <Group mt="xs">
              <Button
                variant="default"
                size="xs"
                leftSection={<IconMail size={16} aria-hidden />}
                onClick={() => setIsOpen(true)}
              >
                Send new invitation
              </Button>
            </Group>
          )}
        </Alert>
      )}
      {/* It shows the new link, with which there is nothing to notice any more. */}
      <LinkDialog account={account} purpose="invitation" isOpen={isOpen} onClose={() => setIsOpen(false)} />
    </>
  );
}
