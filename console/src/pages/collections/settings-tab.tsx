import { Alert, Button, Card, Group, Stack, Switch, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import {
  type CollectionItem,
  editCollectionEndpoint,
  getCollectionEndpoint,
} from '../../../../contract/collections.ts';
import { call } from '../../api/client.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { Facts } from '../accounts/facts.tsx';
import { Meanwhile } from '../taxii/meanwhile.tsx';
import { ResponsibleField } from '../taxii/responsible-field.tsx';
import { referenceOf } from '../taxii/service-values.ts';

/** How a collection is configured; a form for those who may change it. */
export function SettingsTab({ collection }: { collection: CollectionItem }) {
  return (
    <Stack maw={820}>
      {collection.abilities.edit ? (
        <SettingsForm collection={collection} />
      ) : (
        <Alert title="You may see this, and not change it">
          The administrators of the owner, its Directors and the Administrators of the instance do.
        </Alert>
      )}
      <Facts
        title="Configuration"
        facts={[
          ...(collection.abilities.edit
            ? []
            : ([
                ['Description', collection.description ?? '–'],
                ['Writable over TAXII', collection.writable ? 'Yes' : 'No'],
                ['Strict', collection.strict ? 'Yes' : 'No'],
                ['Responsible account', collection.responsible?.name ?? 'nobody'],
              ] as const)),
          ['Id', collection.id],
          ['Created', <Instant key="created" at={collection.createdAt} />],
        ]}
      />
    </Stack>
  );
}

type Values = { description: string; writable: boolean; strict: boolean; responsible: string };

const FIELDS = ['description', 'responsible'] as const;

const valuesOf = ({ description, writable, strict, responsible }: CollectionItem): Values => ({
  description: description ?? '',
  writable,
  strict,
  // One that is shown by its pseudonym has no id here: an empty field leaves it.
  responsible: String(responsible?.id ?? ''),
});

function changesOf(values: Values, before: Values) {
  const { description, writable, strict, responsible } = values;
  return {
    ...(description.trim() === before.description ? {} : { description: description.trim() || null }),
    ...(writable === before.writable ? {} : { writable }),
    ...(strict === before.strict ? {} : { strict }),
    ...(responsible === before.responsible
      ? {}
      : { responsible: responsible === '' ? null : referenceOf(responsible) }),
  };
}

function SettingsForm({ collection }: { collection: CollectionItem }) {
  const { abilities } = useSession();
  const edit = useChange(editCollectionEndpoint);
  const [base, setBase] = useState(collection);
  /** As somebody else has stored it meanwhile. */
  const [newer, setNewer] = useState<CollectionItem | null>(null);
  const form = useForm<Values>({ initialValues: valuesOf(collection) });
  const { writable, strict } = form.values;
  const take = (stored: CollectionItem) => {
    setBase(stored);
    form.setInitialValues(valuesOf(stored));
    setNewer(null);
    edit.reset();
  };
  const save = (values: Values, from = base) => {
    const changes = changesOf(values, valuesOf(from));
    if (Object.keys(changes).length === 0) return form.setValues(valuesOf(from));
    edit.mutate(
      { params: { collection: from.id }, body: { version: from.version, changes } },
      {
        onSuccess: (saved) => {
          take(saved);
          form.setValues(valuesOf(saved));
          notifications.show({ message: 'The collection is saved' });
        },
        onError: (error) => {
          const errors = fieldErrors(error, FIELDS);
          if (error.code === 'not_found' && changes.responsible !== undefined)
            errors.responsible = error.message;
          form.setErrors(errors);
          if (isStale(error))
            void call(getCollectionEndpoint, { params: { collection: from.id } }).then(
              setNewer,
              () => undefined,
            );
        },
      },
    );
  };
  const isShownElsewhere = newer !== null || Object.keys(form.errors).length > 0;
  const { owner } = base;
  const among = owner.kind === 'organization' ? owner.id : abilities['account.view'] ? 'everybody' : null;
  return (
    <Card withBorder component="section" aria-label="Settings" padding="lg">
      <UnsavedGuard isDirty={form.isDirty()} />
      <form onSubmit={form.onSubmit((values) => save(values))} noValidate>
        <Stack>
          {newer !== null && (
            <Meanwhile
              what="this collection"
              differences={differencesOf(newer, form.values)}
              onTake={() => {
                take(newer);
                form.setValues(valuesOf(newer));
              }}
              onKeep={() => {
                take(newer);
                save(form.values, newer);
              }}
            />
          )}
          <Refusal error={isShownElsewhere ? null : edit.error} title="Nothing was saved" />
          <Textarea
            label="Description"
            description="What TAXII clients and readers are shown of what it is for."
            autosize
            minRows={2}
            maxRows={8}
            maxLength={2000}
            {...form.getInputProps('description')}
          />
          <Switch
            label="Writable over TAXII"
            description="TAXII users add and delete objects, as far as their role may create or delete data. Off, nobody does; imports go on."
            {...form.getInputProps('writable', { type: 'checkbox' })}
          />
          {base.writable && !writable && (
            <Alert color="orange" title="Clients that add objects are refused">
              From the next request on they are answered that the collection cannot be written. What they
              added stays.
            </Alert>
          )}
          <Switch
            label="Strict"
            description="Objects that break STIX are refused that are accepted with a warning otherwise. It counts for what is added from now on."
            {...form.getInputProps('strict', { type: 'checkbox' })}
          />
          {!base.strict && strict && (
            <Alert title="Some of what is accepted now will be refused">
              What is stored stays as it is. The TAXII service can be strict by itself, too.
            </Alert>
          )}
          <ResponsibleField
            among={among}
            description={
              owner.kind === 'organization'
                ? 'An active user or API user of the organization who answers for it. Before the account is deleted, somebody else has to take over.'
                : `An active user or API user of a member organization who answers for it${among === null ? ', by user name or pseudonym' : ''}. Before the account is deleted, somebody else has to take over.`
            }
            value={form.values.responsible}
            onChange={(value) => form.setFieldValue('responsible', value)}
            current={base.responsible}
            empty="Nobody"
            withApiUsers
            error={form.errors.responsible}
          />
          <Group>
            <Button type="submit" disabled={!form.isDirty()} loading={edit.isPending}>
              Save changes
            </Button>
            {form.isDirty() && (
              <Button variant="default" onClick={form.reset}>
                Discard
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function differencesOf(stored: CollectionItem, mine: Values) {
  const theirs = valuesOf(stored);
  const onOff = (value: boolean) => (value ? 'on' : 'off');
  const account = (value: string) =>
    value === theirs.responsible ? (stored.responsible?.name ?? 'nobody') : value === '' ? 'nobody' : value;
  return [
    { label: 'Description', stored: theirs.description || 'none', mine: mine.description || 'none' },
    { label: 'Writable over TAXII', stored: onOff(theirs.writable), mine: onOff(mine.writable) },
    { label: 'Strict', stored: onOff(theirs.strict), mine: onOff(mine.strict) },
    {
      label: 'Responsible account',
      stored: account(theirs.responsible),
      mine: account(mine.responsible),
    },
  ].filter((each) => each.stored !== each.mine);
}
