import { Group, Text } from '@mantine/core';
import { IconBroadcast, IconEye, IconKey, type IconProps, IconUser } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { AccountKind } from '../../../contract/roles.ts';

type Words = {
  /** As in "Create user". */
  noun: string;
  title: string;
  /** The heading of several. */
  plural: string;
  /** Of the address of the form that creates one. */
  path: string;
  icon: ComponentType<IconProps>;
};

/** What each kind of account is called. */
export const KIND_WORDS: Readonly<Record<AccountKind, Words>> = {
  user: { noun: 'user', title: 'User', plural: 'Users', path: 'user', icon: IconUser },
  read_only: {
    noun: 'read-only user',
    title: 'Read-only user',
    plural: 'Read-only users',
    path: 'read-only-user',
    icon: IconEye,
  },
  api: { noun: 'API user', title: 'API user', plural: 'API users', path: 'api-user', icon: IconKey },
  taxii: {
    noun: 'TAXII user',
    title: 'TAXII user',
    plural: 'TAXII users',
    path: 'taxii-user',
    icon: IconBroadcast,
  },
};

/** The kind of an account. */
export function KindLabel({ kind }: { kind: AccountKind }) {
  const { title, icon: Icon } = KIND_WORDS[kind];
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex" style={{ verticalAlign: 'middle' }}>
      <Icon size={16} stroke={1.7} aria-hidden style={{ flexShrink: 0 }} />
      <Text span inherit style={{ whiteSpace: 'nowrap' }}>
        {title}
      </Text>
    </Group>
  );
}
