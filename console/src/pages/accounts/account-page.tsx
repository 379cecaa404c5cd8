import { Group, NativeSelect, Stack, Tabs } from '@mantine/core';
import { Outlet, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import { getAccountEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { KindLabel } from '../../kit/account-kind.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Loading } from '../../kit/states.tsx';
import { PendingBadges, StatusChip } from '../../kit/status-chip.tsx';
import { AccountActions } from './account-actions.tsx';
import { AccountAudit } from './account-audit.tsx';
import { isPerson, nameOf } from './account-words.ts';
import { AuthenticatorTab } from './authenticator-tab.tsx';
import { CommunityRolesTab } from './community-roles-tab.tsx';
import { GroupsTab } from './groups-tab.tsx';
import { InvitationNotice } from './invitation-notice.tsx';
import { KeysTab } from './keys-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { RightsTab } from './rights-tab.tsx';
import { SessionsTab } from './sessions-tab.tsx';
import { StatusLine } from './status-line.tsx';
import { TaxiiTab } from './taxii-tab.tsx';

/** Draws charts, which are large. */
const UsageTab = lazy(async () => ({ default: (await import('./usage-tab.tsx')).UsageTab }));

type Tab = {
  id: string;
  title: string;
  isThere: (account: AccountDetails) => boolean;
  content: ComponentType<{ account: AccountDetails }>;
};

const always = () => true;
const isMachine = (account: AccountDetails) => !isPerson(account);
const isTaxii = ({ kind }: AccountDetails) => kind === 'taxii';

const TABS: readonly Tab[] = [
  { id: 'overview', title: 'Overview', isThere: always, content: OverviewTab },
  { id: 'rights', title: 'Rights', isThere: always, content: RightsTab },
  { id: 'keys', title: 'Credentials', isThere: isMachine, content: KeysTab },
  { id: 'taxii', title: 'TAXII view', isThere: isTaxii, content: TaxiiTab },
  { id: 'usage', title: 'Usage', isThere: isTaxii, content: UsageTab },
  {
    id: 'sessions',
    title: 'Sessions',
    isThere: (account) => isPerson(account) && account.abilities.endSessions,
    content: SessionsTab,
  },
  { id: 'authenticator', title: 'Second factor', isThere: isPerson, content: AuthenticatorTab },
  { id: 'groups', title: 'Groups', isThere: isPerson, content: GroupsTab },
  { id: 'community-roles', title: 'Community roles', isThere: always, content: CommunityRolesTab },
  {
    id: 'audit',
    title: 'Audit trail',
    isThere: ({ abilities }) => abilities.viewAudit,
    content: AccountAudit,
  },
];

/** Everything about one account, and what can be done with it. */
export function AccountPage() {
  const { account } = useParams({ from: '/inside/accounts/$account' });
  const details = useEndpoint(getAccountEndpoint, { params: { account } });
  return (
    <AnsweredPage title="Account" query={details}>
      {(found) => <Account key={found.id} account={found} />}
    </AnsweredPage>
  );
}

function Account({ account }: { account: AccountDetails }) {
  const { organization, abilities } = useSession();
  const { tab } = useSearch({ from: '/inside/accounts/$account' });
  const changeSearch = useSearchChange();
  const tabs = TABS.filter(({ isThere }) => isThere(account));
  const current = tabs.find(({ id }) => id === tab) ?? tabs[0];
  const choose = (id: string | null) =>
    changeSearch({ tab: id === 'overview' ? undefined : (id ?? undefined), permission: undefined });
  const seesMembership =
    abilities['account.view'] ||
    (organization.abilities['account.view'] && organization.id === account.organization.id);
  const name = nameOf(account);
  return (
    <Page
      title={name}
      badge={
        <>
          <StatusChip account={account} />
          <PendingBadges account={account} />
        </>
      }
      lead={
        <>
          <Group gap={6} style={{ overflowWrap: 'anywhere' }}>
            <KindLabel kind={account.kind} />
            {name !== account.userName && <span>· {account.userName}</span>}
            <span>· {account.organization.name}</span>
          </Group>
          <StatusLine account={account} />
        </>
      }
      trail={
        seesMembership
          ? [
              <ScreenLink
                key="membership"
                to="/organizations/$organization/membership"
                params={{ organization: String(account.organization.id) }}
              >
                Membership of {account.organization.name}
              </ScreenLink>,
            ]
          : []
      }
      actions={<AccountActions account={account} />}
    >
      <InvitationNotice account={account} />
      <NativeSelect
        hiddenFrom="sm"
        label="Part of this page"
        value={current?.id}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
        data={tabs.map(({ id, title }) => ({ value: id, label: title }))}
      />
      <Tabs value={current?.id ?? null} onChange={choose} keepMounted={false}>
        <Tabs.List visibleFrom="sm" aria-label="Parts of this page" mb="md">
          {tabs.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ id, content: Content }) => (
          <Tabs.Panel key={id} value={id}>
            <Stack>
              <Suspense fallback={<Loading />}>
                <Content account={account} />
              </Suspense>
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
      <Outlet />
    </Page>
  );
}
