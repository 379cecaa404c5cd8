import { Button, Code, Group, SimpleGrid, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { CopyAll } from '../../kit/copy.tsx';
import { OncePanel } from '../../kit/once-panel.tsx';
import { saveText } from '../../kit/save-file.ts';

/** New recovery codes, shown this once. */
export function RecoveryCodes({
  codes,
  userName,
  onStored,
}: {
  codes: readonly string[];
  userName: string;
  onStored: () => void;
}) {
  return (
    <OncePanel title="Store your recovery codes" zIndex={500} onStored={onStored}>
      <Text>
        Each code stands once for your second factor. They are not shown again: keep them where nobody else
        gets at them, such as in a password manager.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={6} component="ul" p={0} m={0}>
        {codes.map((code) => (
          <li key={code} style={{ listStyle: 'none' }}>
            <Code block ta="center">
              {code}
            </Code>
          </li>
        ))}
      </SimpleGrid>
      <Group>
        <CopyAll value={codes.join('\n')} label="Copy all" />
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveText('taxiway-recovery-codes.txt', textOf(codes, userName))}
        >
          Download
        </Button>
      </Group>
    </OncePanel>
  );
}

const textOf = (codes: readonly string[], userName: string): string =>
  `Recovery codes of ${userName} at ${location.host}. Each works once.\n\n${codes.join('\n')}\n`;
