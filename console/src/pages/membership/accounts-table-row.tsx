import { ActionIcon, List, Menu, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconExternalLink, IconMail, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { editAccountEndpoint, previewEditEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { call } from '../../api/client.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { isStale } from '../../kit/forms.ts';
import { Refusal } from '../../kit/states.tsx';
import { DEED_NAMES, DEEDS, type DeedName } from './accounts-table-deeds.ts';
import type { TableSearch } from './filters.ts';

type Props = {
  account: AccountItem;
  search: TableSearch;
  /** Where the drawer stands over the list of one organization; undefined: over the account's own page. */
  organization: string | undefined;
  /** Sends the invitation anew: from above the table, for the row may leave it with that. */
  onInvite: (menu: HTMLElement | null) => void;
};

/** What can be done with one account of the list. */
export function RowMenu({ account, search, organization, onInvite }: Props) {
  const [deed, setDeed] = useState<DeedName | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const navigate = useNavigate();
  const params = { account: String(account.id) };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon
            ref={button}
            variant="subtle"
            color="gray"
            c="dimmed"
            aria-label={`Actions for ${account.userName}`}
          >
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {account.abilities.edit && (
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() =>
                void (organization === undefined
                  ? navigate({ to: '/accounts/$account/edit', params })
                  : navigate({
                      to: '/organizations/$organization/membership/edit/$account',
                      params: { ...params, organization },
                      search,
                    }))
              }
            >
              Edit
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconExternalLink size={16} aria-hidden />}
            component={Link}
            to="/accounts/$account"
            params={params as never}
          >
            Open its page
          </Menu.Item>
          {account.invitation === 'ended' &&
            account.status.state === 'active' &&
            account.abilities.changeCredentials && (
              <Menu.Item
                leftSection={<IconMail size={16} aria-hidden />}
                onClick={() => onInvite(button.current)}
              >
                Send new invitation
              </Menu.Item>
            )}
          {DEED_NAMES.filter((name) => DEEDS[name].isPossible(account)).map((name) => (
            <Menu.Item key={name} onClick={() => setDeed(name)}>
              {DEEDS[name].label}
            </Menu.Item>
          ))}
          {account.abilities.delete && (
            <>
              <Menu.Divider />
              <Menu.Item
                leftSection={<IconTrash size={16} aria-hidden />}
                component={Link}
                to="/accounts/$account/delete"
                params={params as never}
              >
                Delete…
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {deed !== null && <DeedQuestion name={deed} account={account} onClose={() => setDeed(null)} />}
    </>
  );
}

/** Asks before it is done to one account, with what it brings with it. */
function DeedQuestion({
  name,
  account,
  onClose,
}: {
  name: DeedName;
  account: Pick<AccountItem, 'id' | 'version' | 'userName'>;
  onClose: () => void;
}) {
  const deed = DEEDS[name];
  const params = { account: String(account.id) };
  const body = { ...deed.changes, version: account.version };
  const preview = useQuery({
    queryKey: ['deed', name, account.id, account.version],
    queryFn: () => call(previewEditEndpoint, { params, body }),
    staleTime: 0,
    retry: false,
  });
  const change = useChange(editAccountEndpoint);
  const consequences = preview.data?.consequences ?? [];
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`${deed.label} ${account.userName}?`}
      confirm={deed.label}
      isDangerous={deed.isDangerous}
      isPending={change.isPending || preview.isPending}
      isDisabled={preview.isError}
      error={isStale(change.error) ? null : change.error}
      onConfirm={() =>
        change.mutate(
          { params, body },
          {
            onSuccess: () => {
              notifications.show({ message: `${deed.done}: ${account.userName}`, color: 'green' });
              onClose();
            },
          },
        )
      }
    >
      <Stack gap="sm">
        <Text>{deed.meaning}</Text>
        {consequences.length > 0 && (
          <List size="sm">
            {consequences.map(({ code, message }) => (
              <List.Item key={code}>{message}</List.Item>
            ))}
          </List>
        )}
        {isStale(change.error) || isStale(preview.error) ? (
          <Text size="sm" role="alert">
            Somebody else has changed this account meanwhile. Close this, look at the list as it is now, and
            decide again.
          </Text>
        ) : (
          <Refusal error={preview.error} />
        )}
      </Stack>
    </Confirm>
  );
}
