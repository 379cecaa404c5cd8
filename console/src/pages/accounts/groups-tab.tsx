import { List, Stack, Text } from '@mantine/core';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Empty } from '../../kit/states.tsx';
import { nameOf } from './account-words.ts';

/** The user groups that a person belongs to. */
export function GroupsTab({ account }: { account: AccountDetails }) {
  const edit = account.abilities.edit ? (
    <ScreenButton
      variant="default"
      to="/accounts/$account/edit"
      params={{ account: String(account.id) }}
      search={{ tab: 'groups' }}
    >
      Change groups
    </ScreenButton>
  ) : undefined;
  if (account.groups.length === 0)
    return (
      <Empty title="In no user group" actions={edit}>
        User groups name several people of an organization together. They give no rights.
      </Empty>
    );
  return (
    <Stack align="flex-start">
      <Text c="dimmed">User groups name several people together. They give no rights.</Text>
      <List aria-label={`User groups of ${nameOf(account)}`}>
        {account.groups.map(({ id, name }) => (
          <List.Item key={id}>
            <ScreenLink
              to="/organizations/$organization/groups/$group"
              params={{ organization: String(account.organization.id), group: String(id) }}
            >
              {name}
            </ScreenLink>
          </List.Item>
        ))}
      </List>
      {edit}
    </Stack>
  );
}
