import { Button, Drawer, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import type { SharedKind } from '../../../../contract/owners.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { NotAllowed, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { KINDS } from './kinds.ts';

export const CreateCommunityDrawer = () => <CreateOwner kind="community" />;
export const CreateSourceDrawer = () => <CreateOwner kind="source" />;

function CreateOwner({ kind }: { kind: SharedKind }) {
  const words = KINDS[kind];
  const navigate = useNavigate();
  const { abilities } = useSession();
  const create = useChange(words.endpoints.create);
  const form = useForm({ initialValues: { name: '', description: '', anonymous: true } });
  const close = () => void navigate({ to: words.list });
  const errors = fieldErrors(create.error, ['name', 'description', 'anonymous']);
  const isNameTaken = create.error?.code === 'name_taken';
  const title = `Create ${kind}`;
  if (!abilities['owner.create'])
    return (
      <Drawer opened onClose={close} title={title}>
        <NotAllowed title={`You may not create ${words.a}`}>Administrators of the instance may.</NotAllowed>
      </Drawer>
    );
  return (
    <Drawer opened onClose={close} title={title}>
      <UnsavedGuard isDirty={form.isDirty() && !create.isSuccess} />
      <form
        onSubmit={form.onSubmit(({ name, description, anonymous }) =>
          create.mutate(
            { body: { name, anonymous, ...(description.trim() === '' ? {} : { description }) } },
            {
              onSuccess: ({ id, warnings }) => {
                notifications.show({ message: `${name} is created` });
                for (const warning of warnings)
                  notifications.show({ message: warning, color: 'orange', autoClose: false });
                void navigate({ to: words.one, params: { owner: String(id) }, ignoreBlocker: true });
              },
            },
          ),
        )}
      >
        <Stack>
          <TextInput
            label="Name"
            description="No other organization, community or source has it."
            required
            data-autofocus
            {...form.getInputProps('name')}
            error={isNameTaken ? 'Something else is called so already.' : errors.name}
          />
          <Textarea
            label="Description"
            description="What it is for, in a few sentences."
            autosize
            minRows={2}
            {...form.getInputProps('description')}
            error={errors.description}
          />
          <Switch
            label="Profile anonymity"
            description="Members are shown by pseudonym only. It can be turned on at any time; turning it off is for administrators of the instance."
            {...form.getInputProps('anonymous', { type: 'checkbox' })}
          />
          {!isNameTaken && Object.keys(errors).length === 0 && <Refusal error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              {title}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
