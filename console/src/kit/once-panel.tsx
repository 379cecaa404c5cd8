import { Alert, Button, Checkbox, Divider, Group, Modal, Stack } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';

/**
 * A panel with what is shown this once. Neither Esc nor a click beside it closes it, another screen does not open and the
 * window asks before it closes, until somebody says that it is stored.
 */
export function OncePanel({
  title,
  size = 'lg',
  isOne = false,
  zIndex,
  onStored,
  children,
}: {
  title: ReactNode;
  size?: string;
  /** It shows a single thing. */
  isOne?: boolean;
  zIndex?: number;
  /** It is stored: whoever renders the panel drops it, and what it showed. */
  onStored: () => void;
  children: ReactNode;
}) {
  const [isTicked, setTicked] = useState(false);
  const [hasTriedToLeave, setTriedToLeave] = useState(false);
  const isStored = useRef(false);
  useEffect(() => focusHeadingLater, []);
  useBlocker({
    shouldBlockFn: () => {
      if (!isStored.current) setTriedToLeave(true);
      return !isStored.current;
    },
    enableBeforeUnload: () => !isStored.current,
  });
  return (
    <Modal
      opened
      onClose={() => setTriedToLeave(true)}
      withCloseButton={false}
      size={size}
      title={title}
      {...(zIndex === undefined ? {} : { zIndex })}
    >
      <Stack>
        {children}
        <Divider />
        {hasTriedToLeave && !isTicked && (
          <Alert color="red" title="Not stored yet" role="alert">
            {isOne
              ? 'Store it first and say so below: when this panel is gone, so is what it shows.'
              : 'Store them first and say so below: when this panel is gone, so are they.'}
          </Alert>
        )}
        <Group justify="space-between">
          <Checkbox
            label={isOne ? 'I have stored it' : 'I have stored them'}
            checked={isTicked}
            onChange={({ currentTarget }) => setTicked(currentTarget.checked)}
          />
          <Button
            disabled={!isTicked}
            onClick={() => {
              isStored.current = true;
              onStored();
            }}
          >
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** What the panel was opened from may be gone with it: whoever is nowhere then stands at the heading of the screen. */
function focusHeadingLater(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (document.activeElement === document.body)
        document.querySelector<HTMLElement>('#main h1')?.focus({ preventScroll: true });
    }),
  );
}
