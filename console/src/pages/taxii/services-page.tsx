import { ActionIcon, Badge, Group, Menu, Stack, Text } from '@mantine/core';
import { IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { listTaxiiServicesEndpoint, type TaxiiServiceItem } from '../../../../contract/taxii-services.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { formatBytes } from '../../kit/bytes.ts';
import { ColumnChoice, useColumnChoice } from '../../kit/column-choice.tsx';
import { Copy } from '../../kit/copy.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, usePages } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { apiRootUrl, discoveryUrl } from './addresses.ts';
import { DeleteService } from './delete-service.tsx';
import { scopeText } from './service-words.ts';

const PAGE = '50';

/** The TAXII services: all of them, or those that the person's organization may use. */
export function ServicesPage() {
  const { after } = useSearch({ from: '/inside/taxii-services' });
  const navigate = useNavigate();
  const { abilities, organization } = useSession();
  const [deleting, setDeleting] = useState<TaxiiServiceItem | null>(null);
  const services = useEndpoint(
    listTaxiiServicesEndpoint,
    { query: { limit: PAGE, ...(after === undefined ? {} : { after }) } },
    { keepPrevious: true },
  );
  const pages = usePages(services.data?.next);
  const canCreate = abilities['taxiiService.create'];
  const seesAll = abilities['taxiiService.view'];
  const toNew = { to: '/taxii-services/new' } as const;
  useShortcut('n', 'Create a TAXII service', () => void navigate(toNew), canCreate);
  const open = ({ id }: TaxiiServiceItem) =>
    void navigate({
      to: '/taxii-services/$service',
      params: { service: String(id) },
      search: (before) => before,
    });
  const all = columns(seesAll ? null : String(organization.id), (service) => setDeleting(service));
  const choice = useColumnChoice('taxii-services', all);
  return (
    <Page
      title="TAXII services"
      lead={
        seesAll
          ? 'The API roots at which TAXII users poll and add. Each TAXII user is bound to one of them.'
          : `The API roots at which TAXII users of ${organization.name} poll and add.`
      }
      actions={
        canCreate && (
          <ScreenButton {...toNew} leftSection={<IconPlus size={16} aria-hidden />}>
            Create TAXII service
          </ScreenButton>
        )
      }
    >
      {services.isError && services.data === undefined ? (
        <PageError error={services.error} onRetry={() => void services.refetch()} />
      ) : (
        <Stack>
          <Group justify="space-between">
            <Group gap={4} wrap="nowrap">
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                Discovery, for all of them: {discoveryUrl()}
              </Text>
              <Copy value={discoveryUrl()} what="the URL of discovery" />
            </Group>
            <ColumnChoice columns={all} {...choice} />
          </Group>
          <DataTable
            label="TAXII services"
            columns={choice.shown}
            rows={services.data?.items}
            keyOf={({ id }) => String(id)}
            onOpen={open}
            isStale={services.isPlaceholderData}
            pages={pages}
            empty={
              <Empty title="No TAXII service that your organization may use">
                An Administrator of the instance says which organizations may use which service.
              </Empty>
            }
          />
          <Paging next={services.data?.next} label="Pages of TAXII services" />
        </Stack>
      )}
      {deleting !== null && <DeleteService service={deleting} isOpen onClose={() => setDeleting(null)} />}
      <Outlet />
    </Page>
  );
}

/** `own`: the organization of a person who sees only what it may use. */
function columns(
  own: string | null,
  remove: (service: TaxiiServiceItem) => void,
): Column<TaxiiServiceItem>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      isFixed: true,
      render: (service) => (
        <Stack gap={0} miw={160}>
          <Group gap="xs">
            <ScreenLink
              to="/taxii-services/$service"
              params={{ service: String(service.id) }}
              search={(before) => before}
              fw={600}
              size="sm"
              c="inherit"
              tabIndex={-1}
            >
              {service.name}
            </ScreenLink>
            {service.strict && (
              <Badge variant="light" size="sm">
                Strict
              </Badge>
            )}
          </Group>
          {service.description !== null && (
            <Text size="sm" c="dimmed" lineClamp={1} maw={360}>
              {service.description}
            </Text>
          )}
        </Stack>
      ),
    },
    {
      id: 'path',
      header: 'API root',
      render: ({ path, name }) => (
        <Group gap={4} wrap="nowrap">
          <Text size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
            /{path}/
          </Text>
          <Copy value={apiRootUrl(path)} what={`the URL of the API root of ${name}`} />
        </Group>
      ),
    },
    { id: 'organizations', header: 'Who may use it', render: (service) => scopeText(service) },
    {
      id: 'users',
      header: 'TAXII users',
      align: 'right',
      render: (service) => <Users service={service} own={own} />,
    },
    {
      id: 'page',
      header: 'Objects on a page',
      align: 'right',
      render: ({ defaultPageSize, maxPageSize }) => (
        <span style={{ whiteSpace: 'nowrap' }}>
          {defaultPageSize.toLocaleString('en')}, at most {maxPageSize.toLocaleString('en')}
        </span>
      ),
    },
    {
      id: 'bytes',
      header: 'Page at most',
      align: 'right',
      isExtra: true,
      render: ({ maxPageBytes }) => formatBytes(maxPageBytes),
    },
    {
      id: 'content',
      header: 'Request at most',
      align: 'right',
      isExtra: true,
      render: ({ maxContentLength }) => formatBytes(maxContentLength),
    },
    ...(own === null
      ? [
          {
            id: 'responsible',
            header: 'Responsible account',
            render: ({ responsible }: TaxiiServiceItem) =>
              responsible?.name ?? (
                <Text span inherit c="dimmed">
                  nobody
                </Text>
              ),
          },
        ]
      : []),
    {
      id: 'created',
      header: 'Created',
      isExtra: true,
      render: ({ createdAt }) => <Instant at={createdAt} />,
    },
    {
      id: 'menu',
      header: 'Actions',
      isHeaderHidden: true,
      isSticky: true,
      isFixed: true,
      align: 'right',
      width: 48,
      render: (service) => <RowMenu service={service} remove={remove} />,
    },
  ];
}

function Users({ service, own }: { service: TaxiiServiceItem; own: string | null }) {
  const search = { kind: 'taxii', service: String(service.id) };
  if (own === null)
    return (
      <ScreenLink to="/accounts" search={search} size="sm" tabIndex={-1}>
        {(service.taxiiUsers ?? 0).toLocaleString('en')}
      </ScreenLink>
    );
  return (
    <ScreenLink
      to="/organizations/$organization/membership"
      params={{ organization: own }}
      search={search}
      size="sm"
      tabIndex={-1}
    >
      Show those of your organization
    </ScreenLink>
  );
}

function RowMenu({
  service,
  remove,
}: {
  service: TaxiiServiceItem;
  remove: (service: TaxiiServiceItem) => void;
}) {
  const navigate = useNavigate();
  if (!service.abilities.edit && !service.abilities.delete) return null;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" c="dimmed" aria-label={`Actions for ${service.name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {service.abilities.edit && (
          <Menu.Item
            leftSection={<IconPencil size={16} aria-hidden />}
            onClick={() =>
              void navigate({
                to: '/taxii-services/$service',
                params: { service: String(service.id) },
                search: (before) => before,
              })
            }
          >
            Edit
          </Menu.Item>
        )}
        {service.abilities.delete && (
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => remove(service)}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
