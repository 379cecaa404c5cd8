import { ActionIcon, Alert, Box, Button, Code, Group, Menu, Stack, Text, Tooltip } from '@mantine/core';
import { IconDownload, IconEye, IconEyeOff, IconKey } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Copy, CopyAll } from './copy.tsx';
import { OncePanel } from './once-panel.tsx';
import { saveText } from './save-file.ts';

export type Secret = {
  /** What it is, such as "Password". */
  label: string;
  value: string;
  /** Its name in a file of environment variables, such as `TAXII_PASSWORD`. */
  variable: string;
  /** Whose it is, where those of several accounts are shown. */
  of?: string;
  /** Goes with the secrets and is none itself, such as a user name: it is not masked. */
  isOpen?: boolean;
};

type Props = {
  title: string;
  /** What they are for, and who is to get them. */
  lead?: ReactNode;
  secrets: readonly Secret[];
  /** Of the file that they are downloaded as, without what follows the dot. */
  fileName: string;
  /** It is for somebody else, who follows it once: there is nothing to keep. */
  isToPassOn?: boolean;
  /** They are stored. */
  onStored: () => void;
  /** What else is to be done while they are known, such as trying them out. */
  children?: ReactNode;
};

/**
 * Secrets that the server shows this once. The values are in this component's properties, and nowhere else: whoever renders
 * it drops them in `onStored`.
 */
export function OneTimeSecrets({
  title,
  lead,
  secrets,
  fileName,
  isToPassOn = false,
  onStored,
  children,
}: Props) {
  const [isShown, setShown] = useState(false);
  const owners = [...new Set(secrets.map(({ of }) => of ?? ''))];
  return (
    <OncePanel
      isOne
      size="xl"
      onStored={onStored}
      title={
        <Group gap="xs" wrap="nowrap">
          <IconKey size={20} aria-hidden />
          <Text fw={650}>{title}</Text>
        </Group>
      }
    >
      <Alert color="orange" title="This is shown once">
        {isToPassOn
          ? 'Pass the link on to the person, in a way that nobody else can read. Nobody can look it up later, only make another.'
          : 'Copy it to where it is kept, such as a password manager. Nobody can look it up later, only replace it.'}
      </Alert>
      {lead !== undefined && <Text component="div">{lead}</Text>}
      <Stack gap="xs">
        {owners.map((owner) => (
          <Stack key={owner} gap="xs">
            {owner !== '' && (
              <Text fw={600} mt="xs" style={{ overflowWrap: 'anywhere' }}>
                {owner}
              </Text>
            )}
            {secrets
              .filter(({ of }) => (of ?? '') === owner)
              .map((secret) => (
                <SecretLine key={secret.label} secret={secret} isShownToo={isShown} />
              ))}
          </Stack>
        ))}
      </Stack>
      <Group gap="xs">
        <Button
          variant="default"
          onClick={() => setShown(!isShown)}
          aria-pressed={isShown}
          leftSection={isShown ? <IconEyeOff size={16} aria-hidden /> : <IconEye size={16} aria-hidden />}
        >
          {isShown ? 'Hide all' : 'Show all'}
        </Button>
        <CopyAll value={asText(secrets)} label="Copy all" />
        <Download secrets={secrets} fileName={fileName} />
      </Group>
      {children}
    </OncePanel>
  );
}

function SecretLine({ secret, isShownToo }: { secret: Secret; isShownToo: boolean }) {
  const [isShown, setShown] = useState(false);
  const { label, value, of } = secret;
  const what = of === undefined ? label : `${label} of ${of}`;
  const isVisible = secret.isOpen === true || isShown || isShownToo;
  return (
    <Box>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <Group gap={4} wrap="nowrap">
        <Code
          block
          role="group"
          aria-label={isVisible ? what : `${what}, hidden`}
          style={{ flexGrow: 1, minWidth: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
        >
          {isVisible ? value : MASK}
        </Code>
        {secret.isOpen !== true && (
          <Tooltip label={isVisible ? 'Hide' : 'Show'}>
            <ActionIcon
              variant="subtle"
              aria-label={isVisible ? `Hide ${what}` : `Show ${what}`}
              disabled={isShownToo}
              onClick={() => setShown(!isShown)}
            >
              {isVisible ? <IconEyeOff size={16} aria-hidden /> : <IconEye size={16} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
        <Copy value={value} what={what} />
      </Group>
    </Box>
  );
}

/** As long for every secret: its length is nobody's affair. */
const MASK = '•'.repeat(24);

function Download({ secrets, fileName }: { secrets: readonly Secret[]; fileName: string }) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveText(`${fileName}.env`, asVariables(secrets))}>
          As environment variables (.env)
        </Menu.Item>
        <Menu.Item onClick={() => saveText(`${fileName}.txt`, asText(secrets))}>As text (.txt)</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function asText(secrets: readonly Secret[]): string {
  const width = Math.max(...secrets.map(({ label }) => label.length));
  const lines: string[] = [];
  let owner: string | undefined;
  for (const { label, value, of } of secrets) {
    if (of !== owner && of !== undefined) lines.push(...(lines.length === 0 ? [] : ['']), of);
    owner = of;
    lines.push(`${`${label}:`.padEnd(width + 2)}${value}`);
  }
  return `${lines.join('\n')}\n`;
}

/** In single quotes, which both shells and readers of such files take literally. */
function asVariables(secrets: readonly Secret[]): string {
  const lines: string[] = [];
  let owner: string | undefined;
  for (const { variable, value, of } of secrets) {
    if (of !== owner && of !== undefined) lines.push(`# ${of.replaceAll(/[\r\n]/g, ' ')}`);
    owner = of;
    lines.push(`${variable}='${value.replaceAll("'", `'\\''`)}'`);
  }
  return `${lines.join('\n')}\n`;
}
