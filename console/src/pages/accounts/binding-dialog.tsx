import { Button, Group, Modal, Stack, Switch, TagsInput, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { editCredentialEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { InstantInput } from '../../kit/instant-input.tsx';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { CREDENTIAL_WORDS } from './account-words.ts';
import type { Credential } from './key-card.tsx';

const FIELDS = ['allowedNetworks', 'readOnly', 'signedBodyRequired', 'expiresAt', 'expirationDays'];

/** The limits of a credential: where it may be used from, whether it only reads, and when it ends. */
export function BindingDialog({
  account,
  credential,
  onClose,
}: {
  account: AccountDetails;
  credential: Credential | undefined;
  onClose: () => void;
}) {
  return (
    <Modal
      opened={credential !== undefined}
      onClose={onClose}
      size="lg"
      title={credential === undefined ? '' : `Limits of the ${titleOf(credential)}`}
    >
      {credential !== undefined && <Form account={account} credential={credential} onClose={onClose} />}
    </Modal>
  );
}

const titleOf = ({ kind, hint }: Credential): string =>
  `${CREDENTIAL_WORDS[kind].noun}${hint === null ? '' : ` ending in ${hint}`}`;

function Form({
  account,
  credential,
  onClose,
}: {
  account: AccountDetails;
  credential: Credential;
  onClose: () => void;
}) {
  const edit = useAccountChange(editCredentialEndpoint);
  const form = useForm({
    initialValues: {
      allowedNetworks: credential.allowedNetworks ?? [],
      readOnly: credential.readOnly,
      signedBodyRequired: credential.signedBodyRequired,
      expiresAt: credential.expiresAt,
    },
  });
  const { setErrors } = form;
  useEffect(() => setErrors(fieldErrors(edit.error, FIELDS)), [edit.error, setErrors]);
  const { lastUsedFrom, kind } = credential;
  const save = form.onSubmit((values) => {
    const networks = values.allowedNetworks.length === 0 ? null : values.allowedNetworks;
    const body = {
      version: account.version,
      ...(form.isDirty('allowedNetworks') ? { allowedNetworks: networks } : {}),
      ...(form.isDirty('readOnly') ? { readOnly: values.readOnly } : {}),
      ...(form.isDirty('signedBodyRequired') ? { signedBodyRequired: values.signedBodyRequired } : {}),
      ...(form.isDirty('expiresAt') ? { expiresAt: values.expiresAt } : {}),
    };
    const params = { account: String(account.id), credential: String(credential.id) };
    edit.mutate(
      { params, body },
      {
        onSuccess: () => {
          notifications.show({ message: `The limits of the ${titleOf(credential)} are saved.` });
          onClose();
        },
      },
    );
  });
  return (
    <form onSubmit={save}>
      <Stack>
        <TagsInput
          label="Allowed networks"
          description="Addresses and prefixes (CIDR), such as 192.0.2.7 or 2001:db8::/32; Enter adds one. None: it is used from everywhere."
          placeholder={form.values.allowedNetworks.length === 0 ? 'From everywhere' : undefined}
          splitChars={[',', ' ']}
          clearable
          clearButtonProps={{ 'aria-label': 'Clear allowed networks' }}
          {...form.getInputProps('allowedNetworks')}
        />
        {lastUsedFrom !== null && !form.values.allowedNetworks.includes(lastUsedFrom) && (
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              onClick={() => form.setFieldValue('allowedNetworks', [lastUsedFrom])}
            >
              Pin to {lastUsedFrom}
            </Button>
            <Text size="sm" c="dimmed">
              From there it was last used.
            </Text>
          </Group>
        )}
        <Switch
          label="Read only"
          description="It may only read, whatever its account may do."
          {...form.getInputProps('readOnly', { type: 'checkbox' })}
        />
        {kind === 'secret_key' && (
          <Switch
            label="Signed body required"
            description="Only signatures of the second version are taken, which cover the body and are used once."
            {...form.getInputProps('signedBodyRequired', { type: 'checkbox' })}
          />
        )}
        <InstantInput
          label="End"
          description={kind === 'api_token' ? 'When it ceases to be valid.' : 'Empty: it does not end.'}
          placeholder={kind === 'api_token' ? undefined : 'Never'}
          isRequired={kind === 'api_token'}
          value={form.values.expiresAt}
          onChange={(expiresAt) => form.setFieldValue('expiresAt', expiresAt)}
          error={form.errors.expiresAt ?? form.errors.expirationDays}
        />
        {Object.keys(fieldErrors(edit.error, FIELDS)).length === 0 && <ChangeRefusal error={edit.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={edit.isPending} disabled={!form.isDirty()}>
            Save changes
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
