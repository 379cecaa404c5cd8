import {
  Alert,
  Button,
  Drawer,
  Fieldset,
  Group,
  NumberInput,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { createOrganizationEndpoint, DEFAULT_LIMITS } from '../../../../contract/organizations.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { NotAllowed, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { LIMITS } from './limits.ts';

const FIELDS = ['name', 'description', 'limits'] as const;

/** An emptied field has a text in place of a number. */
const isNumber = (value: unknown) => (typeof value === 'number' ? null : 'Enter a whole number.');

/** Creates an organization with its collection. */
export function CreateOrganizationDrawer() {
  const navigate = useNavigate();
  const { abilities } = useSession();
  const create = useChange(createOrganizationEndpoint);
  const form = useForm({
    initialValues: { name: '', description: '', ...DEFAULT_LIMITS },
    validate: { users: isNumber, apiUsers: isNumber, taxiiUsers: isNumber },
  });
  const isLost = form.isDirty() && !create.isSuccess;
  const close = () => void navigate({ to: '/organizations', search: (before) => before });
  const errors = fieldErrors(create.error, FIELDS);
  const isNameTaken = create.error?.code === 'name_taken';
  if (!abilities['organization.create'])
    return (
      <Drawer opened onClose={close} title="Create organization">
        <NotAllowed title="You may not create an organization">
          Administrators of the instance may.
        </NotAllowed>
      </Drawer>
    );
  return (
    <Drawer opened onClose={close} title="Create organization">
      <UnsavedGuard isDirty={isLost} />
      <form
        onSubmit={form.onSubmit(({ name, description, ...limits }) =>
          create.mutate(
            { body: { name, limits, ...(description.trim() === '' ? {} : { description }) } },
            {
              onSuccess: ({ id, warnings }) => {
                notifications.show({ message: `${name} is created` });
                for (const warning of warnings)
                  notifications.show({ message: warning, color: 'orange', autoClose: false });
                void navigate({
                  to: '/organizations/$organization/settings',
                  params: { organization: String(id) },
                  ignoreBlocker: true,
                });
              },
            },
          ),
        )}
      >
        <Stack>
          <TextInput
            label="Name"
            description="No other organization, community or source has it."
            required
            data-autofocus
            {...form.getInputProps('name')}
            error={isNameTaken ? 'Something else is called so already.' : errors.name}
          />
          <Textarea
            label="Description"
            description="What it is for, in a few sentences."
            autosize
            minRows={2}
            {...form.getInputProps('description')}
            error={errors.description}
          />
          <Fieldset legend="Limits">
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              {LIMITS.map(({ name, label }) => (
                <NumberInput
                  key={name}
                  label={label}
                  min={0}
                  max={1_000_000}
                  allowDecimal={false}
                  allowNegative={false}
                  {...form.getInputProps(name)}
                />
              ))}
            </SimpleGrid>
          </Fieldset>
          {errors.limits !== undefined && <Alert color="red">{errors.limits}</Alert>}
          <Alert>
            It gets a collection of its own, which TAXII shows to those who may read its intelligence.
          </Alert>
          {!isNameTaken && Object.keys(errors).length === 0 && <Refusal error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              Create organization
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
