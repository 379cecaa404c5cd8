import { Badge, Button, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconUsers } from '@tabler/icons-react';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { OwnerView, SharedKind } from '../../../../contract/owners.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { StatePanel } from '../../kit/states.tsx';
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
      actions={abilities.delete && <DeleteOwner view={view} />}
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

function DeleteOwner({ view }: { view: OwnerView }) {
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const words = KINDS[view.kind];
  const remove = useChange(words.endpoints.delete);
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Delete…
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`Delete ${view.name}?`}
        confirm={`Delete ${view.kind}`}
        isDangerous
        mustType={view.name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { params: { owner: String(view.id) } },
            {
              onSuccess: () => {
                notifications.show({ message: `${view.name} is deleted` });
                void navigate({ to: words.list });
              },
            },
          )
        }
      >
        Only one without objects and member organizations can be deleted. It cannot be brought back.
      </Confirm>
    </>
  );
}
