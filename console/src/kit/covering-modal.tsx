import { Modal, Stack } from '@mantine/core';
import type { KeyboardEvent, ReactNode } from 'react';

/** A dialog over whatever is open. Keys that mean something to the page below do not reach it. */
export function CoveringModal({
  title,
  isOpaque = false,
  size = 'md',
  level,
  children,
}: {
  title: string;
  /** Whoever looks at the screen now sees nothing of the page. */
  isOpaque?: boolean;
  size?: string;
  /** Which stands over which, where there are several. */
  level: number;
  children: ReactNode;
}) {
  return (
    <Modal
      opened
      onClose={() => undefined}
      title={title}
      size={size}
      zIndex={400 + level}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      overlayProps={isOpaque ? { color: 'var(--mantine-color-body)', backgroundOpacity: 1 } : {}}
      styles={{ content: { border: '1px solid var(--mantine-color-default-border)' } }}
      transitionProps={{ duration: 0 }}
      onKeyDown={keepKeys}
    >
      <Stack>{children}</Stack>
    </Modal>
  );
}

/** All but Tab, by which the focus is kept within the dialog. */
function keepKeys(event: KeyboardEvent): void {
  if (event.key !== 'Tab') event.stopPropagation();
}
