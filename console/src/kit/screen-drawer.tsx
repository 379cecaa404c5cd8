import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { unlessCovered } from './unsaved.tsx';

/** Something that stands over a screen. Escape closes it only while no dialog stands over it in turn. */
export function ScreenDrawer({
  title,
  onClose,
  isOpen = true,
  children,
}: {
  title: string;
  onClose: () => void;
  isOpen?: boolean;
  children: ReactNode;
}) {
  return (
    <Drawer opened={isOpen} onClose={unlessCovered(onClose)} title={title}>
      {children}
    </Drawer>
  );
}
