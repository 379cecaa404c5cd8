import {
  Alert,
  Button,
  Group,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import type { TaxiiServiceItem } from '../../../../contract/taxii-services.ts';
import { useSession } from '../../api/session.ts';
import { Copy } from '../../kit/copy.tsx';
import { apiRootUrl } from './addresses.ts';
import { OrganizationsField } from './organizations-field.tsx';
import { ResponsibleField } from './responsible-field.tsx';
import { isOtherPath, type Values, valuesOf } from './service-values.ts';

type Props = {
  form: UseFormReturnType<Values>;
  /** The service that is edited; absent: a new one. */
  service?: TaxiiServiceItem;
  onSubmit: (values: Values) => void;
  onClose: () => void;
  isPending: boolean;
  submit: string;
  /** What stands above the fields. */
  children?: ReactNode;
};

/** The fields of a TAXII service. */
export function ServiceForm({ form, service, onSubmit, onClose, isPending, submit, children }: Props) {
  const { abilities } = useSession();
  const { path, forAll, organizations } = form.values;
  return (
    <form onSubmit={form.onSubmit(onSubmit)} noValidate>
      <Stack>
        {children}
        <TextInput
          label="Name"
          description="What administrators call it."
          required
          maxLength={200}
          data-autofocus
          {...form.getInputProps('name')}
        />
        <TextInput
          label="Path"
          description="One or more segments, such as intel or partners/intel."
          required
          maxLength={500}
          autoCapitalize="off"
          spellCheck={false}
          {...form.getInputProps('path')}
        />
        {path.trim() !== '' && (
          <Group gap={4} wrap="nowrap" mt={-8}>
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              Its API root is {apiRootUrl(path.trim())}
            </Text>
            <Copy value={apiRootUrl(path.trim())} what="the URL of the API root" />
          </Group>
        )}
        {service !== undefined && isOtherPath(form.values, valuesOf(service)) && (
          <PathWarning service={service} />
        )}
        <TextInput
          label="Title"
          description={
            service === undefined ? 'What clients are shown. Empty: the name.' : 'What clients are shown.'
          }
          required={service !== undefined}
          maxLength={200}
          {...form.getInputProps('title')}
        />
        <Textarea
          label="Description"
          description="What clients are shown of what it is for."
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2000}
          {...form.getInputProps('description')}
        />
        <OrganizationsField
          forAll={forAll}
          onForAll={(all) => form.setFieldValue('forAll', all)}
          chosen={organizations}
          onChosen={(ids) => form.setFieldValue('organizations', ids)}
          known={service?.organizations ?? []}
          error={form.errors.organizations}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Whole
            label="Objects on a page"
            description="Where a client names no number."
            max={10_000}
            {...form.getInputProps('defaultPageSize')}
          />
          <Whole
            label="Objects on a page at most"
            description="Whatever a client asks for."
            max={10_000}
            {...form.getInputProps('maxPageSize')}
          />
          <Whole
            label="Bytes on a page at most"
            description="A page ends before it has more."
            min={100_000}
            max={100_000_000}
            {...form.getInputProps('maxPageBytes')}
          />
          <Whole
            label="Bytes of a request at most"
            description="To add objects; a larger one is refused."
            min={1000}
            max={1_000_000_000}
            {...form.getInputProps('maxContentLength')}
          />
        </SimpleGrid>
        <Switch
          label="Strict"
          description="Objects that break STIX are refused that are accepted with a warning otherwise. It counts for what is added from now on."
          {...form.getInputProps('strict', { type: 'checkbox' })}
        />
        <ResponsibleField
          among={abilities['account.view'] ? 'everybody' : null}
          description="An active user who answers for it. Before the account is deleted, somebody else has to take over."
          value={form.values.responsible}
          onChange={(value) => form.setFieldValue('responsible', value)}
          current={service?.responsible}
          empty={service === undefined ? 'You' : 'Nobody'}
          error={form.errors.responsible}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending} disabled={service !== undefined && !form.isDirty()}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Whole(props: { label: string; description: string; min?: number; max: number }) {
  return <NumberInput min={1} allowDecimal={false} allowNegative={false} thousandSeparator="," {...props} />;
}

function PathWarning({ service }: { service: TaxiiServiceItem }) {
  const { path, taxiiUsers } = service;
  return (
    <Alert color="orange" title="Clients that use the old path stop working">
      Whoever is configured with {apiRootUrl(path)} finds nothing there any more, until the client is given
      the new address.
      {taxiiUsers !== undefined &&
        ` ${taxiiUsers === 1 ? '1 TAXII user is' : `${taxiiUsers.toLocaleString('en')} TAXII users are`} bound to this service.`}
    </Alert>
  );
}
