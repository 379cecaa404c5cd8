import { Tabs } from '@mantine/core';
import { IconDevices, IconKey, IconShieldLock, IconUser } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useSession } from '../../api/session.ts';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { AboutTab } from './about-tab.tsx';
import { PasswordTab } from './password-tab.tsx';
import { SecondFactorsTab } from './second-factors-tab.tsx';
import { SessionsTab } from './sessions-tab.tsx';

const TABS = [
  { id: 'about', label: 'About you', icon: IconUser, content: AboutTab },
  { id: 'password', label: 'E-mail and password', icon: IconKey, content: PasswordTab },
  { id: 'second-factors', label: 'Second factors', icon: IconShieldLock, content: SecondFactorsTab },
  { id: 'sessions', label: 'Sessions', icon: IconDevices, content: SessionsTab },
] as const;

/** What people see to of their own account. */
export function ProfilePage() {
  const session = useSession();
  const { tab } = useSearch({ from: '/inside/profile' });
  const change = useSearchChange();
  const shown = TABS.find(({ id }) => id === tab) ?? TABS[0];
  return (
    <Page title="My profile" lead={<span style={{ overflowWrap: 'anywhere' }}>{session.userName}</span>}>
      <Tabs
        value={shown.id}
        onChange={(id) => change({ tab: id === 'about' ? undefined : (id ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List>
          {TABS.map(({ id, label, icon: Icon }) => (
            <Tabs.Tab key={id} value={id} leftSection={<Icon size={16} aria-hidden />}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map(({ id, content: Content }) => (
          <Tabs.Panel key={id} value={id} pt="lg">
            <Content />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
