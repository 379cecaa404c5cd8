import { Alert, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import {
  createGroupEndpoint,
  editGroupEndpoint,
  type GroupDetails,
  type GroupItem,
  getGroupEndpoint,
} from '../../../../contract/groups.ts';
import { ApiError, call } from '../../api/client.ts';
import { useChange } from '../../api/queries.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Refusal } from '../../kit/states.tsx';

type Values = { name: string; description: string };
type Stored = Pick<GroupItem, 'id' | 'name' | 'description' | 'version'>;

type Props = {
  onClose: () => void;
  /** The group that is edited; absent: a new one of the organization. */
  group?: Stored;
  organization: string;
  onSaved: (group: GroupDetails) => void;
};

const FIELDS = ['name', 'description'] as const;
const valuesOf = (group: Stored | undefined): Values => ({
  name: group?.name ?? '',
  description: group?.description ?? '',
});

/** Name and description of a user group: of a new one, or of one that there is. */
export function GroupForm({ onClose, group, organization, onSaved }: Props) {
  const [base, setBase] = useState(group);
  /** As somebody else has stored it meanwhile. */
  const [newer, setNewer] = useState<Stored | null>(null);
  const create = useChange(createGroupEndpoint);
  const edit = useChange(editGroupEndpoint);
  const form = useForm<Values>({ initialValues: valuesOf(group) });
  const error = base === undefined ? create.error : edit.error;
  const refused = (reason: Error) => {
    const errors = fieldErrors(reason, FIELDS);
    if (reason instanceof ApiError && reason.code === 'name_taken') errors.name = reason.message;
    form.setErrors(errors);
    if (base !== undefined && isStale(reason))
      void call(getGroupEndpoint, { params: { group: String(base.id) } }).then(setNewer, () => undefined);
  };
  const save = ({ name, description }: Values, version = base?.version) => {
    const text = description.trim();
    if (base === undefined || version === undefined)
      create.mutate(
        {
          params: { organization },
          body: { name: name.trim(), ...(text === '' ? {} : { description: text }) },
        },
        { onSuccess: onSaved, onError: refused },
      );
    else
      edit.mutate(
        {
          params: { group: String(base.id) },
          body: { version, name: name.trim(), description: text === '' ? null : text },
        },
        { onSuccess: onSaved, onError: refused },
      );
  };
  const isAtField = Object.keys(form.errors).length > 0;
  return (
    <Modal opened onClose={onClose} title={base === undefined ? 'New user group' : `Edit ${base.name}`}>
      <form onSubmit={form.onSubmit((values) => save(values))} noValidate>
        <Stack>
          {newer === null ? (
            <Refusal error={isAtField || isStale(error) ? null : error} title="Nothing was saved" />
          ) : (
            <Alert color="orange" title="Somebody else has changed this group meanwhile" role="alert">
              <Text size="sm">Stored now: {newer.name}</Text>
              <Text size="sm">{newer.description ?? 'No description.'}</Text>
              <Group mt="sm" gap="xs">
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setBase(newer);
                    form.setValues(valuesOf(newer));
                    setNewer(null);
                    edit.reset();
                  }}
                >
                  Take what is stored
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setBase(newer);
                    setNewer(null);
                    save(form.values, newer.version);
                  }}
                >
                  Save mine over it
                </Button>
              </Group>
            </Alert>
          )}
          <TextInput label="Name" required maxLength={200} data-autofocus {...form.getInputProps('name')} />
          <Textarea
            label="Description"
            description="What the group is for, in a few sentences."
            autosize
            minRows={3}
            maxRows={8}
            maxLength={2000}
            {...form.getInputProps('description')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending || edit.isPending}>
              {base === undefined ? 'Create user group' : 'Save changes'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
