import { Alert, Fieldset, NumberInput, SimpleGrid } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { createOrganizationEndpoint, DEFAULT_LIMITS } from '../../../../contract/organizations.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { CreateFrame, tellCreated } from '../owners/create-frame.tsx';
import { descriptionOf, NameFields, ownerErrors } from '../owners/name-fields.tsx';
import { LIMITS } from './limits.ts';

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
  const { errors, isAtField } = ownerErrors(create.error, ['limits']);
  const submit = () => {
    if (form.validate().hasErrors) return;
    const { name, description, ...limits } = form.values;
    create.mutate(
      { body: { name, limits, description: descriptionOf(description) ?? undefined } },
      {
        onSuccess: ({ id, warnings }) => {
          tellCreated(name, warnings);
          void navigate({
            to: '/organizations/$organization/settings',
            params: { organization: String(id) },
            ignoreBlocker: true,
          });
        },
      },
    );
  };
  return (
    <CreateFrame
      what="organization"
      a="an organization"
      isAllowed={abilities['organization.create']}
      isDirty={form.isDirty()}
      create={create}
      isAtField={isAtField}
      onClose={() => void navigate({ to: '/organizations', search: (before) => before })}
      onSubmit={submit}
    >
      <NameFields values={form.values} set={form.setFieldValue} errors={errors} isNew />
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
    </CreateFrame>
  );
}
