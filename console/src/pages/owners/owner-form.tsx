import { Alert, Button, Card, Group, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { OwnerView } from '../../../../contract/owners.ts';
import { useChange } from '../../api/queries.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Refusal } from '../../kit/states.tsx';
import { Meanwhile, SaveOnceMore, useStoredForm } from '../../kit/stored-form.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { KINDS } from './kinds.ts';

/** Name, description and profile anonymity: to be read, or changed by those who may. */
export function OwnerForm({ view }: { view: OwnerView }) {
  if (!view.abilities.edit)
    return (
      <Card withBorder>
        <Stack gap="xs">
          <Text>{view.description ?? 'There is no description.'}</Text>
          <Text size="sm" c="dimmed">
            Created <Instant at={view.createdAt} />. Your role here: {view.role ?? 'none'}.
          </Text>
        </Stack>
      </Card>
    );
  return <Form view={view} />;
}

const LABELS = { name: 'Name', description: 'Description', anonymous: 'Profile anonymity' };

function Form({ view }: { view: OwnerView }) {
  const save = useChange(KINDS[view.kind].endpoints.edit);
  const stored = { name: view.name, description: view.description ?? '', anonymous: view.anonymous };
  const form = useStoredForm<typeof stored>({ version: view.version, values: stored }, save);
  const errors = fieldErrors(save.error, ['name', 'description', 'anonymous']);
  const isNameTaken = save.error?.code === 'name_taken';
  const mayReveal = view.abilities.revealNames;
  return (
    <Card withBorder padding="lg" component="section" aria-label="Settings">
      <UnsavedGuard isDirty={form.isDirty} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          form.sending();
          const { name, description, anonymous } = form.values;
          save.mutate(
            {
              params: { owner: String(view.id) },
              body: {
                version: form.version,
                name,
                description: description.trim() === '' ? null : description,
                ...(anonymous === form.base.anonymous ? {} : { anonymous }),
              },
            },
            { onSuccess: () => notifications.show({ message: `${name} is saved` }) },
          );
        }}
      >
        <Stack maw={640}>
          <TextInput
            label={LABELS.name}
            required
            value={form.values.name}
            onChange={({ currentTarget }) => form.set('name', currentTarget.value)}
            error={isNameTaken ? 'Something else is called so already.' : errors.name}
          />
          <Textarea
            label={LABELS.description}
            autosize
            minRows={2}
            maxRows={12}
            value={form.values.description}
            onChange={({ currentTarget }) => form.set('description', currentTarget.value)}
            error={errors.description}
          />
          <Switch
            label={LABELS.anonymous}
            description={
              view.anonymous && !mayReveal
                ? 'Only administrators of the instance turn it off: people joined trusting that it is on.'
                : 'Members are shown by pseudonym only.'
            }
            disabled={view.anonymous && !mayReveal}
            checked={form.values.anonymous}
            onChange={({ currentTarget }) => form.set('anonymous', currentTarget.checked)}
          />
          {view.anonymous && !form.values.anonymous && (
            <Alert color="orange" title="Names will be shown">
              Everybody who sees the members sees their names, also of those who joined under a pseudonym.
            </Alert>
          )}
          <Meanwhile form={form} labels={LABELS} />
          <SaveOnceMore form={form} error={save.error} />
          {!isNameTaken && !isStale(save.error) && Object.keys(errors).length === 0 && (
            <Refusal error={save.error} title="It is not saved" />
          )}
          <Group>
            <Button
              type="submit"
              disabled={!form.isDirty || form.conflicts.length > 0}
              loading={save.isPending}
            >
              Save changes
            </Button>
            {form.isDirty && (
              <Button variant="default" onClick={form.discard}>
                Discard
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
