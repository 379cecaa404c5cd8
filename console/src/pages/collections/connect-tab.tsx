import { Alert, Card, Select, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { listTaxiiServicesEndpoint } from '../../../../contract/taxii-services.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';
import { Snippet } from '../../kit/copy.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { collectionUrl, discoveryUrl } from '../taxii/addresses.ts';

type Props = {
  collection: string;
  owner: string;
  /** Undefined: the person does not see how it is configured. */
  isWritable: boolean | undefined;
};

/** What a TAXII client is configured with in order to poll a collection, or to add to it. */
export function ConnectTab({ collection, owner, isWritable }: Props) {
  const { abilities, organization } = useSession();
  const seesServices = abilities['taxiiService.view'] || organization.abilities['taxiiService.view'];
  const services = useEndpoint(
    listTaxiiServicesEndpoint,
    { query: { limit: '100' } },
    { enabled: seesServices },
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const items = services.data?.items ?? [];
  const path = chosen ?? items[0]?.path;
  return (
    <Card withBorder maw={820}>
      <Stack>
        <Title order={2} size="h5">
          How a client reaches this collection
        </Title>
        <Text size="sm" c="dimmed">
          A TAXII 2.1 client takes the URL of discovery or of an API root, the name of a TAXII user and its
          password, and finds the collection under the title {owner}, as far as that TAXII user may see it.
          The TAXII view of its account says whether it does.
        </Text>
        <Snippet label="Discovery" value={discoveryUrl()} />
        {items.length > 1 && (
          <Select
            label="TAXII service"
            description="The one that the TAXII user is bound to."
            allowDeselect={false}
            value={path ?? null}
            onChange={setChosen}
            data={items.map((item) => ({ value: item.path, label: `${item.name} (/${item.path}/)` }))}
            maw={420}
          />
        )}
        <Snippet
          label="URL of the collection"
          value={collectionUrl(path ?? '<path of the TAXII service>', collection)}
        />
        <Snippet label="Id of the collection" value={collection} />
        {isWritable === false && (
          <Alert title="It is not writable">
            Clients poll it. Nothing is added to it over TAXII until it is made writable.
          </Alert>
        )}
        {organization.abilities['account.create'] && (
          <Text size="sm">
            <ScreenLink
              to="/organizations/$organization/membership/new/$kind"
              params={{ organization: String(organization.id), kind: KIND_WORDS.taxii.path }}
              underline="always"
            >
              Create a TAXII user
            </ScreenLink>{' '}
            for a client that has none.
          </Text>
        )}
      </Stack>
    </Card>
  );
}
