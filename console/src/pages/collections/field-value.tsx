import { Badge, Box, Code, Group, Stack, Text } from '@mantine/core';
import { Copy } from '../../kit/copy.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { defangHost, defangUrls, withEscapedControls, withVisibleControls } from './defang.ts';
import { fieldTitle, isInstant, isObject, isStixId, withKeys } from './stix.ts';

/** So deep values are laid out; what is deeper is shown as JSON. */
const DEPTH = 3;
const LONGEST_LIST = 50;
/** Members that hold code: shown as it is written. */
const CODE: ReadonlySet<string> = new Set(['pattern', 'command_line', 'payload_bin', 'body']);

type Props = {
  name: string;
  value: unknown;
  /** Where the objects are that it refers to. */
  collection: string;
  /** The type of the object, which says what its value is. */
  type?: string;
  depth?: number;
};

const HOSTS: ReadonlySet<string> = new Set(['domain-name', 'ipv4-addr', 'ipv6-addr', 'email-addr']);

/** What a member of a STIX object says. Nothing in it is a link but references to other objects. */
export function FieldValue({ name, value, collection, type, depth = 0 }: Props) {
  if (typeof value === 'string') {
    if (name === 'value' && type !== undefined && HOSTS.has(type))
      return <Defanged shown={defangHost(value)} value={value} what={fieldTitle(name).toLowerCase()} />;
    return <TextValue name={name} text={value} collection={collection} />;
  }
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'number') return String(value);
  if (value === null) return 'null';
  if (depth >= DEPTH)
    return <Code style={{ overflowWrap: 'anywhere' }}>{withEscapedControls(JSON.stringify(value))}</Code>;
  if (Array.isArray(value))
    return <ListValue name={name} list={value} collection={collection} depth={depth} />;
  if (isObject(value))
    return (
      <Stack gap={4}>
        {Object.entries(value).map(([member, inner]) => (
          <Box key={member}>
            <Text span size="sm" fw={500} c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {withVisibleControls(member)}
              {isScalar(inner) ? ': ' : ''}
            </Text>
            <Box component={isScalar(inner) ? 'span' : 'div'} style={isScalar(inner) ? undefined : NESTED}>
              <FieldValue name={member} value={inner} collection={collection} depth={depth + 1} />
            </Box>
          </Box>
        ))}
      </Stack>
    );
  return null;
}

/** What stands on the line of its name. */
const isScalar = (value: unknown) =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.length <= 60 && !isStixId(value) && defangUrls(value) === value);
const NESTED = {
  borderInlineStart: '2px solid var(--mantine-color-default-border)',
  paddingInlineStart: 10,
} as const;

function TextValue({ name, text, collection }: { name: string; text: string; collection: string }) {
  if (CODE.has(name))
    return (
      <Group gap={4} wrap="nowrap" align="flex-start">
        <Code
          block
          tabIndex={0}
          aria-label={fieldTitle(name)}
          style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', flex: 1 }}
        >
          {withVisibleControls(text)}
        </Code>
        <Copy value={text} what={`the ${fieldTitle(name).toLowerCase()}`} />
      </Group>
    );
  if (isInstant(text)) return <Instant at={text} />;
  if (isStixId(text))
    return (
      <ScreenLink
        to="/collections/$collection/objects/$object"
        params={{ collection, object: text }}
        ff="monospace"
        size="sm"
        style={{ overflowWrap: 'anywhere' }}
      >
        {text}
      </ScreenLink>
    );
  const harmless = defangUrls(text);
  if (harmless !== text && !/\s/.test(text))
    return <Defanged shown={harmless} value={text} what={fieldTitle(name).toLowerCase()} />;
  return (
    <Text span inherit style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
      {harmless}
    </Text>
  );
}

/** Something that would do harm as a link: to be read, and to be copied as it is. */
export function Defanged({ shown, value, what }: { shown: string; value: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <Text span ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
        {shown}
      </Text>
      <Copy value={value} what={`the ${what} as it is`} />
    </Group>
  );
}

function ListValue({
  name,
  list,
  collection,
  depth,
}: {
  name: string;
  list: readonly unknown[];
  collection: string;
  depth: number;
}) {
  const shown = list.slice(0, LONGEST_LIST);
  const more = list.length - shown.length;
  const isShort = shown.every(
    (each) => typeof each === 'string' && each.length <= 40 && !/[:/@]|--/.test(each),
  );
  const rest = more > 0 && (
    <Text size="sm" c="dimmed">
      And {more.toLocaleString('en')} more: the JSON has them all.
    </Text>
  );
  if (list.length === 0) return <Text c="dimmed">none</Text>;
  if (isShort)
    return (
      <Group gap={4}>
        {withKeys(shown).map(({ key, value }) => (
          <Badge key={key} variant="light" color="gray" radius="sm">
            {withVisibleControls(String(value))}
          </Badge>
        ))}
        {rest}
      </Group>
    );
  return (
    <Stack gap={4}>
      {withKeys(shown).map(({ key, value }) => (
        <Box key={key}>
          <FieldValue name={name} value={value} collection={collection} depth={depth + 1} />
        </Box>
      ))}
      {rest}
    </Stack>
  );
}
