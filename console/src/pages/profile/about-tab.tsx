import {
  Alert,
  Anchor,
  Button,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { editProfileEndpoint } from '../../../../contract/account-endpoints.ts';
import { getProfileEndpoint, type Profile } from '../../../../contract/profile.ts';
import { ApiError, call } from '../../api/client.ts';
import { keyOf, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Answered, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { Section } from './section.tsx';

type Values = {
  firstName: string;
  lastName: string;
  pseudonym: string;
  timeZone: string | null;
  logOutAfterMinutes: number | '';
  summaryEmailTime: string;
};
const FIELDS = [
  'firstName',
  'lastName',
  'pseudonym',
  'timeZone',
  'logOutAfterMinutes',
  'summaryEmailTime',
] as const;
const LABELS: Readonly<Record<keyof Values, string>> = {
  firstName: 'First name',
  lastName: 'Last name',
  pseudonym: 'Pseudonym',
  timeZone: 'Time zone',
  logOutAfterMinutes: 'Log me out after',
  summaryEmailTime: 'Daily summary by mail at',
};

const valuesOf = (profile: Profile): Values => ({
  firstName: profile.firstName ?? '',
  lastName: profile.lastName ?? '',
  pseudonym: profile.pseudonym,
  timeZone: profile.timeZone,
  logOutAfterMinutes: profile.logOutAfterMinutes ?? '',
  summaryEmailTime: profile.summaryEmailTime ?? '',
});

/** Names, time zone, log-out and summary; and what one may do, as others gave it. */
export function AboutTab() {
  const profile = useEndpoint(getProfileEndpoint, {});
  return (
    <Answered query={profile}>
      {(answer) => (
        <Stack>
          <ProfileForm profile={answer} />
          <Roles />
        </Stack>
      )}
    </Answered>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const client = useQueryClient();
  // What the form began with: an answer that comes meanwhile does not overwrite what is being typed.
  const [base, setBase] = useState(profile);
  const [newer, setNewer] = useState<Profile>();
  const form = useForm<Values>({ initialValues: valuesOf(profile) });
  const initial = valuesOf(base);
  const changed = FIELDS.filter((field) => form.values[field] !== initial[field]);

  const sendFor = async ({ version }: Profile) =>
    (await call(editProfileEndpoint, { body: { version, ...changesOf(form.values, changed) } })).version;
  const edit = useMutation<number, ApiError>({
    mutationFn: async () => {
      try {
        return await sendFor(base);
      } catch (error) {
        if (!(error instanceof ApiError && isStale(error))) throw error;
        const stored = await call(getProfileEndpoint, {});
        // Something else of the account was changed, such as its second factors: that is nothing to decide about.
        if (isSame(valuesOf(stored), initial)) return await sendFor(stored);
        setNewer(stored);
        throw error;
      }
    },
  });
  const take = (next: Profile) => {
    setBase(next);
    setNewer(undefined);
  };
  const save = () =>
    edit.mutate(undefined, {
      onSuccess: (version) => {
        notifications.show({ message: 'Your profile is saved.' });
        const after = { ...base, ...changesOf(form.values, changed), version };
        client.setQueryData(keyOf(getProfileEndpoint, {}), after);
        take(after);
        void client.invalidateQueries();
      },
      onError: (error) => form.setErrors(fieldErrors(error, FIELDS)),
    });
  const isAtField = Object.keys(fieldErrors(edit.error, FIELDS)).length > 0;
  return (
    <Section title="About you">
      <UnsavedGuard isDirty={changed.length > 0 && !edit.isPending} />
      <form onSubmit={form.onSubmit(save)}>
        <Stack>
          {newer !== undefined ? (
            <Newer
              mine={form.values}
              newer={newer}
              fields={changed}
              onKeep={() => {
                take(newer);
                edit.reset();
                const kept = { ...valuesOf(newer) } as Record<string, unknown>;
                for (const field of changed) kept[field] = form.values[field];
                form.setValues(kept as Values);
              }}
              onDrop={() => {
                take(newer);
                edit.reset();
                form.setValues(valuesOf(newer));
              }}
            />
          ) : (
            !isAtField && <Refusal error={edit.error} />
          )}
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={LABELS.firstName}
              autoComplete="given-name"
              required
              {...form.getInputProps('firstName')}
            />
            <TextInput
              label={LABELS.lastName}
              autoComplete="family-name"
              required
              {...form.getInputProps('lastName')}
            />
          </SimpleGrid>
          <TextInput
            label={LABELS.pseudonym}
            description={
              base.abilities.changePseudonym
                ? 'The name under which others see you where real names are not shown: small letters, digits and hyphens.'
                : 'The name under which others see you where real names are not shown. Your organization does not allow its people to change it.'
            }
            readOnly={!base.abilities.changePseudonym}
            variant={base.abilities.changePseudonym ? 'default' : 'filled'}
            autoComplete="off"
            required
            {...form.getInputProps('pseudonym')}
          />
          <TimeZone {...form.getInputProps('timeZone')} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput
              label={LABELS.logOutAfterMinutes}
              description={`Minutes without anything done. Empty: the usual ${base.usualLogOutMinutes}.`}
              min={1}
              max={1440}
              allowDecimal={false}
              suffix=" min"
              {...form.getInputProps('logOutAfterMinutes')}
            />
            <TextInput
              label={LABELS.summaryEmailTime}
              description="In your time zone. No summaries are sent yet."
              type="time"
              {...form.getInputProps('summaryEmailTime')}
            />
          </SimpleGrid>
          <Group justify="flex-end">
            {changed.length > 0 && (
              <Button variant="default" onClick={() => form.setValues(initial)}>
                Undo changes
              </Button>
            )}
            <Button type="submit" loading={edit.isPending} disabled={changed.length === 0}>
              Save changes
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

type Changes = {
  [Field in keyof Values]?: Field extends 'timeZone' | 'summaryEmailTime'
    ? string | null
    : Field extends 'logOutAfterMinutes'
      ? number | null
      : string;
};

const isSame = (some: Values, others: Values) => FIELDS.every((field) => some[field] === others[field]);

/** The changed fields, as the server takes them. */
function changesOf(values: Values, changed: readonly (keyof Values)[]): Changes {
  const { logOutAfterMinutes, summaryEmailTime, ...others } = values;
  const all = {
    ...others,
    logOutAfterMinutes: logOutAfterMinutes === '' ? null : logOutAfterMinutes,
    summaryEmailTime: summaryEmailTime === '' ? null : summaryEmailTime,
  };
  return Object.fromEntries(changed.map((field) => [field, all[field]]));
}

/** Somebody else changed the account meanwhile: what is stored now beside what was typed here. */
function Newer({
  mine,
  newer,
  fields,
  onKeep,
  onDrop,
}: {
  mine: Values;
  newer: Profile;
  fields: readonly (keyof Values)[];
  onKeep: () => void;
  onDrop: () => void;
}) {
  const stored = valuesOf(newer);
  return (
    <Alert color="orange" title="Your profile was changed meanwhile" role="alert">
      <Stack gap="xs">
        <ul style={{ margin: 0, paddingLeft: 18 }}>
          {fields.map((field) => (
            <li key={field}>
              {LABELS[field]}: stored is “{stored[field] ?? ''}”, you entered “{mine[field] ?? ''}”
            </li>
          ))}
        </ul>
        <Group gap="xs">
          <Button size="compact-sm" onClick={onKeep}>
            Keep what I entered
          </Button>
          <Button size="compact-sm" variant="default" onClick={onDrop}>
            Take what is stored
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function TimeZone(props: { value?: string | null; onChange?: (zone: string | null) => void }) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { value } = props;
  const zones = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (value !== null && value !== undefined) zones.add(value);
  return (
    <Select
      label={LABELS.timeZone}
      description="In which dates and times are shown to you."
      data={[...zones].map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Clear the time zone' }}
      nothingFoundMessage="No such time zone"
      placeholder={`As this browser: ${own}`}
      limit={50}
      maxDropdownHeight={280}
      {...props}
    />
  );
}

function Roles() {
  const session = useSession();
  return (
    <Section
      title="What you may do"
      lead="Your roles are given to you by whoever administers your organization."
      actions={
        <Anchor component={Link} to={`/accounts/${session.id}?tab=rights`} size="sm">
          Your rights, explained
        </Anchor>
      }
    >
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <TextInput label="Organization" value={session.organization.name} readOnly variant="filled" />
        <TextInput label="Organization role" value={session.organizationRole} readOnly variant="filled" />
        <TextInput label="System role" value={session.systemRole} readOnly variant="filled" />
      </SimpleGrid>
    </Section>
  );
}
