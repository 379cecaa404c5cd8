import { Textarea, TextInput } from '@mantine/core';
import type { ApiError } from '../../api/client.ts';
import { fieldErrors } from '../../kit/forms.ts';

export const NAME_LABELS = { name: 'Name', description: 'Description' };

/** What the server said of the fields of an organization, a community or a source; `isAtField`: it stands at one of them. */
export function ownerErrors(error: ApiError | null, others: readonly string[] = []) {
  const errors = fieldErrors(error, ['name', 'description', ...others]);
  const isNameTaken = error?.code === 'name_taken';
  if (isNameTaken) errors.name = 'Something else is called so already.';
  return { errors, isAtField: Object.keys(errors).length > 0 };
}

/** Name and description of an organization, a community or a source. */
export function NameFields({
  values,
  set,
  errors,
  isNew = false,
}: {
  values: { name: string; description: string };
  set: (name: 'name' | 'description', value: string) => void;
  errors: Record<string, string>;
  isNew?: boolean;
}) {
  return (
    <>
      <TextInput
        label={NAME_LABELS.name}
        description={isNew && 'No other organization, community or source has it.'}
        required
        maxLength={100}
        data-autofocus={isNew || undefined}
        value={values.name}
        onChange={({ currentTarget }) => set('name', currentTarget.value)}
        error={errors.name}
      />
      <Textarea
        label={NAME_LABELS.description}
        description={isNew && 'What it is for, in a few sentences.'}
        autosize
        minRows={2}
        maxRows={12}
        value={values.description}
        onChange={({ currentTarget }) => set('description', currentTarget.value)}
        error={errors.description}
      />
    </>
  );
}

/** As the server takes a description: an empty one is none. */
export const descriptionOf = (text: string): string | null => (text.trim() === '' ? null : text);
