import { Stack } from '@mantine/core';
import type { TaxiiServiceItem } from '../../../../contract/taxii-services.ts';
import { formatBytes } from '../../kit/bytes.ts';
import { Snippet } from '../../kit/copy.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Facts } from '../accounts/facts.tsx';
import { apiRootUrl, discoveryUrl } from './addresses.ts';
import { scopeText } from './service-words.ts';

/** A TAXII service for those who see it and do not change it. */
export function ServiceFacts({ service }: { service: TaxiiServiceItem }) {
  return (
    <Stack>
      <Snippet label="API root" value={apiRootUrl(service.path)} />
      <Snippet label="Discovery" value={discoveryUrl()} />
      <Facts
        title="Configuration"
        facts={[
          ['Title', service.title],
          ['Description', service.description ?? '–'],
          ['Who may use it', scopeText(service)],
          [
            'Objects on a page',
            `${service.defaultPageSize.toLocaleString('en')}, at most ${service.maxPageSize.toLocaleString('en')}`,
          ],
          ['Size of a page', `at most ${formatBytes(service.maxPageBytes)}`],
          ['Size of a request', `at most ${formatBytes(service.maxContentLength)}`],
          ['Strict', service.strict ? 'On: objects that break STIX are refused' : 'Off'],
          ...(service.responsible === undefined
            ? []
            : [['Responsible account', service.responsible?.name ?? 'nobody'] as const]),
          ['Created', <Instant key="created" at={service.createdAt} />],
        ]}
      />
    </Stack>
  );
}
