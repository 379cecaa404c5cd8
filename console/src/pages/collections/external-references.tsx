import { Button, Card, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useState } from 'react';
import { defangUrls, hostOf, isWebUrl } from './defang.ts';
import { Defanged, FieldValue } from './field-value.tsx';
import { type ExternalReference, fieldTitle, withKeys } from './stix.ts';

/** Where else something is written about the object. Nothing is fetched, and nothing is opened by one click. */
export function ExternalReferences({
  references,
  collection,
}: {
  references: readonly ExternalReference[];
  collection: string;
}) {
  const [opening, setOpening] = useState<string | null>(null);
  return (
    <Card withBorder component="section" aria-label="External references">
      <Title order={2} size="h5" mb="xs">
        External references
      </Title>
      <Stack gap="md">
        {withKeys(references).map(({ key, value: { source, id, description, url, others } }) => (
          <Stack key={key} gap={4}>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {defangUrls(id === undefined ? source : `${source}: ${id}`)}
            </Text>
            {description !== undefined && (
              <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {defangUrls(description)}
              </Text>
            )}
            {url !== undefined && (
              <Group gap="xs" align="flex-start">
                <Defanged shown={defangUrls(url)} value={url} what="address" />
                {isWebUrl(url) && (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    rightSection={<IconExternalLink size={14} aria-hidden />}
                    onClick={() => setOpening(url)}
                  >
                    Open …
                  </Button>
                )}
              </Group>
            )}
            {others.map(([name, value]) => (
              <Group key={name} gap="xs" align="flex-start">
                <Text size="sm" c="dimmed">
                  {fieldTitle(name)}
                </Text>
                <FieldValue name={name} value={value} collection={collection} depth={1} />
              </Group>
            ))}
          </Stack>
        ))}
      </Stack>
      {opening !== null && <OpenOutside url={opening} onClose={() => setOpening(null)} />}
    </Card>
  );
}

/** Asks before the browser goes to a place that somebody else wrote into an object. */
function OpenOutside({ url, onClose }: { url: string; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Leave for another site?">
      <Stack>
        <Text>
          This address was written into the object by whoever made it. It may be harmful, and whoever runs it
          learns that you were there.
        </Text>
        <Text fw={600}>Site: {hostOf(url)}</Text>
        <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {defangUrls(url)}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Stay here
          </Button>
          <Button
            component="a"
            href={url}
            target="_blank"
            rel="noreferrer noopener nofollow"
            color="red"
            onClick={onClose}
          >
            Open in a new tab
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
