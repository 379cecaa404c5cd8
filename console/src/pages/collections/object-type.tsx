import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconBug,
  IconBuilding,
  IconCube,
  IconEye,
  IconFile,
  IconFileText,
  IconFlag,
  IconId,
  IconLink,
  IconMail,
  IconMapPin,
  IconNotes,
  type IconProps,
  IconServer,
  IconShield,
  IconSpy,
  IconSwords,
  IconTarget,
  IconTool,
  IconUser,
  IconWorld,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

type Look = { icon: ComponentType<IconProps>; color: string };

const LOOKS: Readonly<Record<string, Look>> = {
  'attack-pattern': { icon: IconSwords, color: 'orange' },
  campaign: { icon: IconFlag, color: 'grape' },
  'course-of-action': { icon: IconShield, color: 'green' },
  'domain-name': { icon: IconWorld, color: 'cyan' },
  'email-addr': { icon: IconMail, color: 'cyan' },
  'email-message': { icon: IconMail, color: 'cyan' },
  file: { icon: IconFile, color: 'cyan' },
  grouping: { icon: IconFileText, color: 'teal' },
  identity: { icon: IconBuilding, color: 'gray' },
  incident: { icon: IconAlertTriangle, color: 'red' },
  indicator: { icon: IconTarget, color: 'taxiway' },
  infrastructure: { icon: IconServer, color: 'violet' },
  'intrusion-set': { icon: IconSpy, color: 'grape' },
  'ipv4-addr': { icon: IconWorld, color: 'cyan' },
  'ipv6-addr': { icon: IconWorld, color: 'cyan' },
  location: { icon: IconMapPin, color: 'gray' },
  malware: { icon: IconBug, color: 'red' },
  'malware-analysis': { icon: IconBug, color: 'teal' },
  'marking-definition': { icon: IconId, color: 'gray' },
  note: { icon: IconNotes, color: 'teal' },
  'observed-data': { icon: IconEye, color: 'indigo' },
  opinion: { icon: IconNotes, color: 'teal' },
  relationship: { icon: IconArrowsExchange, color: 'gray' },
  report: { icon: IconFileText, color: 'teal' },
  sighting: { icon: IconEye, color: 'indigo' },
  'threat-actor': { icon: IconSpy, color: 'grape' },
  tool: { icon: IconTool, color: 'violet' },
  url: { icon: IconLink, color: 'cyan' },
  'user-account': { icon: IconUser, color: 'cyan' },
  vulnerability: { icon: IconAlertTriangle, color: 'orange' },
};

/** How objects of a STIX type are drawn. */
export const lookOf = (type: string): Look => LOOKS[type] ?? { icon: IconCube, color: 'gray' };

/** The STIX type of an object, as STIX writes it. */
export function TypeBadge({ type }: { type: string }) {
  const { icon: Icon, color } = lookOf(type);
  return (
    <Badge
      variant="light"
      color={color}
      radius="sm"
      leftSection={<Icon size={13} stroke={1.8} aria-hidden />}
      style={{ flexShrink: 0, minWidth: 'max-content' }}
    >
      {type}
    </Badge>
  );
}
