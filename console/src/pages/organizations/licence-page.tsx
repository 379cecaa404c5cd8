import {
  Alert,
  Button,
  Card,
  Group,
  NumberInput,
  Progress,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { getLicenceEndpoint, type Licence, setLicenceEndpoint } from '../../../../contract/licence.ts';
import type { LimitName } from '../../../../contract/organizations.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Page } from '../../kit/page.tsx';
import { Answered, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';

const KINDS: readonly { name: LimitName; label: string }[] = [
  { name: 'users', label: 'Users' },
  { name: 'apiUsers', label: 'API users' },
  { name: 'taxiiUsers', label: 'TAXII users' },
];

/** The totals of the instance for each kind of account, and two switches. */
export function LicencePage() {
  const licence = useEndpoint(getLicenceEndpoint, {});
  return (
    <Page
      title="Licence"
      lead="How many accounts of each kind there may be in all organizations together. The limits of the organizations count within it."
    >
      <Answered query={licence}>{(answer) => <LicenceForm key={answer.version} licence={answer} />}</Answered>
    </Page>
  );
}

function LicenceForm({ licence }: { licence: Licence }) {
  const { version, limits, apiUsersAllowed, readOnlyUsersAllowed, abilities } = licence;
  const save = useChange(setLicenceEndpoint);
  const form = useForm({ initialValues: { ...limits, apiUsersAllowed, readOnlyUsersAllowed } });
  const submit = form.onSubmit(({ apiUsersAllowed: api, readOnlyUsersAllowed: readOnly, ...counts }) =>
    save.mutate(
      { body: { version, limits: counts, apiUsersAllowed: api, readOnlyUsersAllowed: readOnly } },
      { onSuccess: () => notifications.show({ message: 'The licence is saved' }) },
    ),
  );
  const lowered = KINDS.filter(({ name }) => form.values[name] < licence.used[name]);
  return (
    <form onSubmit={submit}>
      <UnsavedGuard isDirty={form.isDirty()} />
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
          {KINDS.map(({ name, label }) => (
            <Card key={name} withBorder component="section" aria-label={label}>
              <Title order={2} size="h5">
                {label}
              </Title>
              <Text size="xl" fw={700} mt="xs">
                {licence.used[name]}{' '}
                <Text span size="sm" c="dimmed" fw={400}>
                  of {limits[name]}
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
                  ? `${licence.overUse[name]} more than allowed: they stay, and none is added`
                  : `${licence.remaining[name]} more fit`}
              </Text>
              {abilities.edit && (
                <NumberInput
                  mt="sm"
                  label={`Most ${label}`}
                  min={0}
                  max={1_000_000}
                  allowDecimal={false}
                  {...form.getInputProps(name)}
                />
              )}
            </Card>
          ))}
          <Card withBorder component="section" aria-label="Read Only Users">
            <Title order={2} size="h5">
              Read Only Users
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
              label="API users may be created"
              description="Those that there are stay, and work."
              disabled={!abilities.edit}
              {...form.getInputProps('apiUsersAllowed', { type: 'checkbox' })}
            />
            <Switch
              label="Read Only Users may be created"
              description="Where the organization allows them, too."
              disabled={!abilities.edit}
              {...form.getInputProps('readOnlyUsersAllowed', { type: 'checkbox' })}
            />
          </Stack>
        </Card>
        {lowered.length > 0 && (
          <Alert color="orange" title="Less than there are">
            {lowered.map(({ label }) => label).join(' and ')} would be fewer than are in use. All of them stay
            and work; none is added until there are fewer.
          </Alert>
        )}
        <Refusal
          error={save.error}
          title={
            isStale(save.error) ? 'Somebody else changed the licence meanwhile' : 'The licence is not saved'
          }
        />
        {abilities.edit && (
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
        )}
      </Stack>
    </form>
  );
}
