import { Badge, Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import {
  deleteOrganizationEndpoint,
  getOrganizationEndpoint,
  type OrganizationView,
} from '../../../../contract/organizations.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { AboutForm, LimitsForm, PermissionsForm } from './organization-forms.tsx';

/** One organization: its name, its limits, what its people may do, and its end. */
export function OrganizationPage() {
  const { organization } = useParams({ from: '/inside/organizations/$organization/settings' });
  const answer = useEndpoint(getOrganizationEndpoint, { params: { organization } });
  return (
    <AnsweredPage title="Organization" query={answer}>
      {(view) => <Organization view={view} />}
    </AnsweredPage>
  );
}

function Organization({ view }: { view: OrganizationView }) {
  const { abilities } = useSession();
  const params = { organization: String(view.id) };
  return (
    <Page
      title={view.name}
      badge={
        view.disabled && (
          <Badge variant="light" color="gray">
            Disabled
          </Badge>
        )
      }
      lead={view.description ?? undefined}
      trail={
        abilities['organization.list']
          ? [
              <ScreenLink key="all" to="/organizations">
                Organizations
              </ScreenLink>,
            ]
          : []
      }
      actions={
        <>
          {view.abilities.delete && <DeleteOrganization view={view} />}
          {abilities['account.view'] && (
            <>
              <ScreenButton variant="default" to="/organizations/$organization/audit" params={params}>
                Audit trail
              </ScreenButton>
              <ScreenButton variant="default" to="/organizations/$organization/groups" params={params}>
                User groups
              </ScreenButton>
              <ScreenButton to="/organizations/$organization/membership" params={params}>
                Membership
              </ScreenButton>
            </>
          )}
        </>
      }
    >
      <Stack gap="lg">
        {view.abilities.edit && <AboutForm view={view} />}
        {view.limits !== null && view.used !== null && (
          <LimitsForm view={view} limits={view.limits} used={view.used} />
        )}
        {view.abilities.permissions && <PermissionsForm view={view} />}
      </Stack>
    </Page>
  );
}

function DeleteOrganization({ view }: { view: OrganizationView }) {
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const remove = useChange(deleteOrganizationEndpoint);
  return (
    <Group>
      <Button variant="default" onClick={() => setOpen(true)}>
        Delete…
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`Delete ${view.name}?`}
        confirm="Delete organization"
        isDangerous
        mustType={view.name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { params: { organization: String(view.id) } },
            {
              onSuccess: () => {
                notifications.show({ message: `${view.name} is deleted` });
                void navigate({ to: '/organizations' });
              },
            },
          )
        }
      >
        Only an organization without accounts, objects and memberships can be deleted. It cannot be brought
        back. To put it out of use with everything in it, disable it instead.
      </Confirm>
    </Group>
  );
}
