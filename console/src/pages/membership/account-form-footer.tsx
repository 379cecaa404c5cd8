import { Box, Group } from '@mantine/core';
import type { ReactNode } from 'react';

/** The deeds of a drawer, with what is to be known before them: always in sight. */
export function Footer({ above, children }: { above?: ReactNode; children: ReactNode }) {
  return (
    <Box
      pos="sticky"
      bottom={0}
      py="sm"
      bg="var(--mantine-color-body)"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)', zIndex: 2 }}
    >
      {above !== undefined && (
        <Box mah="30vh" style={{ overflowY: 'auto' }}>
          {above}
        </Box>
      )}
      <Group justify="flex-end">{children}</Group>
    </Box>
  );
}
