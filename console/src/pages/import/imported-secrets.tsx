import { Alert, Button, Group, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import type { ImportedRow } from '../../../../contract/bulk.ts';
import { CopyAll } from '../../kit/copy.tsx';
import { OncePanel } from '../../kit/once-panel.tsx';
import { saveText } from '../../kit/save-file.ts';
import { reportCsv } from './import-csv.ts';

/** The secrets of the accounts that an import created, to be stored as a file. */
export function ImportedSecrets({ rows, onStored }: { rows: readonly ImportedRow[]; onStored: () => void }) {
  const [isSaved, setSaved] = useState(false);
  const count = rows.length === 1 ? '1 new account' : `${rows.length} new accounts`;
  return (
    <OncePanel title={`Secrets of ${count}`} onStored={onStored}>
      <Alert color="orange" title="This is shown once">
        Passwords, keys, tokens and invitations that were generated are in this file and nowhere else. Nobody
        can look them up later, only replace them.
      </Alert>
      <Group>
        <Button
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => {
            saveText('imported accounts with secrets.csv', reportCsv(rows, true), 'text/csv');
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
    </OncePanel>
  );
}
