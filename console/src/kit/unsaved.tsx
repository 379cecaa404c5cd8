import { Button, Group, Modal, Text } from '@mantine/core';
import { useUnsavedGuard } from './forms.ts';

/** Stands between something unsaved and whatever would lose it. */
export function UnsavedGuard({ isDirty }: { isDirty: boolean }) {
  const blocker = useUnsavedGuard(isDirty);
  return (
    <Modal
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
    >
      <Text>What you have entered here is not saved.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={() => blocker.proceed?.()}>
          Leave without saving
        </Button>
        <Button data-autofocus onClick={() => blocker.reset?.()}>
          Go on editing
        </Button>
      </Group>
    </Modal>
  );
}
