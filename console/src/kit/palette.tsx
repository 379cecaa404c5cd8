import '@mantine/spotlight/styles.css';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { listAccountsEndpoint, listAllAccountsEndpoint } from '../../../contract/account-endpoints.ts';
import { useEndpoint } from '../api/queries.ts';
import { useSession } from '../api/session.ts';
import { type Destination, destinationsOf } from './navigation.ts';

const FOUND = '8';

/** Goes anywhere that this person may go, and finds accounts by name. */
export function Palette() {
  const session = useSession();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 200);
  const accounts = useAccounts(search);
  const places: SpotlightActionGroupData[] = destinationsOf(session).map(({ title, items }) => ({
    group: title ?? 'Taxiway',
    actions: items.map(({ label, icon: Icon, to, params, keywords }) => ({
      id: label,
      label,
      keywords: keywords ?? '',
      leftSection: <Icon size={18} aria-hidden />,
      onClick: () => void navigate(placeOf(to, params)),
    })),
  }));
  const people: SpotlightActionData[] = accounts.map(
    ({ id, userName, firstName, lastName, organization }) => ({
      id: `account-${id}`,
      label: userName,
      description: [[firstName, lastName].filter(Boolean).join(' '), organization.name]
        .filter(Boolean)
        .join(' · '),
      // What the server found is not looked through again.
      keywords: text,
      onClick: () => void navigate({ to: '/accounts/$account', params: { account: String(id) } }),
    }),
  );
  return (
    <Spotlight
      attributes={{ content: { 'aria-label': 'Go anywhere' } }}
      shortcut={['mod + K']}
      actions={people.length > 0 ? [...places, { group: 'Accounts', actions: people }] : places}
      query={text}
      onQueryChange={setText}
      nothingFound="Nothing is called so"
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: 'Where to? An account, or a screen',
        'aria-label': 'Where to?',
      }}
    />
  );
}

function placeOf(to: Destination['to'], params: Destination['params']) {
  // Both come from one table, where they belong together.
  return { to: to ?? '/', params: params as never };
}

function useAccounts(search: string) {
  const { organization, abilities } = useSession();
  const query = { search, limit: FOUND };
  const isAsked = search.length > 1;
  const everywhere = useEndpoint(
    listAllAccountsEndpoint,
    { query },
    { enabled: isAsked && abilities['account.view'] },
  );
  const own = useEndpoint(
    listAccountsEndpoint,
    { params: { organization: String(organization.id) }, query },
    { enabled: isAsked && !abilities['account.view'] && organization.abilities['account.view'] },
  );
  return isAsked ? ((everywhere.data ?? own.data)?.items ?? []) : [];
}
