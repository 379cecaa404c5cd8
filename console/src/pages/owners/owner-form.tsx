import { Alert, Button, Card, Group, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import type { OwnerView } from '../../../../contract/owners.ts';
import { useChange } from '../../api/queries.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Refusal } from '../../kit/states.tsx';
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

function Form({ view }: { view: OwnerView }) {
  const save = useChange(KINDS[view.kind].endpoints.edit);
  const form = useForm({
    initialValues: { name: view.name, description: view.description ?? '', anonymous: view.anonymous },
  });
  const errors = fieldErrors(save.error, ['name', 'description', 'anonymous']);
  const isNameTaken = save.error?.code === 'name_taken';
  const mayReveal = view.abilities.revealNames;
  return (
    <Card withBorder padding="lg" component="section" aria-label="Settings">
      <UnsavedGuard isDirty={form.isDirty()} />
      <form
        onSubmit={form.onSubmit(({ name, description, anonymous }) =>
          save.mutate(
            {
              params: { owner: String(view.id) },
              body: {
                version: view.version,
                name,
                description: description.trim() === '' ? null : description,
                ...(anonymous === view.anonymous ? {} : { anonymous }),
              },
            },
            { onSuccess: () => notifications.show({ message: `${name} is saved` }) },
          ),
        )}
      >
        <Stack maw={640}>
          <TextInput
            label="Name"
            required
            {...form.getInputProps('name')}
            error={isNameTaken ? 'Something else is called so already.' : errors.name}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            {...form.getInputProps('description')}
            error={errors.description}
          />
          <Switch
            label="Members are shown by pseudonym"
            description={
              view.anonymous && !mayReveal
                ? 'Only administrators of the instance turn it off: people joined trusting that it is on.'
                : 'Profile anonymity.'
            }
            disabled={view.anonymous && !mayReveal}
            {...form.getInputProps('anonymous', { type: 'checkbox' })}
          />
          {view.anonymous && !form.values.anonymous && (
            <Alert color="orange" title="Names will be shown">
              Everybody who sees the members sees their names, also of those who joined under a pseudonym.
            </Alert>
          )}
          {!isNameTaken && Object.keys(errors).length === 0 && (
            <Refusal
              error={save.error}
              title={
                isStale(save.error)
                  ? 'Somebody else changed it meanwhile: load the page again to see what is there now'
                  : 'It is not saved'
              }
            />
          )}
          <Group>
            <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
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
