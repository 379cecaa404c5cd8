import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isStale } from './forms.ts';
import { merge } from './stored-merge.ts';

type Value = string | number | boolean;
type Stored<Values> = { version: number; values: Values };
/** What is asked of the change that saves the form. */
type Save = { isPending: boolean; isSuccess: boolean; error: Error | null; reset: () => void };

export type StoredForm<Values> = {
  values: Values;
  set: <Name extends keyof Values>(name: Name, value: Values[Name]) => void;
  isDirty: boolean;
  /** The version that is edited: what a save names. */
  version: number;
  /** What was stored when the editing began. */
  base: Values;
  discard: () => void;
  /** To be called when it is saved, before the request. */
  sending: () => void;
  /** Fields that somebody else set to something else than is entered here. */
  conflicts: readonly (keyof Values & string)[];
  /** What is stored now; what is in conflict differs from it. */
  stored: Values;
  keep: () => void;
  take: () => void;
};

/**
 * The values of a form of something that is stored, and that somebody else, or another form of the same screen, may change
 * while they are edited. What one has not touched follows what is stored; what one has entered stays, and where
 * somebody else changed the very same, one decides.
 * @param isOpaque What is stored is not shown, such as a secret: every change of it is one of the same.
 */
export function useStoredForm<Values extends Record<string, Value>>(
  stored: Stored<Values>,
  save: Save,
  isOpaque = false,
): StoredForm<Values> {
  useReloadWhenStale(save.error);
  const [base, setBase] = useState(stored);
  const [values, setValues] = useState(stored.values);
  const [sent, setSent] = useState<Values>();
  const { isPending, isSuccess } = save;
  const mine = { base: base.values, values, sent: isSuccess ? sent : undefined };
  const isNewer = stored.version !== base.version && !isPending;
  const merged = merge(mine, stored.values, isOpaque);
  const conflicts = isNewer ? merged.conflicts : [];
  const adopt = (next: Values) => {
    setBase(stored);
    setValues(next);
    setSent(undefined);
  };
  // What is shown follows what is stored before anybody sees the difference.
  if (isNewer && conflicts.length === 0) adopt(merged.values);

  return {
    values,
    set: (name, value) => setValues((before) => ({ ...before, [name]: value })),
    isDirty: Object.keys(values).some((name) => values[name] !== base.values[name]),
    version: base.version,
    base: base.values,
    discard: () => {
      setValues(base.values);
      save.reset();
    },
    sending: () => setSent(values),
    conflicts,
    stored: stored.values,
    keep: () => {
      adopt(merged.values);
      save.reset();
    },
    take: () => {
      adopt(stored.values);
      save.reset();
    },
  };
}

/** What was refused because somebody else changed it meanwhile is fetched anew. */
export function useReloadWhenStale(error: Error | null): void {
  const client = useQueryClient();
  useEffect(() => {
    if (isStale(error)) void client.invalidateQueries();
  }, [client, error]);
}

type MeanwhileProps<Values> = {
  form: StoredForm<Values>;
  labels: { readonly [Name in keyof Values]: string };
  /** How a value is shown. */
  show?: (value: Value, name: keyof Values & string) => string;
};

/** Both what is entered and what somebody else stored meanwhile, and the choice between them. */
export function Meanwhile<Values extends Record<string, Value>>({
  form,
  labels,
  show = showValue,
}: MeanwhileProps<Values>) {
  if (form.conflicts.length === 0) return null;
  return (
    <Alert color="orange" title="Somebody else changed the same meanwhile" role="alert">
      <Stack gap="sm">
        <Table aria-label="What differs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Stored now</Table.Th>
              <Table.Th>Entered here</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {form.conflicts.map((name) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{labels[name]}</Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {show(form.stored[name] ?? '', name)}
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {show(form.values[name] ?? '', name)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={form.take}>
            Take what is stored
          </Button>
          <Button size="xs" variant="default" onClick={form.keep}>
            Keep what is entered here
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** The end of a form: saves it, or gives up what was entered. */
export function SaveChanges({
  form,
  isPending,
  isReady = true,
}: {
  form: { isDirty: boolean; conflicts: readonly string[]; discard: () => void };
  isPending: boolean;
  isReady?: boolean;
}) {
  return (
    <Group>
      <Button
        type="submit"
        disabled={!form.isDirty || !isReady || form.conflicts.length > 0}
        loading={isPending}
      >
        Save changes
      </Button>
      {form.isDirty && (
        <Button variant="default" onClick={form.discard}>
          Discard
        </Button>
      )}
    </Group>
  );
}

/** After a refusal as stale that left nothing to decide. */
export function SaveOnceMore({
  form,
  error,
}: {
  form: { conflicts: readonly string[] };
  error: Error | null;
}) {
  if (!isStale(error) || form.conflicts.length > 0) return null;
  return (
    <Alert color="orange" title="Somebody else changed something meanwhile" role="alert">
      <Text size="sm">
        What is shown is as it is stored now, with what you entered kept. Save once more if it still holds.
      </Text>
    </Alert>
  );
}

function showValue(value: Value): string {
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  return value === '' ? 'nothing' : String(value);
}
