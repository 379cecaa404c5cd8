import { Box, Button, Drawer, Fieldset, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { editAccountEndpoint, previewEditEndpoint } from '../../../../contract/account-endpoints.ts';
import { type AccountEditForm, getEditFormEndpoint } from '../../../../contract/account-forms.ts';
import type { AccountEdited } from '../../../../contract/accounts.ts';
import { type Asked, call } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { fieldErrors, isStale } from '../../kit/forms.ts';
import { Answered, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard, unlessCovered } from '../../kit/unsaved.tsx';
import { changesOf, isEmpty, type Value, type Values, valuesOf } from './account-form.ts';
import { ConfirmChanges, LivePreview } from './account-form-consequences.tsx';
import { FixedField, FormField, ShownValue } from './account-form-field.tsx';
import { Footer } from './account-form-footer.tsx';
import { Meanwhile } from './account-form-meanwhile.tsx';
import { EditEquivalents } from './equivalents.tsx';
import { FIELD_NAMES, fieldsIn, SECTION_TITLES, SECTIONS } from './fields.ts';
import { useRoleChange } from './role-change.ts';
import { RoleChangeShown } from './role-change-shown.tsx';

/** The form of an account, over the table of the accounts. */
export function EditMembershipDrawer() {
  const { organization, account } = useParams({
    from: '/inside/organizations/$organization/membership/edit/$account',
  });
  const navigate = useNavigate();
  return (
    <EditDrawer
      key={account}
      account={account}
      onClose={() =>
        void navigate({
          to: '/organizations/$organization/membership',
          params: { organization },
          search: true,
        })
      }
    />
  );
}

/** The same over the page of the account. */
export function EditAccountDrawer() {
  const { account } = useParams({ from: '/inside/accounts/$account/edit' });
  const navigate = useNavigate();
  return (
    <EditDrawer
      key={account}
      account={account}
      onClose={() => void navigate({ to: '/accounts/$account', params: { account }, search: true })}
    />
  );
}

function EditDrawer({ account, onClose }: { account: string; onClose: () => void }) {
  const [systemRole, setSystemRole] = useState<string | null>(null);
  const query = useEndpoint(
    getEditFormEndpoint,
    { params: { account }, query: systemRole === null ? {} : { systemRole } } as Asked<
      typeof getEditFormEndpoint
    >,
    { keepPrevious: true },
  );
  const name = query.data?.fields.find((field) => field.name === 'userName')?.value;
  return (
    <Drawer
      opened
      onClose={unlessCovered(onClose)}
      size="lg"
      title={typeof name === 'string' ? `Edit ${name}` : 'Edit account'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Answered query={query}>
        {(form) => <EditForm form={form} onSystemRole={setSystemRole} onClose={onClose} />}
      </Answered>
    </Drawer>
  );
}

/** Whoever has left while it was looked up what the changes bring with them sees no form that could say it. */
const tellUnsaved = () =>
  notifications.show({
    message: 'The changes are not saved: there was something to decide first.',
    color: 'orange',
    autoClose: false,
  });

type FormProps = {
  form: AccountEditForm;
  onSystemRole: (role: string | null) => void;
  onClose: () => void;
};

function EditForm({ form, onSystemRole, onClose }: FormProps) {
  const account = String(form.account.id);
  // What was read when the editing began: what is saved is the difference to it, whatever is fetched meanwhile.
  const [base, setBase] = useState(() => ({
    version: form.account.version,
    values: valuesOf(form.fields),
  }));
  const [values, setValues] = useState<Values>(base.values);
  const [plan, setPlan] = useState<AccountEdited | null>(null);
  const [fetched, setFetched] = useState<AccountEditForm | null>(null);
  const [refusal, setRefusal] = useState<Error | null>(null);
  const [isAsking, setAsking] = useState(false);
  const save = useChange(editAccountEndpoint);

  const changes = changesOf(form.fields, base.values, values);
  const isDirty = Object.keys(changes).length > 0;
  const asked = {
    params: { account },
    body: { ...changes, version: base.version },
  } as unknown as Asked<typeof editAccountEndpoint>;
  // Not with every letter: when somebody has stopped typing.
  const request = JSON.stringify(asked);
  const [settled] = useDebouncedValue(request, 600);
  const isSaving = save.isPending || save.isSuccess;
  const roles = useRoleChange(form, base.values, values);

  // What somebody else has saved meanwhile, from whichever answer it is known.
  const newest = (fetched?.account.version ?? 0) > form.account.version ? fetched : form;
  const newer = newest !== null && newest.account.version > base.version && !isSaving ? newest : null;
  const isBehind = newer !== null && !isDirty;
  useEffect(() => {
    if (!isBehind || newer === null) return;
    // Nothing was entered yet: there is nothing to ask.
    const next = valuesOf(newer.fields);
    setBase({ version: newer.account.version, values: next });
    setValues(next);
  }, [isBehind, newer]);
  const meanwhile = useRef<HTMLDivElement>(null);
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  const client = useQueryClient();
  const lookAgain = useCallback(
    () => void client.invalidateQueries({ queryKey: [getEditFormEndpoint.path] }),
    [client],
  );

  const refused = async (error: Error) => {
    setPlan(null);
    setRefusal(error);
    if (isStale(error)) setFetched(await call(getEditFormEndpoint, { params: { account } }));
  };
  const carryOut = () =>
    save.mutate(asked, {
      onSuccess: () => {
        notifications.show({ message: 'The changes are saved.' });
        setBase({ version: base.version + 1, values });
        // The guard must see first that nothing is unsaved any more.
        setTimeout(onClose);
      },
      onError: (error) => void refused(error),
    });
  const submit = async () => {
    if (newer !== null) {
      meanwhile.current?.scrollIntoView({ block: 'start' });
      return;
    }
    setRefusal(null);
    setAsking(true);
    try {
      const next = await call(previewEditEndpoint, asked);
      if (next.consequences.length === 0 && roles === null) carryOut();
      else if (isGone.current) tellUnsaved();
      else setPlan(next);
    } catch (error) {
      if (isGone.current) tellUnsaved();
      else await refused(error as Error);
    } finally {
      setAsking(false);
    }
  };
  const change = (name: string, value: Value) => {
    setRefusal(null);
    setValues({ ...values, [name]: value });
    if (name === 'systemRole') onSystemRole(typeof value === 'string' ? value : null);
  };
  const errors: Record<string, string> = {
    ...fieldErrors(refusal, FIELD_NAMES),
    ...(refusal !== null && 'code' in refusal && refusal.code === 'name_taken'
      ? { userName: refusal.message }
      : {}),
  };
  return (
    <form
      noValidate
      aria-label="Edit account"
      onSubmit={(event) => {
        event.preventDefault();
        if (isDirty) void submit();
      }}
    >
      <UnsavedGuard isDirty={isDirty && !isAsking && !isSaving} />
      <Stack>
        {newer !== null && isDirty && (
          <Box ref={meanwhile} style={{ scrollMarginTop: 72 }}>
            <Meanwhile
              base={base.values}
              mine={values}
              newer={newer}
              onSettled={(merged) => {
                setBase({ version: newer.account.version, values: valuesOf(newer.fields) });
                setValues(merged);
                setRefusal(null);
              }}
            />
          </Box>
        )}
        {SECTIONS.map((section) => {
          const fields = fieldsIn(section, form.fields).filter(
            // What the asker may neither set nor see is not there.
            ({ name, settable, value }) => settable || name !== 'systemRole' || !isEmpty(value),
          );
          if (fields.length === 0) return null;
          return (
            <Fieldset key={section} legend={SECTION_TITLES[section]}>
              <Stack>
                {fields.map(({ name, settable, whyNot, note }) =>
                  settable ? (
                    <FormField
                      key={name}
                      name={name}
                      value={values[name] ?? null}
                      onChange={(value) => change(name, value)}
                      choices={form}
                      error={errors[name]}
                      note={note}
                    />
                  ) : (
                    <FixedField key={name} name={name} why={whyNot}>
                      <ShownValue name={name} value={values[name] ?? null} choices={form} />
                    </FixedField>
                  ),
                )}
                {section === 'rights' && roles !== null && <RoleChangeShown change={roles} />}
              </Stack>
            </Fieldset>
          );
        })}
        {!isStale(refusal) && <Refusal error={refusal} title="It was not saved" />}
        {isDirty && <EditEquivalents form={form} changes={changes} version={base.version} />}
        <Footer
          above={
            isDirty && newer === null && !isSaving && !isStale(refusal) ? (
              <LivePreview asked={settled === request ? settled : null} onStale={lookAgain} />
            ) : undefined
          }
        >
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!isDirty} loading={isAsking || save.isPending}>
            Save changes
          </Button>
        </Footer>
      </Stack>
      <ConfirmChanges
        plan={plan}
        roles={roles}
        isPending={save.isPending}
        onCancel={() => setPlan(null)}
        onConfirm={carryOut}
      />
    </form>
  );
}
