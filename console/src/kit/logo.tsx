import { Group, Text } from '@mantine/core';

/** The sign at the edge of a taxiway, and the name. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="6" fill="#16181d" />
        <rect x="2.5" y="2.5" width="27" height="27" rx="4" fill="none" stroke="#ffcf33" strokeWidth="2" />
        <path d="M9 10h14M16 10v13" stroke="#ffcf33" strokeWidth="4" strokeLinecap="round" />
      </svg>
      <Text fw={700} size={size > 30 ? 'xl' : 'lg'} lh={1}>
        Taxiway
      </Text>
    </Group>
  );
}
