import {
  Accordion,
  Alert,
  Badge,
  Card,
  Group,
  List,
  SegmentedControl,
  Select,
  Stack,
  Text,
  ThemeIcon,
} from '@mantine/core';
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import {
  type AccountRights,
  getAccountRightsEndpoint,
  type Place,
  type Right,
} from '../../../../contract/rights.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered } from '../../kit/states.tsx';
import { CREDENTIAL_WORDS, isPerson, nameOf } from './account-words.ts';
import { listed } from './facts.tsx';

/** Why the account may do something, or may not: place by place, and through which role. */
export function RightsTab({ account }: { account: AccountDetails }) {
  const rights = useEndpoint(getAccountRightsEndpoint, { params: { account: String(account.id) } });
  return <Answered query={rights}>{(found) => <Rights rights={found} name={nameOf(account)} />}</Answered>;
}

const FILTERS = {
  all: () => true,
  granted: ({ granted }: Right) => granted === true,
  not: ({ granted }: Right) => granted !== true,
} as const;

function Rights({ rights, name }: { rights: AccountRights; name: string }) {
  const { permission } = useSearch({ from: '/inside/accounts/$account' });
  const changeSearch = useSearchChange();
  const [filter, setFilter] = useState<keyof typeof FILTERS>('all');
  const known = new Map(
    rights.places.flatMap((place) => place.rights.map(({ permission: name, text }) => [name, text] as const)),
  );
  const places = rights.places
    .map((place) => ({
      ...place,
      rights: place.rights.filter(
        (right) => (permission === undefined || right.permission === permission) && FILTERS[filter](right),
      ),
    }))
    .filter((place) => place.rights.length > 0);
  return (
    <Stack>
      {rights.withheld !== null && (
        <Alert color="orange" title={`${name} may do nothing at all now`}>
          {rights.withheld}
        </Alert>
      )}
      {rights.machine?.serviceWhyNot != null && (
        <Alert color="orange" title={`${name} cannot use TAXII now`}>
          {rights.machine.serviceWhyNot}
        </Alert>
      )}
      <Text>
        {rights.systemRole === null ? '' : `System role ${rights.systemRole}, `}
        Organization role {rights.organizationRole}. {rights.groupsNote}
      </Text>
      <Group align="flex-end">
        <Select
          label={`Why ${name} may or may not …`}
          placeholder="Any right: type a part of it"
          searchable
          clearable
          data={[...known].map(([value, label]) => ({ value, label }))}
          value={permission ?? null}
          onChange={(value) => changeSearch({ permission: value ?? undefined })}
          nothingFoundMessage="There is no such right"
          w={460}
          maw="100%"
        />
        <SegmentedControl
          aria-label="Which rights"
          value={filter}
          onChange={(value) => setFilter(value as keyof typeof FILTERS)}
          data={[
            { value: 'all', label: 'All' },
            { value: 'granted', label: 'Granted' },
            { value: 'not', label: 'Not granted' },
          ]}
        />
      </Group>
      {rights.machine !== null && rights.machine.credentials.length > 0 && (
        <CredentialBounds machine={rights.machine} />
      )}
      {places.length === 0 && <Text c="dimmed">There is no such right in any place.</Text>}
      {permission === undefined ? (
        <Accordion multiple variant="separated" defaultValue={rights.places.slice(2, 3).map(keyOf)} order={2}>
          {places.map((place) => (
            <Accordion.Item key={keyOf(place)} value={keyOf(place)}>
              <Accordion.Control>
                <PlaceTitle place={place} isPerson={isPerson(rights.account)} />
              </Accordion.Control>
              <Accordion.Panel>
                <PlaceRights place={place} name={name} isPerson={isPerson(rights.account)} />
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      ) : (
        places.map((place) => (
          <Card key={keyOf(place)} withBorder component="section" aria-label={place.title}>
            <PlaceTitle place={place} isPerson={isPerson(rights.account)} />
            <PlaceRights place={place} name={name} isPerson={isPerson(rights.account)} />
          </Card>
        ))
      )}
      {rights.more && (
        <Text c="dimmed">
          {name} has roles in more communities and sources than are explained here at once.
        </Text>
      )}
    </Stack>
  );
}

const keyOf = ({ kind, owner }: Place): string => `${kind}-${owner?.id ?? 'all'}`;

const PLACE_KINDS: Readonly<Record<Place['kind'], string>> = {
  instance: '',
  account: '',
  organization: 'organization',
  community: 'community',
  source: 'source',
  other_organizations: '',
  other_owners: '',
};

function PlaceTitle({ place, isPerson: isSomebody }: { place: Place; isPerson: boolean }) {
  const granted = place.rights.filter((right) => right.granted === true).length;
  return (
    <Group gap="xs">
      <Text fw={600}>{place.title}</Text>
      {PLACE_KINDS[place.kind] !== '' && (
        <Text size="sm" c="dimmed">
          {place.kind === 'organization' && (isSomebody ? 'their ' : 'its ')}
          {PLACE_KINDS[place.kind]}
        </Text>
      )}
      {place.communityRole !== null && (
        <Badge variant="light" radius="sm">
          {place.communityRole}
        </Badge>
      )}
      <Text size="sm" c="dimmed">
        {granted} of {place.rights.length} granted
      </Text>
    </Group>
  );
}

type Whose = { name: string; isPerson: boolean };

function PlaceRights({ place, ...whose }: { place: Place } & Whose) {
  return (
    <Stack gap="sm" mt="xs">
      {place.note !== null && <Text c="dimmed">{place.note}</Text>}
      <List listStyleType="none" spacing="sm" aria-label={`Rights: ${place.title}`}>
        {place.rights.toSorted(byVerdict).map((right) => (
          <List.Item key={right.permission} icon={<Verdict granted={right.granted} />}>
            <RightText right={right} {...whose} />
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

const VERDICTS = {
  yes: { icon: IconCheck, color: 'green', text: 'Granted' },
  no: { icon: IconX, color: 'gray', text: 'Not granted' },
  open: { icon: IconQuestionMark, color: 'yellow', text: 'Not known to you' },
} as const;

/** What is granted comes first. */
const byVerdict = (a: Right, b: Right) => Number(b.granted ?? 0.5) - Number(a.granted ?? 0.5);

function Verdict({ granted }: { granted: boolean | null }) {
  const { icon: Icon, color, text } = VERDICTS[granted === null ? 'open' : granted ? 'yes' : 'no'];
  return (
    <ThemeIcon size={22} radius="xl" variant="light" color={color}>
      <Icon size={14} aria-hidden />
      <span className="visually-hidden">{text}: </span>
    </ThemeIcon>
  );
}

function RightText({ right, name, isPerson: isSomebody }: { right: Right } & Whose) {
  const its = isSomebody ? 'their' : 'its';
  const through = listed(right.through.map(({ from }) => from));
  const why =
    right.granted === true
      ? `Through ${through}.`
      : right.granted === null
        ? `That depends on the System role of ${name}, which is not shown to you.`
        : right.withheld !== null
          ? `${through === '' ? '' : `${isSomebody ? 'They' : 'It'} would have it through ${through}. `}${right.withheld}`
          : `None of ${its} roles gives it.`;
  return (
    <>
      <Text>{right.text}</Text>
      <Text size="sm" c="dimmed">
        {[why, ...right.only].join(' ')}
      </Text>
    </>
  );
}

function CredentialBounds({ machine }: { machine: NonNullable<AccountRights['machine']> }) {
  const bound = machine.credentials.filter(({ bounds }) => bounds.length > 0);
  if (bound.length === 0) return null;
  return (
    <Alert color="taxiway" title="Beside its roles, its credentials are bound">
      <List>
        {bound.map(({ id, kind, hint, bounds }) => (
          <List.Item key={id}>
            {CREDENTIAL_WORDS[kind].title}
            {hint === null ? '' : ` ending in ${hint}`}: {bounds.join(' ')}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
