import { Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import {
  moveAccountEndpoint,
  moveResponsibilitiesEndpoint,
  previewDeletionEndpoint,
} from '../../../../contract/account-endpoints.ts';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { ApiError } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { isPerson, nameOf } from './account-words.ts';
import { HeirFields, type Heirs, isInherited, usualHeirs } from './heir-fields.tsx';
import { OrganizationSelect } from './organization-select.tsx';

/** Moves an account to another organization; first, where it must be, somebody takes over what it is responsible for. */
export function MoveDialog({
  account,
  isOpen,
  onClose,
}: {
  account: AccountDetails;
  isOpen: boolean;
  onClose: () => void;
}) {
  const params = { account: String(account.id) };
  const [target, setTarget] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Heirs>({});
  const move = useAccountChange(moveAccountEndpoint);
  const passOn = useChange(moveResponsibilitiesEndpoint);
  const needsHeirs = move.error instanceof ApiError && move.error.code === 'heirs_required';
  const preview = useEndpoint(previewDeletionEndpoint, { params }, { enabled: isOpen && needsHeirs });
  const heirs = preview.data === undefined ? {} : { ...usualHeirs(preview.data), ...chosen };
  const close = () => {
    move.reset();
    passOn.reset();
    setTarget(null);
    setChosen({});
    onClose();
  };
  const start = (version: number) => {
    if (target === null) return;
    move.mutate(
      { params, body: { organization: Number(target), version } },
      {
        onSuccess: () => {
          notifications.show({ message: `${nameOf(account)} was moved.` });
          close();
        },
      },
    );
  };
  const atField =
    move.error instanceof ApiError &&
    (move.error.code === 'limit_reached' || move.error.problems.some(({ path }) => path === 'organization'));
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={`Move ${nameOf(account)} to another organization`}
      size="lg"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!needsHeirs) return start(account.version);
          passOn.mutate({ params, body: { heirs } }, { onSuccess: () => start(account.version) });
        }}
      >
        <Stack>
          <OrganizationSelect
            label="Organization"
            description="Type a part of its name."
            value={target}
            onChange={setTarget}
            but={account.organization.id}
            error={atField ? move.error?.message : undefined}
          />
          <div>
            <Text fw={600}>What comes of it</Text>
            <List>
              <List.Item>It takes a seat there, and frees the one that it has.</List.Item>
              <List.Item>
                {isPerson(account)
                  ? 'It leaves its user groups, and its sessions end.'
                  : 'Its rights are those of the new organization.'}
              </List.Item>
              <List.Item>
                Its individual Community roles end; the default roles of the new organization count.
              </List.Item>
            </List>
          </div>
          {needsHeirs && preview.data !== undefined && (
            <HeirFields preview={preview.data} heirs={heirs} onChange={setChosen} />
          )}
          {!atField && !needsHeirs && <ChangeRefusal error={move.error} />}
          <ChangeRefusal error={preview.error ?? passOn.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              type="submit"
              disabled={
                target === null ||
                (needsHeirs && (preview.data === undefined || !isInherited(preview.data, heirs)))
              }
              loading={move.isPending || passOn.isPending}
            >
              {needsHeirs ? 'Pass on and move' : 'Move account'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
