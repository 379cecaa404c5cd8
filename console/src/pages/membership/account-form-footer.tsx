import { Box, Group } from '@mantine/core';
import type { ReactNode } from 'react';

/** The deeds of a drawer: always in sight. */
export function Footer({ children }: { children: ReactNode }) {
  return (
    <Box
      pos="sticky"
      bottom={0}
      py="sm"
      bg="var(--mantine-color-body)"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)', zIndex: 2 }}
    >
      <Group justify="flex-end">{children}</Group>
    </Box>
  );
}
