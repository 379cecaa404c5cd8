import { Alert, Card, NumberInput, SimpleGrid, Stack, Switch, Text, Title } from '@mantine/core';
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
import { isStale } from '../../kit/forms.ts';
import { Refusal } from '../../kit/states.tsx';
import {
  Meanwhile,
  SaveChanges,
  SaveOnceMore,
  useReloadWhenStale,
  useStoredForm,
} from '../../kit/stored-form.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { descriptionOf, NAME_LABELS, NameFields, ownerErrors } from '../owners/name-fields.tsx';
import { LIMIT_LABELS, LIMITS } from './limits.ts';

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

const saved = { onSuccess: () => notifications.show({ message: 'The organization is saved' }) };

/** Name and description. */
export function AboutForm({ view }: { view: OrganizationView }) {
  const save = useChange(editOrganizationEndpoint);
  const stored = { name: view.name, description: view.description ?? '' };
  const form = useStoredForm({ version: view.version, values: stored }, save);
  const { errors, isAtField } = ownerErrors(save.error);
  const { name, description } = form.values;
  return (
    <Section title="Name and description">
      <UnsavedGuard isDirty={form.isDirty} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          form.sending();
          save.mutate(
            {
              params: { organization: String(view.id) },
              body: {
                version: form.version,
                name,
                description: descriptionOf(description),
              },
            },
            saved,
          );
        }}
      >
        <Stack maw={640}>
          <NameFields values={form.values} set={form.set} errors={errors} />
          <Meanwhile form={form} labels={NAME_LABELS} />
          <SaveOnceMore form={form} error={save.error} />
          {!isAtField && !isStale(save.error) && <Refusal error={save.error} title="It is not saved" />}
          <SaveChanges form={form} isPending={save.isPending} />
        </Stack>
      </form>
    </Section>
  );
}

/** How many accounts of each kind there may be; each limit for those who may set it. */
export function LimitsForm({ view, limits, used }: { view: OrganizationView; limits: Limits; used: Limits }) {
  const save = useChange(setLimitsEndpoint);
  const form = useStoredForm<Record<LimitName, number | string>>(
    { version: view.version, values: limits },
    save,
  );
  const maySet = (name: LimitName) =>
    name === 'taxiiUsers' ? view.abilities.limitTaxiiUsers : view.abilities.limitOthers;
  const mayAny = view.abilities.limitTaxiiUsers || view.abilities.limitOthers;
  const numberOf = (name: LimitName) => {
    const value = form.values[name];
    return typeof value === 'number' ? value : undefined;
  };
  const lowered = LIMITS.filter(({ name }) => (numberOf(name) ?? used[name]) < used[name]);
  const isWhole = LIMITS.every(({ name }) => numberOf(name) !== undefined);
  return (
    <Section
      title="Limits"
      lead="How many accounts of each kind there may be. Read-only users take no seat; disabled and locked accounts keep theirs."
    >
      <UnsavedGuard isDirty={form.isDirty} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isWhole) return;
          form.sending();
          const changed = LIMITS.filter(
            ({ name }) => maySet(name) && form.values[name] !== form.base[name],
          ).map(({ name }) => [name, form.values[name]]);
          save.mutate(
            {
              params: { organization: String(view.id) },
              body: { version: form.version, limits: Object.fromEntries(changed) as Partial<Limits> },
            },
            saved,
          );
        }}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {LIMITS.map(({ name, label }) => (
              <NumberInput
                key={name}
                label={label}
                description={`${used[name]} in use${maySet(name) ? '' : '; not for you to set'}`}
                min={0}
                max={1_000_000}
                allowDecimal={false}
                allowNegative={false}
                disabled={!maySet(name)}
                value={form.values[name]}
                onChange={(value) => form.set(name, value)}
                error={numberOf(name) === undefined && 'Enter a whole number.'}
              />
            ))}
          </SimpleGrid>
          {lowered.length > 0 && (
            <Alert color="orange" title="Fewer than there are">
              {lowered.map(({ what }) => what).join(' and ')}: all stay and work; none is added until there
              are fewer than the limit.
            </Alert>
          )}
          <Meanwhile form={form} labels={LIMIT_LABELS} />
          <SaveOnceMore form={form} error={save.error} />
          {!isStale(save.error) && <Refusal error={save.error} title="The limits are not saved" />}
          {mayAny && <SaveChanges form={form} isPending={save.isPending} isReady={isWhole} />}
        </Stack>
      </form>
    </Section>
  );
}

const refusalTitle = (error: Error | null) =>
  isStale(error)
    ? 'Somebody else changed the organization meanwhile: what is shown is as it is stored now'
    : 'It is not saved';

/** Whether it is in use, and what its people may do. */
export function PermissionsForm({ view }: { view: OrganizationView }) {
  const save = useChange(setOrganizationPermissionsEndpoint);
  useReloadWhenStale(save.error);
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
        label="Read-only users may be created"
        description="Where the licence allows them, too."
        checked={view.readOnlyUsersAllowed}
        disabled={save.isPending}
        onChange={({ currentTarget }) => set({ readOnlyUsersAllowed: currentTarget.checked })}
      />
      {!isDisabling && <Refusal error={save.error} title={refusalTitle(save.error)} />}
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
