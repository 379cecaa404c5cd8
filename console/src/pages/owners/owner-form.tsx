import { Alert, Card, Stack, Switch, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { OwnerView } from '../../../../contract/owners.ts';
import { useChange } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Refusal } from '../../kit/states.tsx';
import { Meanwhile, SaveChanges, SaveOnceMore, useStoredForm } from '../../kit/stored-form.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { KINDS } from './kinds.ts';
import { descriptionOf, NAME_LABELS, NameFields, ownerErrors } from './name-fields.tsx';

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

const LABELS = { ...NAME_LABELS, anonymous: 'Profile anonymity' };

function Form({ view }: { view: OwnerView }) {
  const save = useChange(KINDS[view.kind].endpoints.edit);
  const stored = { name: view.name, description: view.description ?? '', anonymous: view.anonymous };
  const form = useStoredForm<typeof stored>({ version: view.version, values: stored }, save);
  const { errors, isAtField } = ownerErrors(save.error, ['anonymous']);
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
                description: descriptionOf(description),
                ...(anonymous === form.base.anonymous ? {} : { anonymous }),
              },
            },
            { onSuccess: () => notifications.show({ message: `${name} is saved` }) },
          );
        }}
      >
        <Stack maw={640}>
          <NameFields values={form.values} set={form.set} errors={errors} />
          <Switch
            label={LABELS.anonymous}
            description={
              view.anonymous && !mayReveal
                ? 'Only administrators of the instance turn it off: people joined trusting that it is on.'
                : 'Members are shown by pseudonym only.'
            }
            disabled={view.anonymous && !mayReveal}
            error={errors.anonymous}
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
          {!isAtField && !isStale(save.error) && <Refusal error={save.error} title="It is not saved" />}
          <SaveChanges form={form} isPending={save.isPending} />
        </Stack>
      </form>
    </Card>
  );
}
