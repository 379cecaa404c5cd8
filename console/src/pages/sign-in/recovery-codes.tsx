import { Alert, Button, Checkbox, Code, Divider, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useBlocker } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { CopyAll } from '../../kit/copy.tsx';
import { saveFile } from '../../kit/save-file.ts';

const FILE_NAME = 'taxiway-recovery-codes.txt';

/** New recovery codes, shown this once: the panel stays until the person says that they are stored. */
export function RecoveryCodes({
  codes,
  userName,
  onStored,
}: {
  codes: readonly string[];
  userName: string;
  onStored: () => void;
}) {
  const [isTicked, setTicked] = useState(false);
  const [hasTriedToLeave, setTriedToLeave] = useState(false);
  const isStored = useRef(false);
  useBlocker({
    shouldBlockFn: () => {
      if (!isStored.current) setTriedToLeave(true);
      return !isStored.current;
    },
    enableBeforeUnload: () => !isStored.current,
  });
  const store = () => {
    isStored.current = true;
    onStored();
  };
  return (
    <Modal
      opened
      onClose={() => setTriedToLeave(true)}
      title="Store your recovery codes"
      size="lg"
      withCloseButton={false}
      zIndex={500}
    >
      <Stack>
        <Text>
          Each of these codes stands once for your second factor, when you do not have it at hand. They are
          shown this once and never again: keep them where others do not get at them, such as in a password
          manager.
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
            onClick={() =>
              saveFile(new Blob([textOf(codes, userName)], { type: 'text/plain;charset=utf-8' }), FILE_NAME)
            }
          >
            Download
          </Button>
        </Group>
        <Divider />
        {hasTriedToLeave && !isTicked && (
          <Alert color="red" title="Not stored yet" role="alert">
            Store them first and say so below: when this panel is gone, so are they.
          </Alert>
        )}
        <Group justify="space-between">
          <Checkbox
            label="I have stored them"
            checked={isTicked}
            onChange={({ currentTarget }) => setTicked(currentTarget.checked)}
          />
          <Button disabled={!isTicked} onClick={store}>
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const textOf = (codes: readonly string[], userName: string): string =>
  `Recovery codes of ${userName} at ${location.host}. Each works once.\n\n${codes.join('\n')}\n`;
