import { Button, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import {
  type ChangedTaxiiService,
  createTaxiiServiceEndpoint,
  editTaxiiServiceEndpoint,
  getTaxiiServiceEndpoint,
  type TaxiiServiceItem,
} from '../../../../contract/taxii-services.ts';
import { ApiError, call } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { ScreenDrawer } from '../../kit/screen-drawer.tsx';
import { Answered, PageError, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { DeleteService } from './delete-service.tsx';
import { Meanwhile } from './meanwhile.tsx';
import { ServiceFacts } from './service-facts.tsx';
import { ServiceForm } from './service-form.tsx';
import { changesOf, creationOf, FIELDS, NEW, type Values, valuesOf } from './service-values.ts';
import { differencesOf } from './service-words.ts';

function ServiceDrawer({ title, children }: { title: string; children: (close: () => void) => ReactNode }) {
  const navigate = useNavigate();
  const close = () => void navigate({ to: '/taxii-services', search: (before) => before });
  return (
    <ScreenDrawer onClose={close} title={title}>
      {children(close)}
    </ScreenDrawer>
  );
}

/** What was wrong with a field, where the form has it. */
function errorsOf(error: Error): Record<string, string> {
  const errors = fieldErrors(error, FIELDS);
  if (error instanceof ApiError && error.code === 'name_taken') {
    errors.name = error.message;
    errors.path = 'Another name or another path may be free.';
  }
  return errors;
}

function tell({ name, warnings }: ChangedTaxiiService, done: string): void {
  notifications.show({ message: `${name} is ${done}` });
  for (const warning of warnings) notifications.show({ message: warning, color: 'orange', autoClose: false });
}

/** Creates a TAXII service. */
export function CreateServiceDrawer() {
  const { abilities } = useSession();
  return (
    <ServiceDrawer title="Create TAXII service">
      {(close) =>
        abilities['taxiiService.create'] ? (
          <Create close={close} />
        ) : (
          <PageError error={new ApiError('forbidden', 'You may not create TAXII services.')} />
        )
      }
    </ServiceDrawer>
  );
}

function Create({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const create = useChange(createTaxiiServiceEndpoint);
  const form = useForm<Values>({ initialValues: NEW });
  return (
    <>
      <UnsavedGuard isDirty={form.isDirty() && !create.isPending && !create.isSuccess} />
      <ServiceForm
        form={form}
        onClose={close}
        isPending={create.isPending}
        submit="Create TAXII service"
        onSubmit={(values) =>
          create.mutate(
            { body: creationOf(values) },
            {
              onSuccess: (created) => {
                tell(created, 'created');
                void navigate({ to: '/taxii-services', search: (before) => before, ignoreBlocker: true });
              },
              onError: (error) => form.setErrors(errorsOf(error)),
            },
          )
        }
      >
        <Text size="sm" c="dimmed">
          One API root: a path at which the TAXII users bound to it poll and add. What each sees there depends
          on its own rights.
        </Text>
        <Refusal
          error={Object.keys(form.errors).length > 0 ? null : create.error}
          title="The TAXII service is not created"
        />
      </ServiceForm>
    </>
  );
}

/** Shows a TAXII service, and changes it for those who may. */
export function EditServiceDrawer() {
  const { service: id } = useParams({ from: '/inside/taxii-services/$service' });
  const service = useEndpoint(getTaxiiServiceEndpoint, { params: { service: id } });
  return (
    <ServiceDrawer title={service.data?.name ?? 'TAXII service'}>
      {(close) => (
        <Answered query={service}>
          {(found) =>
            found.abilities.edit ? <Edit service={found} close={close} /> : <ServiceFacts service={found} />
          }
        </Answered>
      )}
    </ServiceDrawer>
  );
}

function Edit({ service, close }: { service: TaxiiServiceItem; close: () => void }) {
  const navigate = useNavigate();
  const edit = useChange(editTaxiiServiceEndpoint);
  /** What the changes are made from. */
  const [base, setBase] = useState(service);
  /** As somebody else has stored it meanwhile. */
  const [newer, setNewer] = useState<TaxiiServiceItem | null>(null);
  const [isDeleting, setDeleting] = useState(false);
  const form = useForm<Values>({ initialValues: valuesOf(service) });
  const leave = () =>
    void navigate({ to: '/taxii-services', search: (before) => before, ignoreBlocker: true });
  const take = (stored: TaxiiServiceItem) => {
    setBase(stored);
    form.setInitialValues(valuesOf(stored));
    setNewer(null);
    edit.reset();
  };
  const save = (values: Values, from = base) => {
    const changes = changesOf(values, valuesOf(from));
    if (changes === undefined) return leave();
    edit.mutate(
      { params: { service: String(from.id) }, body: { version: from.version, changes } },
      {
        onSuccess: (changed) => {
          tell(changed, 'saved');
          leave();
        },
        onError: (error) => {
          form.setErrors(errorsOf(error));
          if (isStale(error))
            void call(getTaxiiServiceEndpoint, { params: { service: String(from.id) } }).then(
              setNewer,
              () => undefined,
            );
        },
      },
    );
  };
  const isShownElsewhere = newer !== null || Object.keys(form.errors).length > 0;
  return (
    <>
      <UnsavedGuard isDirty={form.isDirty() && !edit.isPending && !edit.isSuccess} />
      <ServiceForm
        form={form}
        service={base}
        onClose={close}
        isPending={edit.isPending}
        submit="Save changes"
        onSubmit={(values) => save(values)}
      >
        {newer !== null && (
          <Meanwhile
            what="this TAXII service"
            differences={differencesOf(newer, form.values)}
            onTake={() => {
              take(newer);
              form.setValues(valuesOf(newer));
            }}
            onKeep={() => {
              take(newer);
              save(form.values, newer);
            }}
          />
        )}
        <Refusal error={isShownElsewhere ? null : edit.error} title="Nothing was saved" />
      </ServiceForm>
      {service.abilities.delete && (
        <Stack gap="xs" mt="xl">
          <Text size="sm" c="dimmed">
            A TAXII service to which no TAXII user is bound can be deleted.
          </Text>
          <Group>
            <Button variant="default" onClick={() => setDeleting(true)}>
              Delete TAXII service …
            </Button>
          </Group>
          <DeleteService
            service={service}
            isOpen={isDeleting}
            onClose={() => setDeleting(false)}
            onDeleted={leave}
          />
        </Stack>
      )}
    </>
  );
}
