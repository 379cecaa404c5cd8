import {
  Alert,
  Button,
  Card,
  Group,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useState } from 'react';
import {
  editOrganizationEndpoint,
  type LimitName,
  type Limits,
  type OrganizationView,
  setLimitsEndpoint,
  setOrganizationPermissionsEndpoint,
} from '../../../../contract/organizations.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';

function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title} padding="lg">
      <Title order={2} size="h4">
        {title}
      </Title>
      {lead !== undefined && (
        <Text size="sm" c="dimmed" mt={2}>
          {lead}
        </Text>
      )}
      <Stack mt="md">{children}</Stack>
    </Card>
  );
}

function Save({
  isDirty,
  isPending,
  onDiscard,
}: {
  isDirty: boolean;
  isPending: boolean;
  onDiscard: () => void;
}) {
  return (
    <Group>
      <Button type="submit" disabled={!isDirty} loading={isPending}>
        Save changes
      </Button>
      {isDirty && (
        <Button variant="default" onClick={onDiscard}>
          Discard
        </Button>
      )}
    </Group>
  );
}

const STALE =
  'Somebody else changed the organization meanwhile: load the page again to see what is there now';
const saved = { onSuccess: () => notifications.show({ message: 'The organization is saved' }) };

/** Name and description. */
export function AboutForm({ view }: { view: OrganizationView }) {
  const save = useChange(editOrganizationEndpoint);
  const form = useForm({ initialValues: { name: view.name, description: view.description ?? '' } });
  const errors = fieldErrors(save.error, ['name', 'description']);
  const isNameTaken = save.error?.code === 'name_taken';
  if (!view.abilities.edit) return null;
  return (
    <Section title="Name and description">
      <UnsavedGuard isDirty={form.isDirty()} />
      <form
        onSubmit={form.onSubmit(({ name, description }) =>
          save.mutate(
            {
              params: { organization: String(view.id) },
              body: {
                version: view.version,
                name,
                description: description.trim() === '' ? null : description,
              },
            },
            saved,
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
          {!isNameTaken && Object.keys(errors).length === 0 && (
            <Refusal error={save.error} title={isStale(save.error) ? STALE : 'It is not saved'} />
          )}
          <Save isDirty={form.isDirty()} isPending={save.isPending} onDiscard={form.reset} />
        </Stack>
      </form>
    </Section>
  );
}

const LIMITS: readonly { name: LimitName; label: string }[] = [
  { name: 'users', label: 'Users' },
  { name: 'apiUsers', label: 'API users' },
  { name: 'taxiiUsers', label: 'TAXII users' },
];

/** How many accounts of each kind there may be; each limit for those who may set it. */
export function LimitsForm({ view, limits, used }: { view: OrganizationView; limits: Limits; used: Limits }) {
  const save = useChange(setLimitsEndpoint);
  const form = useForm({ initialValues: { ...limits } });
  const maySet = (name: LimitName) =>
    name === 'taxiiUsers' ? view.abilities.limitTaxiiUsers : view.abilities.limitOthers;
  const lowered = LIMITS.filter(({ name }) => form.values[name] < used[name]);
  const mayAny = view.abilities.limitTaxiiUsers || view.abilities.limitOthers;
  return (
    <Section title="Limits" lead="Read Only Users take no seat. Disabled and locked accounts keep theirs.">
      <UnsavedGuard isDirty={form.isDirty()} />
      <form
        onSubmit={form.onSubmit((values) =>
          save.mutate(
            {
              params: { organization: String(view.id) },
              body: {
                version: view.version,
                limits: Object.fromEntries(
                  LIMITS.filter(({ name }) => maySet(name) && values[name] !== limits[name]).map(
                    ({ name }) => [name, values[name]],
                  ),
                ),
              },
            },
            saved,
          ),
        )}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {LIMITS.map(({ name, label }) => (
              <NumberInput
                key={name}
                label={`${label} at most`}
                description={`${used[name]} in use`}
                min={0}
                max={1_000_000}
                allowDecimal={false}
                disabled={!maySet(name)}
                {...form.getInputProps(name)}
              />
            ))}
          </SimpleGrid>
          {lowered.length > 0 && (
            <Alert color="orange" title="Fewer than there are">
              {lowered.map(({ label }) => label).join(' and ')}: all stay and work; none is added until there
              are fewer than the limit.
            </Alert>
          )}
          <Refusal error={save.error} title={isStale(save.error) ? STALE : 'The limits are not saved'} />
          {mayAny && <Save isDirty={form.isDirty()} isPending={save.isPending} onDiscard={form.reset} />}
        </Stack>
      </form>
    </Section>
  );
}

/** Whether it is in use, and what its people may do. */
export function PermissionsForm({ view }: { view: OrganizationView }) {
  const save = useChange(setOrganizationPermissionsEndpoint);
  const [isDisabling, setDisabling] = useState(false);
  const set = (change: {
    disabled?: boolean;
    allowPseudonymChange?: boolean;
    readOnlyUsersAllowed?: boolean;
  }) =>
    save.mutate(
      { params: { organization: String(view.id) }, body: { version: view.version, ...change } },
      {
        onSuccess: () => {
          setDisabling(false);
          saved.onSuccess();
        },
      },
    );
  return (
    <Section title="Permissions" lead="Each is saved at once.">
      <Switch
        label="The organization is enabled"
        description="Disabled, none of its accounts can be used: nobody signs in, no client polls. Nothing is lost."
        checked={!view.disabled}
        disabled={save.isPending}
        onChange={({ currentTarget }) =>
          currentTarget.checked ? set({ disabled: false }) : setDisabling(true)
        }
      />
      <Switch
        label="People may change their own pseudonym"
        checked={view.allowPseudonymChange}
        disabled={save.isPending}
        onChange={({ currentTarget }) => set({ allowPseudonymChange: currentTarget.checked })}
      />
      <Switch
        label="Read Only Users may be created"
        description="Where the licence allows them, too."
        checked={view.readOnlyUsersAllowed}
        disabled={save.isPending}
        onChange={({ currentTarget }) => set({ readOnlyUsersAllowed: currentTarget.checked })}
      />
      {!isDisabling && <Refusal error={save.error} title={isStale(save.error) ? STALE : 'It is not saved'} />}
      <Confirm
        isOpen={isDisabling}
        onClose={() => setDisabling(false)}
        title={`Disable ${view.name}?`}
        confirm="Disable organization"
        isDangerous
        isPending={save.isPending}
        error={save.error}
        onConfirm={() => set({ disabled: true })}
      >
        All its people are signed out, and its API users and TAXII users are refused, from the next request
        on. Accounts, credentials and intelligence stay, and work again when it is enabled.
      </Confirm>
    </Section>
  );
}
