import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconClipboardCheck, IconPlus, IconTableImport } from '@tabler/icons-react';
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import {
  getOrganizationEndpoint,
  getSeatsEndpoint,
  type OrganizationView,
} from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';
import { Page } from '../../kit/page.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { useOrganizationTrail } from '../organizations/trail.tsx';
import { AccountsTable } from './accounts-table.tsx';
import type { TableSearch } from './filters.ts';
import { type Creation, Gauges, stripsOf } from './gauges.tsx';

/** The accounts of an organization: how many more fit, the table of them, and the ways to more. */
export function MembershipPage() {
  const { organization } = useParams({ strict: false });
  const id = organization ?? '';
  const shown = useEndpoint(getOrganizationEndpoint, { params: { organization: id } });
  if (shown.data === undefined)
    return (
      <Page title="Membership">
        <Answered query={shown}>{() => null}</Answered>
      </Page>
    );
  return <Membership organization={shown.data} />;
}

function Membership({ organization }: { organization: OrganizationView }) {
  const search = useSearch({ strict: false }) as TableSearch;
  const id = String(organization.id);
  const { abilities } = organization;
  const seats = useEndpoint(getSeatsEndpoint, { params: { organization: id } }, { enabled: abilities.seats });
  const creations = seats.data === undefined ? [] : stripsOf(seats.data).map(({ creation }) => creation);
  return (
    <Page
      title="Membership"
      trail={useOrganizationTrail(organization)}
      lead={`The accounts of ${organization.name}.`}
      actions={
        abilities.createAccounts && (
          <>
            <Button
              variant="default"
              leftSection={<IconClipboardCheck size={16} aria-hidden />}
              renderRoot={(props) => (
                <Link to="/organizations/$organization/review" params={{ organization: id }} {...props} />
              )}
            >
              Review
            </Button>
            <Button
              variant="default"
              leftSection={<IconTableImport size={16} aria-hidden />}
              renderRoot={(props) => (
                <Link to="/organizations/$organization/import" params={{ organization: id }} {...props} />
              )}
            >
              Import CSV
            </Button>
            <CreateMenu organization={id} creations={creations} search={search} />
          </>
        )
      }
    >
      {abilities.seats && abilities.createAccounts && (
        <Gauges seats={seats.data} organization={organization} search={search} />
      )}
      <AccountsTable
        search={search}
        organization={{ id, name: organization.name }}
        whenEmpty={
          <Empty title="There are no accounts yet">
            {abilities.createAccounts
              ? 'Create the first one above, or import several from a CSV file.'
              : 'Whoever administers the organization creates them.'}
          </Empty>
        }
      />
      <Outlet />
    </Page>
  );
}

function CreateMenu({
  organization,
  creations,
  search,
}: {
  organization: string;
  creations: readonly Creation[];
  search: TableSearch;
}) {
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  useShortcut('n', 'Create an account', () => setOpen(true), creations.length > 0);
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-end" width={290}>
      <Menu.Target>
        <Button
          leftSection={<IconPlus size={16} aria-hidden />}
          rightSection={<IconChevronDown size={16} aria-hidden />}
          aria-keyshortcuts="n"
        >
          Create
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {creations.map(({ kind, canCreate, whyNot }) => {
          const { title, icon: Icon } = KIND_WORDS[kind];
          return (
            <Menu.Item
              key={kind}
              leftSection={<Icon size={16} aria-hidden />}
              disabled={!canCreate}
              onClick={() =>
                void navigate({
                  to: '/organizations/$organization/membership/new/$kind',
                  params: { organization, kind: KIND_WORDS[kind].path },
                  search,
                })
              }
            >
              {title}
              {whyNot !== null && (
                <>
                  <br />
                  <small>{whyNot}</small>
                </>
              )}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
