import { Alert, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { previewEditEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountEdited } from '../../../../contract/accounts.ts';
import { type ApiError, type Asked, call } from '../../api/client.ts';
import type { RoleChange } from './role-change.ts';
import { RoleChangeShown } from './role-change-shown.tsx';

/** What saving would bring, as the form stands; `asked` is the request as JSON, null while somebody is typing. */
export function LivePreview({ asked, onStale }: { asked: string | null; onStale: () => void }) {
  const { data, error } = useQuery<AccountEdited, ApiError>({
    queryKey: ['edit-preview', asked],
    gcTime: 0,
    retry: false,
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    // Nobody is interrupted by a question that they have not asked.
    queryFn: ({ signal }) =>
      call(previewEditEndpoint, JSON.parse(asked ?? '') as Asked<typeof previewEditEndpoint>, {
        plain: true,
        signal,
      }),
  });
  const isStale = error?.code === 'stale';
  useEffect(() => {
    if (isStale) onStale();
  }, [isStale, onStale]);
  if (error !== null) {
    const isForSaving = ['verification_required', 'stale', 'offline', 'unauthenticated'].includes(error.code);
    if (isForSaving) return null;
    return (
      <Alert color="orange" title="It cannot be saved like this" role="status" mb="sm">
        {error.message}
      </Alert>
    );
  }
  if (data === undefined || data.consequences.length === 0) return null;
  return (
    <Alert color="blue" title="What saving brings with it" role="status" mb="sm">
      <Consequences of={data} />
    </Alert>
  );
}

/** Asks once more before an edit that entails more than itself. */
export function ConfirmChanges({
  plan,
  roles,
  isPending,
  onCancel,
  onConfirm,
}: {
  plan: AccountEdited | null;
  roles: RoleChange | null;
  isPending: boolean;
  onCancel: () => void;
  onConfirm: () => void;
}) {
  return (
    <Modal opened={plan !== null} onClose={onCancel} title="Save the changes?">
      <Stack>
        <Text>Saving brings this with it:</Text>
        {plan !== null && <Consequences of={plan} first={roles?.lines} />}
        {roles !== null && <RoleChangeShown change={roles} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Go on editing
          </Button>
          <Button onClick={onConfirm} loading={isPending} data-autofocus>
            Save changes
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Consequences({
  of: { consequences },
  first = [],
}: {
  of: AccountEdited;
  first?: readonly string[] | undefined;
}) {
  return (
    <List size="sm">
      {first.map((line) => (
        <List.Item key={line}>{line}</List.Item>
      ))}
      {consequences.map(({ code, message }) => (
        <List.Item key={`${code} ${message}`}>{message}</List.Item>
      ))}
    </List>
  );
}
