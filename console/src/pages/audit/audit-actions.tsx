import { Alert, Badge, Button, List, Menu, Text } from '@mantine/core';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import {
  type AuditVerification,
  exportAuditCsvEndpoint,
  exportAuditJsonlEndpoint,
  exportOrganizationAuditCsvEndpoint,
  exportOrganizationAuditJsonlEndpoint,
  verifyAuditEndpoint,
} from '../../../../contract/audit.ts';
import { type ApiError, call, fetchFile } from '../../api/client.ts';
import { saveFile } from '../../kit/save-file.ts';
import { Refusal } from '../../kit/states.tsx';
import { counted } from '../accounts/facts.tsx';
import { type AuditFilters, filterQuery } from './audit-query.ts';

type Format = 'csv' | 'jsonl';

function fetchTrail(organization: string | undefined, filters: AuditFilters, format: Format): Promise<Blob> {
  const query = filterQuery(filters);
  if (organization !== undefined)
    return fetchFile(
      format === 'csv' ? exportOrganizationAuditCsvEndpoint : exportOrganizationAuditJsonlEndpoint,
      { params: { organization }, query },
    );
  return fetchFile(format === 'csv' ? exportAuditCsvEndpoint : exportAuditJsonlEndpoint, {
    query: { ...query, organization: filters.organization },
  });
}

/** Takes what is shown, on all pages, as a file. */
export function useExport(organization: string | undefined, filters: AuditFilters) {
  const fetching = useMutation<Blob, ApiError, Format>({
    mutationFn: (format) => fetchTrail(organization, filters, format),
    onSuccess: (blob, format) =>
      saveFile(blob, `audit${organization === undefined ? '' : `-${organization}`}.${format}`),
  });
  return {
    button: (
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            loading={fetching.isPending}
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>What the filters show, the oldest first</Menu.Label>
          <Menu.Item onClick={() => fetching.mutate('csv')}>As CSV, for a spreadsheet</Menu.Item>
          <Menu.Item onClick={() => fetching.mutate('jsonl')}>As JSON Lines, with the proof</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    ),
    refusal: <Refusal error={fetching.error} title="The trail was not exported" />,
  };
}

/** Recomputes the hash chains, and says whether anything was changed afterwards. */
export function useVerification(organization: string | undefined) {
  const verify = useMutation<AuditVerification, ApiError>({
    mutationFn: () =>
      call(verifyAuditEndpoint, {
        body: organization === undefined ? {} : { organization: Number(organization) },
      }),
  });
  const { data } = verify;
  return {
    button: (
      <Button
        variant="default"
        loading={verify.isPending}
        leftSection={<IconShieldCheck size={16} aria-hidden />}
        onClick={() => verify.mutate()}
      >
        Verify
      </Button>
    ),
    badge: (
      <span role="status">
        {data?.isIntact === true && (
          <Badge
            variant="light"
            color="green"
            size="lg"
            leftSection={<IconShieldCheck size={14} aria-hidden />}
          >
            {`Intact: ${counted(data.events, 'event')} in ${counted(data.chains, 'chain')}`}
          </Badge>
        )}
      </span>
    ),
    problems:
      data?.isIntact === false ? (
        <Problems verification={data} />
      ) : (
        <Refusal error={verify.error} title="The trail was not verified" />
      ),
  };
}

function Problems({ verification }: { verification: AuditVerification }) {
  const { problems, hasMore, events, chains } = verification;
  return (
    <Alert color="red" title="The audit trail was changed afterwards" role="alert">
      <Text size="sm">
        Of {counted(events, 'event')} in {counted(chains, 'chain')}; of each chain the first that is wrong:
      </Text>
      <List size="sm">
        {problems.map(({ organizationId, organization, part, sequence, message, at }) => (
          <List.Item key={`${organizationId ?? 'instance'} ${part} ${sequence}`}>
            {organization ?? 'The instance'}, {part === 'events' ? 'event' : 'checkpoint'} at place {sequence}
            {at === null ? '' : ` (${at})`}: {message}
          </List.Item>
        ))}
      </List>
      {hasMore && <Text size="sm">There are more chains with problems than stand here.</Text>}
    </Alert>
  );
}
