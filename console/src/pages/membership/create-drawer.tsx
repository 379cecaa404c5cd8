import { Alert, Button, Drawer, Grid, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { createUserEndpoint } from '../../../../contract/account-endpoints.ts';
import { type AccountForm, getAccountFormEndpoint } from '../../../../contract/account-forms.ts';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import type { AccountKind } from '../../../../contract/roles.ts';
import type { Asked } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Answered, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard, unlessCovered } from '../../kit/unsaved.tsx';
import {
  type PasswordChoice as Choice,
  creationBody,
  defaultsOf,
  isEmpty,
  isSame,
  KINDS,
  kindAt,
  missingFields,
  type Values,
} from './account-form.ts';
import { type Created, createdOf } from './account-form-created.ts';
import { CreatedAccount } from './account-form-done.tsx';
import { Footer } from './account-form-footer.tsx';
import { PasswordChoice } from './account-form-password.tsx';
import { FormSections } from './account-form-sections.tsx';
import { CreationEquivalents } from './equivalents.tsx';
import { FIELD_NAMES, fieldText, SECTIONS } from './fields.ts';
import { Summary, whatHappensNext } from './summary.tsx';

/** The form of a new account, over the table of the accounts. */
export function CreateDrawer() {
  const { organization, kind: path } = useParams({
    from: '/inside/organizations/$organization/membership/new/$kind',
  });
  const navigate = useNavigate();
  const kind = kindAt(path);
  const close = () =>
    void navigate({
      to: '/organizations/$organization/membership',
      params: { organization },
      search: true,
      replace: kind === undefined,
    });
  if (kind === undefined) return <NoSuchForm onClose={close} />;
  return (
    <Drawer
      opened
      onClose={unlessCovered(close)}
      size={1120}
      title={KINDS[kind].title}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Creation key={kind} kind={kind} organization={organization} onClose={close} />
    </Drawer>
  );
}

/** There is no form at the address: the table stays, and says so. */
function NoSuchForm({ onClose }: { onClose: () => void }) {
  const leave = useRef(onClose);
  useEffect(() => {
    notifications.show({ id: 'no-such-form', message: 'There is no form at this address.', color: 'orange' });
    leave.current();
  }, []);
  return null;
}

type Chosen = { systemRole?: string; organizationRole?: string; service?: number };

function Creation({
  kind,
  organization,
  onClose,
}: {
  kind: AccountKind;
  organization: string;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState<Values>({});
  const query = useEndpoint(
    getAccountFormEndpoint,
    { params: { organization, kind }, query: chosenOf(typed) } as Asked<typeof getAccountFormEndpoint>,
    { keepPrevious: true },
  );
  const [created, setCreated] = useState<Created | null>(null);
  const [isAnotherNext, setAnotherNext] = useState(false);
  if (created !== null)
    return (
      <CreatedAccount
        created={created}
        onChange={setCreated}
        isAnotherNext={isAnotherNext}
        onAnother={() => {
          notifications.show({ message: `${created.userName} is created.` });
          setCreated(null);
        }}
        onClose={onClose}
      />
    );
  return (
    <Answered query={query}>
      {(form) => (
        <CreationForm
          form={form}
          isBehind={query.isPlaceholderData}
          typed={typed}
          onTyped={setTyped}
          onCreated={(next, thenAnother) => {
            setTyped({});
            setAnotherNext(thenAnother);
            if (thenAnother && next.secrets.length === 0 && next.message === null)
              notifications.show({ message: `${next.userName} is created.` });
            else setCreated(next);
          }}
        />
      )}
    </Answered>
  );
}

/** What of the form decides what else is in it. */
function chosenOf({ systemRole, organizationRole, service }: Values): Chosen {
  return {
    ...(typeof systemRole === 'string' ? { systemRole } : {}),
    ...(typeof organizationRole === 'string' ? { organizationRole } : {}),
    ...(typeof service === 'number' ? { service } : {}),
  };
}

/** What stands in the form: what was typed, where it still goes with the rest, else what is usual. */
function standing(form: AccountForm, typed: Values): Values {
  const values = { ...defaultsOf(form.fields), ...typed };
  const role = values.organizationRole;
  const isPossible = form.organizationRoles === null || form.organizationRoles.some((one) => one === role);
  if (isPossible) return values;
  return { ...values, organizationRole: defaultsOf(form.fields).organizationRole ?? null };
}

type FormProps = {
  form: AccountForm;
  /** What is shown is of the choice before. */
  isBehind: boolean;
  typed: Values;
  onTyped: (values: Values) => void;
  onCreated: (created: Created, thenAnother: boolean) => void;
};

function CreationForm({ form, isBehind, typed, onTyped, onCreated }: FormProps) {
  const { kind } = form;
  const canInvite = form.fields.some(({ name }) => name === 'invite');
  const hasPassword = form.fields.some(({ name }) => name === 'password');
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const mailConfigured = instance?.mailConfigured === true;
  const [chosen, setChoice] = useState<Choice | null>(null);
  const choice = chosen ?? (canInvite && mailConfigured ? 'invitation' : 'generated');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<readonly string[]>([]);
  const change = useChange(KINDS[kind].endpoint as typeof createUserEndpoint);
  const element = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // The drawer is there before its fields are: the first one is where one begins.
    const first = element.current?.querySelector('input');
    requestAnimationFrame(() => first?.focus());
  }, []);

  const values = standing(form, typed);
  const isInvited = canInvite && choice === 'invitation';
  const hidden = new Set([
    'password',
    'invite',
    ...(isInvited ? ['passwordResetRequired', 'sendAccountInfoEmail'] : []),
  ]);
  const fields = form.fields.filter(({ name }) => !hidden.has(name));
  const body = { ...creationBody(fields, values), ...(isInvited ? { invite: true } : {}) };
  const isDirty =
    password !== '' ||
    Object.entries(typed).some(([name, value]) => !isSame(value, defaultsOf(form.fields)[name]));
  const obstacle = form.summary.seat.whyNot;
  // The service comes first: it decides which fields apply.
  const needsService = form.services !== null && isEmpty(values.service);

  const errors = {
    ...Object.fromEntries(missing.map((name) => [name, `${fieldText(name).label} is needed.`])),
    ...serverErrors(change.error, kind),
  };
  const submit = (event: FormEvent<HTMLFormElement>, thenAnother: boolean) => {
    event.preventDefault();
    const lacking = [
      ...missingFields(fields, values),
      ...(hasPassword && choice === 'typed' && password === '' ? ['password'] : []),
    ];
    setMissing(lacking);
    if (lacking.length > 0) {
      requestAnimationFrame(() => focusFirstError(element.current));
      return;
    }
    const asked = {
      params: { organization: String(form.organization.id) },
      body: { ...body, ...(hasPassword && choice === 'typed' ? { password } : {}) },
      // The fields of the body are those that the server has named for this very form.
    } as unknown as Asked<typeof createUserEndpoint>;
    change.mutate(asked, {
      onSuccess: (answer) => {
        const next = createdOf(kind, answer);
        setPassword('');
        change.reset();
        setChoice(null);
        onCreated(next, thenAnother);
      },
      onError: () => requestAnimationFrame(() => focusFirstError(element.current)),
    });
  };
  const isReady = obstacle === null && !needsService && !isBehind;
  const hasToken = !isEmpty(values.tokenExpirationDays);
  return (
    <form
      ref={element}
      noValidate
      aria-label={KINDS[kind].title}
      onSubmit={(event) => submit(event, isAnother(event.nativeEvent))}
    >
      <UnsavedGuard isDirty={isDirty && !change.isPending} />
      <Stack>
        {obstacle !== null && (
          <Alert color="orange" title={`No ${KINDS[kind].name} can be created now`} role="alert">
            {obstacle}
          </Alert>
        )}
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack>
              <FormSections
                form={form}
                values={values}
                errors={errors}
                hidden={hidden}
                sections={needsService ? ['service'] : SECTIONS}
                begins={
                  hasPassword
                    ? {
                        signIn: (
                          <PasswordChoice
                            canInvite={canInvite}
                            choice={choice}
                            onChoice={setChoice}
                            password={password}
                            onPassword={setPassword}
                            error={errors.password ?? errors.invite}
                          />
                        ),
                      }
                    : {}
                }
                onChange={(name, value) => {
                  onTyped({ ...typed, [name]: value });
                  setMissing(missing.filter((each) => each !== name));
                }}
              />
              <Refusal error={change.error} title="It was not created" />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack>
              {!needsService && (
                <>
                  <Summary
                    form={form}
                    next={whatHappensNext(form, choice, {
                      mailConfigured,
                      makesKey: hasToken || values.apiKey === true,
                    })}
                  />
                  <CreationEquivalents
                    form={form}
                    body={body}
                    password={hasPassword ? choice : 'generated'}
                  />
                </>
              )}
            </Stack>
          </Grid.Col>
        </Grid>
        <Footer>
          <Button
            type="submit"
            name="another"
            variant="default"
            disabled={!isReady}
            loading={change.isPending}
          >
            Create and add another
          </Button>
          <Button type="submit" disabled={!isReady} loading={change.isPending}>
            {hasToken ? `${KINDS[kind].title} and generate token` : KINDS[kind].title}
          </Button>
        </Footer>
      </Stack>
    </form>
  );
}

/** Whether the form was sent by the button that goes on with an empty one. */
function isAnother(event: Event): boolean {
  return event instanceof SubmitEvent && event.submitter?.getAttribute('name') === 'another';
}

/** The server's words at the fields; a name that is taken stands at the name. */
function serverErrors(error: Error | null, kind: AccountKind): Record<string, string> {
  const errors = fieldErrors(error, FIELD_NAMES);
  if (error !== null && 'code' in error && error.code === 'name_taken')
    errors[kind === 'taxii' ? 'userName' : 'email'] ??= error.message;
  return errors;
}

function focusFirstError(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
