import { Button, Group, Modal, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useUnsavedGuard } from './forms.ts';

type Props = {
  isDirty: boolean;
  /** A new query in the address, such as a search, loses nothing. */
  isSearchFree?: boolean;
};

/** Stands between something unsaved and whatever would lose it. */
export function UnsavedGuard({ isDirty, isSearchFree = false }: Props) {
  const blocker = useUnsavedGuard(isDirty, isSearchFree);
  const isBlocked = blocker.status === 'blocked';
  // Not before the key that closed a drawer is done with: Escape would close this, too.
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isBlocked) return;
    const later = setTimeout(() => setOpen(true));
    return () => {
      clearTimeout(later);
      setOpen(false);
    };
  }, [isBlocked]);
  return (
    <Modal opened={isOpen && isBlocked} onClose={() => blocker.reset?.()} title="Leave without saving?">
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
