import { Alert, Button, Checkbox, Divider, Group, Modal, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import type { ImportedRow } from '../../../../contract/bulk.ts';
import { CopyAll } from '../../kit/copy.tsx';
import { saveFile } from '../../kit/save-file.ts';
import { reportCsv } from './import-csv.ts';

/**
 * The secrets of the accounts that an import created, to be stored as a file. It closes only when somebody says that they
 * are stored; whoever renders it drops them then.
 */
export function ImportedSecrets({ rows, onStored }: { rows: readonly ImportedRow[]; onStored: () => void }) {
  const [isSaved, setSaved] = useState(false);
  const [isStored, setStored] = useState(false);
  const [hasTriedToLeave, setTriedToLeave] = useState(false);
  useBlocker({
    shouldBlockFn: () => {
      setTriedToLeave(true);
      return true;
    },
    enableBeforeUnload: true,
  });
  const count = rows.length === 1 ? '1 new account' : `${rows.length} new accounts`;
  return (
    <Modal
      opened
      onClose={() => setTriedToLeave(true)}
      withCloseButton={false}
      size="lg"
      title={`Secrets of ${count}`}
    >
      <Stack>
        <Alert color="orange" title="This is shown once">
          Passwords, keys, tokens and invitations that were generated are in this file and nowhere else.
          Nobody can look them up later, only replace them.
        </Alert>
        <Group>
          <Button
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => {
              saveFile(
                new Blob([reportCsv(rows, true)], { type: 'text/csv;charset=utf-8' }),
                'imported accounts with secrets.csv',
              );
              setSaved(true);
            }}
          >
            Download as CSV
          </Button>
          <CopyAll value={reportCsv(rows, true)} label="Copy as CSV" />
        </Group>
        {isSaved && (
          <Text size="sm" c="dimmed" role="status">
            Look whether the file is where it should be, and who else can read it there.
          </Text>
        )}
        <Divider />
        {hasTriedToLeave && !isStored && (
          <Alert color="red" title="Not stored yet" role="alert">
            Store them first and say so below: when this panel is gone, so are they.
          </Alert>
        )}
        <Group justify="space-between">
          <Checkbox
            label="I have stored them"
            checked={isStored}
            onChange={({ currentTarget }) => setStored(currentTarget.checked)}
          />
          <Button disabled={!isStored} onClick={onStored}>
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
