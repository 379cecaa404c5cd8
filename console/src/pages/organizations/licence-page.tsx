import { Alert, Card, NumberInput, Progress, SimpleGrid, Stack, Switch, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { getLicenceEndpoint, type Licence, setLicenceEndpoint } from '../../../../contract/licence.ts';
import type { LimitName, Limits } from '../../../../contract/organizations.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Page } from '../../kit/page.tsx';
import { Answered, Refusal } from '../../kit/states.tsx';
import { Meanwhile, SaveChanges, SaveOnceMore, useStoredForm } from '../../kit/stored-form.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { LIMITS } from './limits.ts';

const LABELS = {
  users: 'Users in all',
  apiUsers: 'API users in all',
  taxiiUsers: 'TAXII users in all',
  apiUsersAllowed: 'API users may be created',
  readOnlyUsersAllowed: 'Read-only users may be created',
} as const;

/** The totals of the instance for each kind of account, and two switches. */
export function LicencePage() {
  const licence = useEndpoint(getLicenceEndpoint, {});
  return (
    <Page
      title="Licence"
      lead="How many accounts of each kind there may be in all organizations together. The limits of the organizations count within it."
    >
      <Answered query={licence}>{(answer) => <LicenceForm licence={answer} />}</Answered>
    </Page>
  );
}

function LicenceForm({ licence }: { licence: Licence }) {
  const { version, limits, apiUsersAllowed, readOnlyUsersAllowed, abilities } = licence;
  const save = useChange(setLicenceEndpoint);
  const form = useStoredForm<Record<LimitName, number | string> & Switches>(
    { version, values: { ...limits, apiUsersAllowed, readOnlyUsersAllowed } },
    save,
  );
  const counts = countsOf(form.values);
  const submit = () => {
    if (counts === null) return;
    form.sending();
    const { apiUsersAllowed: api, readOnlyUsersAllowed: readOnly } = form.values;
    save.mutate(
      {
        body: { version: form.version, limits: counts, apiUsersAllowed: api, readOnlyUsersAllowed: readOnly },
      },
      { onSuccess: () => notifications.show({ message: 'The licence is saved' }) },
    );
  };
  const lowered = LIMITS.filter(({ name }) => counts !== null && counts[name] < licence.used[name]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <UnsavedGuard isDirty={form.isDirty} />
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
          {LIMITS.map(({ name, what: label }) => (
            <Card key={name} withBorder component="section" aria-label={label}>
              <Title order={2} size="h5">
                {label}
              </Title>
              <Text size="xl" fw={700} mt="xs">
                {licence.used[name].toLocaleString('en')}{' '}
                <Text span size="sm" c="dimmed" fw={400}>
                  of {limits[name].toLocaleString('en')}
                </Text>
              </Text>
              <Progress
                mt="xs"
                value={limits[name] === 0 ? 100 : (100 * licence.used[name]) / limits[name]}
                color={
                  licence.overUse[name] > 0 ? 'red' : licence.remaining[name] === 0 ? 'orange' : undefined
                }
                aria-label={`${label} in use`}
              />
              <Text size="sm" c="dimmed" mt={6}>
                {licence.overUse[name] > 0
                  ? `${licence.overUse[name].toLocaleString('en')} more than allowed: they stay, and none is added`
                  : `${licence.remaining[name].toLocaleString('en')} more fit`}
              </Text>
              {abilities.edit && (
                <NumberInput
                  mt="sm"
                  label={LABELS[name]}
                  min={0}
                  max={1_000_000}
                  allowDecimal={false}
                  allowNegative={false}
                  value={form.values[name]}
                  onChange={(value) => form.set(name, value)}
                  error={typeof form.values[name] !== 'number' && 'Enter a whole number.'}
                />
              )}
            </Card>
          ))}
          <Card withBorder component="section" aria-label="Read-only users">
            <Title order={2} size="h5">
              Read-only users
            </Title>
            <Text size="xl" fw={700} mt="xs">
              {licence.readOnlyUsers}
            </Text>
            <Text size="sm" c="dimmed" mt={6}>
              They take no seat while their System role is Read Only User.
            </Text>
          </Card>
        </SimpleGrid>
        <Card withBorder component="section" aria-label="What may be created">
          <Stack>
            <Switch
              label={LABELS.apiUsersAllowed}
              description="Those that there are stay, and work."
              disabled={!abilities.edit}
              checked={form.values.apiUsersAllowed}
              onChange={({ currentTarget }) => form.set('apiUsersAllowed', currentTarget.checked)}
            />
            <Switch
              label={LABELS.readOnlyUsersAllowed}
              description="Where the organization allows them, too."
              disabled={!abilities.edit}
              checked={form.values.readOnlyUsersAllowed}
              onChange={({ currentTarget }) => form.set('readOnlyUsersAllowed', currentTarget.checked)}
            />
          </Stack>
        </Card>
        {lowered.length > 0 && (
          <Alert color="orange" title="Less than there are">
            {lowered.map(({ what }) => what).join(' and ')} would be fewer than are in use. All of them stay
            and work; none is added until there are fewer.
          </Alert>
        )}
        <Meanwhile form={form} labels={LABELS} />
        <SaveOnceMore form={form} error={save.error} />
        {!isStale(save.error) && <Refusal error={save.error} title="The licence is not saved" />}
        {abilities.edit && <SaveChanges form={form} isPending={save.isPending} isReady={counts !== null} />}
      </Stack>
    </form>
  );
}

type Switches = { apiUsersAllowed: boolean; readOnlyUsersAllowed: boolean };

/** What is entered as numbers; null while a field has none. */
function countsOf({ users, apiUsers, taxiiUsers }: Record<LimitName, number | string>): Limits | null {
  if (typeof users !== 'number' || typeof apiUsers !== 'number' || typeof taxiiUsers !== 'number')
    return null;
  return { users, apiUsers, taxiiUsers };
}
