import { Button, Menu } from '@mantine/core';
import {
  IconBan,
  IconBuilding,
  IconChevronDown,
  IconCircleCheck,
  IconKey,
  IconLock,
  IconLockOpen,
  IconMail,
  IconPencil,
  type IconProps,
  IconShieldX,
  IconTrash,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ComponentType, useRef, useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { ScreenButton } from '../../kit/link.tsx';
import { isPerson } from './account-words.ts';
import { LinkDialog } from './link-dialog.tsx';
import { LockdownDialog } from './lockdown-dialog.tsx';
import { MoveDialog } from './move-dialog.tsx';
import { StateDialog } from './state-dialog.tsx';

type Dialog =
  | 'lock'
  | 'unlock'
  | 'disable'
  | 'enable'
  | 'invitation'
  | 'password_reset'
  | 'move'
  | 'lockdown';

type Action = {
  label: string;
  icon: ComponentType<IconProps>;
  dialog: Dialog | 'delete';
  isThere: boolean;
  isDangerous?: boolean;
};

function actionsOf(account: AccountDetails): Action[] {
  const { abilities, locked, disabled, credentials } = account;
  const hasPassword = credentials.some(({ kind }) => kind === 'password');
  const mayGetLink = abilities.changeCredentials && isPerson(account);
  const all: Action[] = [
    { label: 'Unlock', icon: IconLockOpen, dialog: 'unlock', isThere: abilities.lock && locked },
    { label: 'Lock', icon: IconLock, dialog: 'lock', isThere: abilities.lock && !locked },
    { label: 'Enable', icon: IconCircleCheck, dialog: 'enable', isThere: abilities.disable && disabled },
    { label: 'Disable', icon: IconBan, dialog: 'disable', isThere: abilities.disable && !disabled },
    {
      label: 'Send invitation',
      icon: IconMail,
      dialog: 'invitation',
      isThere: mayGetLink && !hasPassword,
    },
    {
      label: 'Send password reset',
      icon: IconKey,
      dialog: 'password_reset',
      isThere: mayGetLink && hasPassword,
    },
    {
      label: 'Move to another organization',
      icon: IconBuilding,
      dialog: 'move',
      isThere: abilities.move,
    },
    {
      label: 'Lock down',
      icon: IconShieldX,
      dialog: 'lockdown',
      isThere: abilities.lockdown,
      isDangerous: true,
    },
    { label: 'Delete', icon: IconTrash, dialog: 'delete', isThere: abilities.delete, isDangerous: true },
  ];
  return all.filter(({ isThere }) => isThere);
}

/** What the asker may do with the account as a whole. */
export function AccountActions({ account }: { account: AccountDetails }) {
  const [dialog, setDialog] = useState<Dialog>();
  const navigate = useNavigate();
  const menuButton = useRef<HTMLButtonElement>(null);
  const params = { account: String(account.id) };
  const actions = actionsOf(account);
  const usual = actions.filter(({ isDangerous }) => isDangerous !== true);
  const dangerous = actions.filter(({ isDangerous }) => isDangerous === true);
  const run = (action: Action) => {
    if (action.dialog === 'delete') void navigate({ to: '/accounts/$account/delete', params });
    else setDialog(action.dialog);
  };
  const dialogProps = (name: Dialog) => ({
    account,
    isOpen: dialog === name,
    onClose: () => {
      setDialog(undefined);
      // The item of the menu that opened it is gone.
      requestAnimationFrame(() => menuButton.current?.focus());
    },
  });
  return (
    <>
      {actions.length > 0 && (
        <Menu position="bottom-end" width={270}>
          <Menu.Target>
            <Button
              ref={menuButton}
              variant="default"
              rightSection={<IconChevronDown size={16} aria-hidden />}
            >
              Actions
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {usual.map((action) => (
              <Item key={action.label} action={action} onClick={() => run(action)} />
            ))}
            {usual.length > 0 && dangerous.length > 0 && <Menu.Divider />}
            {dangerous.map((action) => (
              <Item key={action.label} action={action} onClick={() => run(action)} />
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {account.abilities.edit && (
        <ScreenButton
          leftSection={<IconPencil size={16} aria-hidden />}
          to="/accounts/$account/edit"
          params={params}
          search={(before) => before}
        >
          Edit
        </ScreenButton>
      )}
      {(['lock', 'unlock', 'disable', 'enable'] as const).map((deed) => (
        <StateDialog key={deed} deed={deed} {...dialogProps(deed)} />
      ))}
      {(['invitation', 'password_reset'] as const).map((purpose) => (
        <LinkDialog key={purpose} purpose={purpose} {...dialogProps(purpose)} />
      ))}
      <MoveDialog {...dialogProps('move')} />
      <LockdownDialog {...dialogProps('lockdown')} />
    </>
  );
}

function Item({ action, onClick }: { action: Action; onClick: () => void }) {
  const { label, icon: Icon, isDangerous } = action;
  return (
    <Menu.Item
      color={isDangerous === true ? 'red' : undefined}
      leftSection={<Icon size={16} aria-hidden />}
      onClick={onClick}
    >
      {label}
    </Menu.Item>
  );
}
