import { Switch } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import type { SharedKind } from '../../../../contract/owners.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { CreateFrame, tellCreated } from './create-frame.tsx';
import { KINDS } from './kinds.ts';
import { descriptionOf, NameFields, ownerErrors } from './name-fields.tsx';

export const CreateCommunityDrawer = () => <CreateOwner kind="community" />;
export const CreateSourceDrawer = () => <CreateOwner kind="source" />;

function CreateOwner({ kind }: { kind: SharedKind }) {
  const words = KINDS[kind];
  const navigate = useNavigate();
  const { abilities } = useSession();
  const create = useChange(words.endpoints.create);
  const form = useForm({ initialValues: { name: '', description: '', anonymous: true } });
  const { name, description, anonymous } = form.values;
  const { errors, isAtField } = ownerErrors(create.error, ['anonymous']);
  return (
    <CreateFrame
      what={kind}
      a={words.a}
      isAllowed={abilities['owner.create']}
      isDirty={form.isDirty()}
      create={create}
      isAtField={isAtField}
      onClose={() => void navigate({ to: words.list, search: (before) => before })}
      onSubmit={() =>
        create.mutate(
          { body: { name, anonymous, description: descriptionOf(description) ?? undefined } },
          {
            onSuccess: ({ id, warnings }) => {
              tellCreated(name, warnings);
              void navigate({ to: words.one, params: { owner: String(id) }, ignoreBlocker: true });
            },
          },
        )
      }
    >
      <NameFields values={form.values} set={form.setFieldValue} errors={errors} isNew />
      <Switch
        label="Profile anonymity"
        description="Members are shown by pseudonym only. It can be turned on at any time; turning it off is for administrators of the instance."
        {...form.getInputProps('anonymous', { type: 'checkbox' })}
        error={errors.anonymous}
      />
    </CreateFrame>
  );
}
