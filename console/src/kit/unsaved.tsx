import { Button, Group, Modal, Text } from '@mantine/core';
import { useUnsavedGuard } from './forms.ts';

type Props = {
  isDirty: boolean;
  /** A new query in the address, such as a search, loses nothing. */
  isSearchFree?: boolean;
};

/** Stands between something unsaved and whatever would lose it. */
export function UnsavedGuard({ isDirty, isSearchFree = false }: Props) {
  const blocker = useUnsavedGuard(isDirty, isSearchFree);
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
