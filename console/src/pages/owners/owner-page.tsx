import { Badge, Tabs } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { OwnerView, SharedKind } from '../../../../contract/owners.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { StatePanel } from '../../kit/states.tsx';
import { DeleteOwner } from './delete-owner.tsx';
import { KINDS } from './kinds.ts';
import { MembersTab } from './members-tab.tsx';
import { OwnerForm } from './owner-form.tsx';
import { RolesTab } from './roles-tab.tsx';

export const CommunityPage = () => <Owner kind="community" />;
export const SourcePage = () => <Owner kind="source" />;

function Owner({ kind }: { kind: SharedKind }) {
  const { owner } = useParams({ strict: false });
  const answer = useEndpoint(KINDS[kind].endpoints.get, { params: { owner: owner ?? '' } });
  return (
    <AnsweredPage title={KINDS[kind].One} query={answer}>
      {(view) => <Shown view={view} />}
    </AnsweredPage>
  );
}

function Shown({ view }: { view: OwnerView }) {
  const words = KINDS[view.kind];
  const { abilities } = view;
  const { tab } = useSearch({ strict: false });
  const change = useSearchChange();
  const shown = tab ?? (abilities.viewMembers ? 'members' : 'about');
  return (
    <Page
      title={view.name}
      badge={
        <Badge variant="light" color={view.anonymous ? 'taxiway' : 'gray'}>
          {view.anonymous ? 'Members by pseudonym' : 'Members by name'}
        </Badge>
      }
      lead={view.description ?? (view.role === null ? undefined : `Your role here: ${view.role}`)}
      trail={[
        <ScreenLink key="all" to={words.list}>
          {words.Title}
        </ScreenLink>,
      ]}
      actions={abilities.delete && <Delete view={view} />}
    >
      <Tabs
        value={shown}
        onChange={(value) => change({ tab: value ?? undefined, search: undefined, organization: undefined })}
        keepMounted={false}
      >
        <Tabs.List>
          {abilities.viewMembers && <Tabs.Tab value="members">Member organizations</Tabs.Tab>}
          {abilities.viewMembers && <Tabs.Tab value="roles">Accounts and roles</Tabs.Tab>}
          <Tabs.Tab value="about">{abilities.edit ? 'Settings' : 'About'}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members" pt="md">
          {abilities.viewMembers ? <MembersTab view={view} /> : <NotShown />}
        </Tabs.Panel>
        <Tabs.Panel value="roles" pt="md">
          {abilities.viewMembers ? <RolesTab view={view} /> : <NotShown />}
        </Tabs.Panel>
        <Tabs.Panel value="about" pt="md">
          <OwnerForm view={view} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

const NotShown = () => (
  <StatePanel icon={IconUsers} title="Who is a member is not shown to you">
    Your role here does not include it.
  </StatePanel>
);

function Delete({ view }: { view: OwnerView }) {
  const navigate = useNavigate();
  const words = KINDS[view.kind];
  const remove = useChange(words.endpoints.delete);
  return (
    <DeleteOwner
      name={view.name}
      kind={view.kind}
      isPending={remove.isPending}
      error={remove.error}
      onDelete={(options) => remove.mutate({ params: { owner: String(view.id) } }, options)}
      onDeleted={() => void navigate({ to: words.list, ignoreBlocker: true })}
    >
      Only one without objects and member organizations can be deleted. It cannot be brought back.
    </DeleteOwner>
  );
}
