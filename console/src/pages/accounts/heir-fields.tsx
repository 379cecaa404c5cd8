import { Alert, List, Select, Stack, Text, Title } from '@mantine/core';
import type { DeletionPreview, ResponsibilityKind } from '../../../../contract/accounts.ts';
import { capital, counted } from './facts.tsx';

/** Who takes over, by what there is to take over; an account by its id. */
export type Heirs = Partial<Record<ResponsibilityKind, number>>;

/** Those who take over unless others are chosen. */
export function usualHeirs({ responsibilities }: DeletionPreview): Heirs {
  return Object.fromEntries(
    responsibilities.flatMap(({ kind, preselected }) => (preselected === null ? [] : [[kind, preselected]])),
  );
}

/** Whether somebody takes over everything. */
export const isInherited = ({ responsibilities }: DeletionPreview, heirs: Heirs): boolean =>
  responsibilities.every(({ kind }) => heirs[kind] !== undefined);

/** What runs as an account, kind by kind. */
export function Responsibilities({ preview }: { preview: DeletionPreview }) {
  if (preview.responsibilities.length === 0)
    return <Text>Nothing runs as this account, and it is responsible for nothing.</Text>;
  return (
    <Stack>
      {preview.responsibilities.map(({ kind, title, items }) => (
        <div key={kind}>
          <Title order={3} size="h5">
            {capital(title)}
          </Title>
          <Text size="sm" c="dimmed">
            {counted(items.length, 'item')}
          </Text>
          <List>
            {items.map(({ id, name }) => (
              <List.Item key={id}>{name}</List.Item>
            ))}
          </List>
        </div>
      ))}
    </Stack>
  );
}

/** Chooses who takes over what an account is responsible for. */
export function HeirFields({
  preview,
  heirs,
  onChange,
  errors = {},
}: {
  preview: DeletionPreview;
  heirs: Heirs;
  onChange: (heirs: Heirs) => void;
  errors?: Readonly<Record<string, string>>;
}) {
  if (preview.responsibilities.length === 0)
    return <Text>Nobody has to take over anything: the account is responsible for nothing.</Text>;
  return (
    <Stack>
      <Text>
        Somebody takes over what the account is responsible for. Who comes first in the membership list is
        chosen already; choose another where somebody else fits better.
      </Text>
      {preview.responsibilities.map(({ kind, title, items, candidates }) =>
        candidates.length === 0 ? (
          <Alert key={kind} color="orange" title={`Nobody can take over: ${title}`}>
            There is no active account that may. Create one, or give an account of the organization the right
            role, and come back.
          </Alert>
        ) : (
          <Select
            key={kind}
            label={`Who takes over: ${title}`}
            description={items
              .slice(0, 5)
              .map(({ name }) => name)
              .join(', ')}
            error={errors[kind]}
            data={candidates.map(({ id, userName, name }) => ({
              value: String(id),
              label: name === null ? userName : `${name} (${userName})`,
            }))}
            value={heirs[kind] === undefined ? null : String(heirs[kind])}
            onChange={(value) => {
              if (value !== null) onChange({ ...heirs, [kind]: Number(value) });
            }}
            allowDeselect={false}
            searchable
            nothingFoundMessage="Nobody of that name may take over"
            maw={520}
          />
        ),
      )}
    </Stack>
  );
}
