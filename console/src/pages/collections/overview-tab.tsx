import { Alert, Badge, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ObjectDetails } from '../../../../contract/intelligence.ts';
import { formatBytes } from '../../kit/bytes.ts';
import { Copy } from '../../kit/copy.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Facts } from '../accounts/facts.tsx';
import { defangLabel, defangUrls, withVisibleControls } from './defang.ts';
import { ExternalReferences } from './external-references.tsx';
import { FieldValue } from './field-value.tsx';
import {
  externalReferencesOf,
  fieldTitle,
  isStixId,
  killChainPhasesOf,
  type Member,
  readObject,
  sectionsOf,
  withKeys,
} from './stix.ts';

/** What an object says, member by member: those of the standard, and those that are somebody's own. */
export function OverviewTab({ object, collection }: { object: ObjectDetails; collection: string }) {
  const read = readObject(object.json);
  if (read === undefined)
    return (
      <Alert color="orange">The text of this object cannot be read. The JSON tab has it as it is.</Alert>
    );
  const { main, origin, own } = sectionsOf(read);
  const phases = killChainPhasesOf(read);
  const references = externalReferencesOf(read);
  const fact =
    (titleOf: (name: string) => string) =>
    ([name, value]: Member) =>
      [
        titleOf(name),
        name === 'created_by_ref' && typeof value === 'string' && isStixId(value) ? (
          <Creator key={name} object={object} id={value} collection={collection} />
        ) : (
          <FieldValue key={name} name={name} value={value} collection={collection} type={object.type} />
        ),
      ] as const;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
      <Stack>
        {main.length > 0 && <Facts title="What it says" facts={main.map(fact(fieldTitle))} />}
        {phases.length > 0 && (
          <Card withBorder component="section" aria-label="Kill chain phases">
            <Title order={2} size="h5" mb="xs">
              Kill chain phases
            </Title>
            <Group gap="xs">
              {withKeys(phases).map(({ key, value: { chain, phase } }) => (
                <Badge key={key} variant="light" color="orange" radius="sm">
                  {defangUrls(`${chain}: ${phase}`)}
                </Badge>
              ))}
            </Group>
          </Card>
        )}
        {own.length > 0 && <Facts title="Further properties" facts={own.map(fact(withVisibleControls))} />}
      </Stack>
      <Stack>
        <Facts
          title="Where it comes from"
          facts={[
            [
              'Id',
              <Group key="id" gap={4} wrap="nowrap" align="flex-start">
                <Text span ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {object.id}
                </Text>
                <Copy value={object.id} what="the id" />
              </Group>,
            ],
            ...origin.map(fact(fieldTitle)),
            ['Date added', <Instant key="added" at={object.dateAdded} />],
            ['STIX version', object.specVersion],
            ['Size', formatBytes(object.size)],
          ]}
        />
        {references.length > 0 && <ExternalReferences references={references} collection={collection} />}
      </Stack>
    </SimpleGrid>
  );
}

function Creator({ object, id, collection }: { object: ObjectDetails; id: string; collection: string }) {
  const name = object.creator?.name ?? null;
  if (name === null)
    return (
      <Text span ff="monospace" size="sm">
        {id}
      </Text>
    );
  return (
    <ScreenLink to="/collections/$collection/objects/$object" params={{ collection, object: id }} size="sm">
      <bdi>{defangLabel('identity', name)}</bdi>
    </ScreenLink>
  );
}
