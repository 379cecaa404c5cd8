import { Button, FileButton, Group, Paper, Stack, Text, Textarea } from '@mantine/core';
import { IconDownload, IconFileUpload } from '@tabler/icons-react';
import { type DragEvent, useRef, useState } from 'react';
import { IMPORT_MAX_BYTES, IMPORT_MAX_ROWS } from '../../../../contract/bulk.ts';
import { saveText } from '../../kit/save-file.ts';
import { template } from './import-csv.ts';

export type Source = { text: string; fileName: string | null };

type Props = { source: Source; onChange: (source: Source) => void };

const MEGABYTE = 1_000_000;
/** So much of a file is shown for editing; a larger one is taken as it is. */
const EDITABLE = 200_000;

/** Takes the accounts: from a file, chosen or dropped, or pasted from a spreadsheet saved as CSV. */
export function SourceFields({ source, onChange }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);
  const reset = useRef<() => void>(null);
  const take = async (file: File | null | undefined) => {
    if (file === null || file === undefined) return;
    reset.current?.();
    if (file.size > IMPORT_MAX_BYTES) {
      setProblem(`${file.name} is larger than ${IMPORT_MAX_BYTES / MEGABYTE} MB.`);
      return;
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
      setProblem(null);
      onChange({ text, fileName: file.name });
    } catch {
      setProblem(`${file.name} is no text in UTF-8. Save it as "CSV UTF-8" in the spreadsheet.`);
    }
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const isLarge = source.text.length > EDITABLE;
  return (
    <Stack>
      <Paper
        withBorder
        p="lg"
        onDrop={onDrop}
        onDragOver={(event: DragEvent) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        style={{
          borderStyle: 'dashed',
          ...(isOver ? { borderColor: 'var(--mantine-primary-color-filled)' } : {}),
        }}
      >
        <Group justify="space-between">
          <div>
            <Text fw={600}>{source.fileName ?? 'Drop a CSV file here'}</Text>
            <Text size="sm" c="dimmed">
              Columns separated by commas, at most {IMPORT_MAX_ROWS.toLocaleString('en')} accounts.
            </Text>
          </div>
          <Group gap="sm">
            <Button
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
              onClick={() => saveText('accounts template.csv', template(), 'text/csv')}
            >
              Download template
            </Button>
            <FileButton
              onChange={(file) => void take(file)}
              accept=".csv,text/csv,text/plain"
              resetRef={reset}
              inputProps={{ 'aria-label': 'CSV file' }}
            >
              {(props) => (
                <Button {...props} variant="default" leftSection={<IconFileUpload size={16} aria-hidden />}>
                  Choose file
                </Button>
              )}
            </FileButton>
          </Group>
        </Group>
        {problem !== null && (
          <Text c="var(--mantine-color-error)" size="sm" mt="sm" role="alert">
            {problem}
          </Text>
        )}
      </Paper>
      {isLarge ? (
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {source.text.length.toLocaleString('en')} characters: too many to be edited here.
          </Text>
          <Button variant="default" size="compact-md" onClick={() => onChange({ text: '', fileName: null })}>
            Take another
          </Button>
        </Group>
      ) : (
        <Textarea
          label="Or paste it here"
          description="The first line names the columns; kind and userName are needed."
          placeholder={
            'kind,userName,firstName,lastName,organizationRole,invite\nuser,jane.doe@example.com,Jane,Doe,Standard User,yes'
          }
          value={source.text}
          onChange={({ currentTarget }) => onChange({ text: currentTarget.value, fileName: null })}
          autosize
          minRows={5}
          maxRows={14}
          wrap="off"
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', overflowX: 'auto' } }}
        />
      )}
    </Stack>
  );
}
