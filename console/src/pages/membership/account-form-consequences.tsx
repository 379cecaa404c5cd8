import { Alert, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { previewEditEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountEdited } from '../../../../contract/accounts.ts';
import { type ApiError, type Asked, call } from '../../api/client.ts';

/** What saving would bring, as the form stands; `asked` is the request as JSON. */
export function LivePreview({ asked }: { asked: string }) {
  const { data, error } = useQuery<AccountEdited, ApiError>({
    queryKey: ['edit-preview', asked],
    gcTime: 0,
    retry: false,
    // Nobody is interrupted by a question that they have not asked.
    queryFn: ({ signal }) =>
      call(previewEditEndpoint, JSON.parse(asked) as Asked<typeof previewEditEndpoint>, {
        plain: true,
        signal,
      }),
  });
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
  isPending,
  onCancel,
  onConfirm,
}: {
  plan: AccountEdited | null;
  isPending: boolean;
  onCancel: () => void;
  onConfirm: () => void;
}) {
  return (
    <Modal opened={plan !== null} onClose={onCancel} title="Save the changes?">
      <Stack>
        <Text>Saving brings this with it:</Text>
        {plan !== null && <Consequences of={plan} />}
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

function Consequences({ of: { consequences } }: { of: AccountEdited }) {
  return (
    <List size="sm">
      {consequences.map(({ code, message }) => (
        <List.Item key={`${code} ${message}`}>{message}</List.Item>
      ))}
    </List>
  );
}
