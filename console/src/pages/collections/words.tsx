import { Badge, Group, Text } from '@mantine/core';
import { IconBuilding, IconBuildingCommunity, type IconProps, IconRss } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { ReadableCollection } from '../../../../contract/intelligence.ts';

type Kind = ReadableCollection['owner']['kind'];

const KINDS: Readonly<Record<Kind, { title: string; icon: ComponentType<IconProps> }>> = {
  organization: { title: 'Organization', icon: IconBuilding },
  community: { title: 'Community', icon: IconBuildingCommunity },
  source: { title: 'Source', icon: IconRss },
};

/** What the owner of a collection is. */
export function OwnerKind({ kind }: { kind: Kind }) {
  const { title, icon: Icon } = KINDS[kind];
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <Icon size={16} stroke={1.7} aria-hidden style={{ flexShrink: 0 }} />
      <Text span inherit>
        {title}
      </Text>
    </Group>
  );
}

/** The same beside a heading. */
export function OwnerBadge({ kind }: { kind: Kind }) {
  const { title, icon: Icon } = KINDS[kind];
  return (
    <Badge variant="light" color="gray" radius="sm" leftSection={<Icon size={13} stroke={1.8} aria-hidden />}>
      {title}
    </Badge>
  );
}

/** A number, or that it is not told. */
export const countText = (count: number | undefined): string =>
  count === undefined ? '–' : count.toLocaleString('en');

/** Why somebody who may read what is published sees nothing. */
export const PUBLISHED_ONLY =
  'Your Community role here is Subscriber: you read what is published, and nothing of this collection is published.';

/** Why somebody who sees the configuration sees nothing else. */
export const CONFIGURATION_ONLY =
  'You may see how this collection is configured, and not what is in it. Intelligence is for the members of its owner, by their Organization role or Community role; a System role for administration does not open it.';
