import { Alert, Button, Card, Code, Group, Stack } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { ObjectDetails } from '../../../../contract/intelligence.ts';
import { CopyAll } from '../../kit/copy.tsx';
import { saveFile } from '../../kit/save-file.ts';
import { withEscapedControls } from './defang.ts';
import { prettyJson } from './pretty-json.ts';

/** More than that a page does not lay out well. */
const MOST = 300_000;

/** The JSON of an object. Its tokens are those that TAXII clients are given; only the lines are ours. */
export function JsonTab({ object }: { object: ObjectDetails }) {
  const pretty = useMemo(() => prettyJson(object.json), [object.json]);
  const isCut = pretty.length > MOST;
  return (
    <Card withBorder component="section" aria-label="JSON of the object">
      <Stack>
        <Group justify="flex-end" gap="xs">
          <CopyAll value={pretty} label="Copy JSON" />
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() =>
              saveFile(new Blob([object.json], { type: 'application/json' }), `${object.id}.json`)
            }
          >
            Download as stored
          </Button>
        </Group>
        {isCut && (
          <Alert title="The beginning of it">
            The object is large. Copying and downloading have all of it.
          </Alert>
        )}
        <Code
          block
          tabIndex={0}
          aria-label="JSON"
          style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxHeight: '70vh', overflowY: 'auto' }}
        >
          {withEscapedControls(isCut ? `${pretty.slice(0, MOST)}…` : pretty)}
        </Code>
      </Stack>
    </Card>
  );
}
