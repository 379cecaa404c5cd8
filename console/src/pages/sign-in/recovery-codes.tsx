import { Button, Code, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
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
  const [isAsking, setAsking] = useState(false);
  const [isTaken, setTaken] = useState(false);
  const isStored = useRef(false);
  useBlocker({ shouldBlockFn: () => !isStored.current, enableBeforeUnload: () => !isStored.current });
  const store = () => {
    isStored.current = true;
    onStored();
  };
  return (
    <Modal
      opened
      onClose={() => undefined}
      title="Store your recovery codes"
      size="lg"
      closeOnEscape={false}
      closeOnClickOutside={false}
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
        <Group onClickCapture={() => setTaken(true)}>
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
        {isAsking && (
          <Text role="alert" fw={600}>
            You have neither copied nor downloaded them. If you wrote them down, press the button once more.
          </Text>
        )}
        <Group justify="flex-end">
          <Button onClick={() => (isTaken || isAsking ? store() : setAsking(true))} data-autofocus>
            I have stored them
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const textOf = (codes: readonly string[], userName: string): string =>
  `Recovery codes of ${userName} at ${location.host}. Each works once.\n\n${codes.join('\n')}\n`;
