import { Badge, Stack } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import {
  deleteOrganizationEndpoint,
  getOrganizationEndpoint,
  type OrganizationView,
} from '../../../../contract/organizations.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { DeleteOwner } from '../owners/delete-owner.tsx';
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
  const navigate = useNavigate();
  const remove = useChange(deleteOrganizationEndpoint);
  return (
    <DeleteOwner
      name={view.name}
      kind="organization"
      isPending={remove.isPending}
      error={remove.error}
      onDelete={(options) => remove.mutate({ params: { organization: String(view.id) } }, options)}
      onDeleted={() => void navigate({ to: '/organizations', ignoreBlocker: true })}
    >
      Only an organization without accounts, objects and memberships can be deleted. It cannot be brought
      back. To put it out of use with everything in it, disable it instead.
    </DeleteOwner>
  );
}
