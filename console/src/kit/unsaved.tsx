import { Button, Group, Modal, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

type Props = {
  isDirty: boolean;
  /** A new query in the address, such as a search, loses nothing. */
  isSearchFree?: boolean;
};

/** Over the dialog, too, by which somebody whose session has ended can leave. */
const ABOVE_ALL = 450;

/** A way out that is asked about, and what was answered: a page with several forms asks once for all of them. */
let asked: Promise<boolean> | undefined;

/** Every guard that stands: gives back whether it keeps whoever wants to leave the page. */
const guards = new Set<() => Promise<boolean>>();

/** Whether everything that is open may be lost: asks where something is unsaved, before what cannot be taken back. */
export async function mayLeave(): Promise<boolean> {
  for (const isKept of [...guards]) if (await isKept()) return false;
  return true;
}

/** Stands between something unsaved and whatever would lose it: another screen, a closed drawer, a closed window. */
export function UnsavedGuard({ isDirty, isSearchFree = false }: Props) {
  const [isOpen, setOpen] = useState(false);
  const answer = useRef<((isLeaving: boolean) => void) | null>(null);
  const isKept = async () => {
    if (!isDirty) return false;
    // Escape reaches the drawer below the question, too: what is asked already is not asked again.
    if (answer.current !== null) return true;
    if (asked !== undefined) return !(await asked);
    asked = new Promise<boolean>((resolve) => {
      answer.current = resolve;
      // Not before the key that closed a drawer is done with: Escape would close this, too.
      setTimeout(() => setOpen(true));
    });
    return !(await asked);
  };
  useBlocker({
    shouldBlockFn: async ({ current, next }) =>
      isSearchFree && current.pathname === next.pathname ? false : await isKept(),
    enableBeforeUnload: () => isDirty,
  });
  const latest = useRef(isKept);
  latest.current = isKept;
  useEffect(() => {
    const guard = () => latest.current();
    guards.add(guard);
    return () => {
      guards.delete(guard);
      if (answer.current === null) return;
      // What it guarded went away by itself while it asked: whoever waits for the answer stays where one is now.
      answer.current(false);
      answer.current = null;
      asked = undefined;
    };
  }, []);
  const settle = (isLeaving: boolean) => {
    setOpen(false);
    answer.current?.(isLeaving);
    setTimeout(() => {
      if (answer.current === null) return;
      answer.current = null;
      asked = undefined;
    });
  };
  return (
    <Modal opened={isOpen} onClose={() => settle(false)} title="Leave without saving?" zIndex={ABOVE_ALL}>
      <Text>What you have entered here is not saved.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={() => settle(true)}>
          Leave without saving
        </Button>
        <Button data-autofocus onClick={() => settle(false)}>
          Go on editing
        </Button>
      </Group>
    </Modal>
  );
}

/** Closes a drawer, unless another dialog stands over it: Escape is for that one. */
export const unlessCovered = (close: () => void) => () => {
  if (document.querySelectorAll('[aria-modal="true"]').length < 2) close();
};
