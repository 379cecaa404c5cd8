import {
  IconActivity,
  IconBroadcast,
  IconBuilding,
  IconBuildingCommunity,
  IconCertificate,
  IconDatabase,
  IconFileText,
  IconHistory,
  IconHome,
  IconMail,
  type IconProps,
  IconRss,
  IconSettings,
  IconUserSearch,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import type { LinkProps } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { SessionView } from '../../../contract/session.ts';

export type Destination = {
  label: string;
  icon: ComponentType<IconProps>;
  to: LinkProps['to'];
  params?: Record<string, string>;
  /** Other words by which it is looked for. */
  keywords?: string;
};
export type Section = { title: string | null; items: Destination[] };

/** Where this person can go: what is not there, the server would refuse. */
export function destinationsOf({ organization, abilities }: SessionView): Section[] {
  const own = organization.abilities;
  const params = { organization: String(organization.id) };
  const items = (list: [boolean, Destination][]) =>
    list.filter(([isThere]) => isThere).map(([, item]) => item);
  const sections: Section[] = [
    { title: null, items: [{ label: 'Home', icon: IconHome, to: '/', keywords: 'attention start' }] },
    {
      title: organization.name,
      items: items([
        [
          own['account.view'],
          {
            label: 'Membership',
            icon: IconUsers,
            to: '/organizations/$organization/membership',
            params,
            keywords: 'accounts users API TAXII members',
          },
        ],
        [
          own['group.view'],
          { label: 'User groups', icon: IconUsersGroup, to: '/organizations/$organization/groups', params },
        ],
        [
          own['organization.activity'],
          { label: 'Activity', icon: IconActivity, to: '/organizations/$organization/activity', params },
        ],
        [
          own['audit.view'],
          { label: 'Audit trail', icon: IconHistory, to: '/organizations/$organization/audit', params },
        ],
      ]),
    },
    {
      title: 'Sharing',
      items: items([
        [true, { label: 'Collections', icon: IconDatabase, to: '/collections', keywords: 'objects STIX' }],
        [
          own['taxiiService.view'] || abilities['taxiiService.view'],
          { label: 'TAXII services', icon: IconBroadcast, to: '/taxii-services', keywords: 'API root' },
        ],
        [
          true,
          {
            label: 'Communities',
            icon: IconBuildingCommunity,
            to: '/communities',
          },
        ],
        [true, { label: 'Sources', icon: IconRss, to: '/sources' }],
      ]),
    },
    {
      title: 'Instance',
      items: items([
        [
          abilities['organization.list'],
          { label: 'Organizations', icon: IconBuilding, to: '/organizations', keywords: 'limits' },
        ],
        [
          abilities['account.view'],
          { label: 'All accounts', icon: IconUserSearch, to: '/accounts', keywords: 'users' },
        ],
        [
          abilities['licence.view'],
          { label: 'Licence', icon: IconCertificate, to: '/licence', keywords: 'seats' },
        ],
        [
          abilities['settings.view'],
          { label: 'System settings', icon: IconSettings, to: '/settings', keywords: 'options security' },
        ],
        [abilities['settings.view'], { label: 'Mail', icon: IconMail, to: '/mail', keywords: 'outbox SMTP' }],
        [abilities['settings.view'], { label: 'Terms of service', icon: IconFileText, to: '/terms' }],
        [
          abilities['audit.viewInstance'],
          { label: 'Whole audit trail', icon: IconHistory, to: '/audit', keywords: 'verify chain' },
        ],
      ]),
    },
  ];
  return sections.filter((section) => section.items.length > 0);
}
