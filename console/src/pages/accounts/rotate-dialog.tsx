import { Alert, Box, Button, Checkbox, Group, Modal, NumberInput, Slider, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect } from 'react';
import { replaceCredentialEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { useChange } from '../../api/queries.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { OneTimeSecrets } from '../../kit/secrets.tsx';
import { Refusal } from '../../kit/states.tsx';
import { TestCredential } from '../connection/test-credential.tsx';
import { CREDENTIAL_WORDS, nameOf } from './account-words.ts';
import { counted } from './facts.tsx';
import type { Credential } from './key-card.tsx';

const DAY_SECONDS = 86_400;
const MAX_OVERLAP_DAYS = 30;
const USUAL_OVERLAP_DAYS = 7;
const USUAL_TOKEN_DAYS = 365;

/** Gives a machine a new credential; the one before stays valid for as long as is chosen, so that nothing fails meanwhile. */
export function RotateDialog({
  account,
  kind,
  isOpen,
  onClose,
}: {
  account: AccountDetails;
  kind: Credential['kind'];
  isOpen: boolean;
  onClose: () => void;
}) {
  const rotate = useChange(replaceCredentialEndpoint);
  const { noun, title, variable } = CREDENTIAL_WORDS[kind];
  const before = account.credentials.find((credential) => credential.kind === kind);
  const isToken = kind === 'api_token';
  const form = useForm({
    initialValues: {
      overlapDays: USUAL_OVERLAP_DAYS,
      ends: isToken,
      expirationDays: USUAL_TOKEN_DAYS as number | string,
    },
  });
  const { setErrors } = form;
  useEffect(
    () => setErrors(fieldErrors(rotate.error, ['overlapSeconds', 'expirationDays'])),
    [rotate.error, setErrors],
  );
  const close = () => {
    rotate.reset();
    form.reset();
    onClose();
  };
  const made = rotate.data;
  if (made !== undefined)
    return (
      <OneTimeSecrets
        title={`New ${noun} of ${nameOf(account)}`}
        lead={
          made.previousValidUntil === null ? undefined : (
            <>
              The {noun} before stays valid until <Instant at={made.previousValidUntil} />.
            </>
          )
        }
        secrets={[
          {
            label: account.kind === 'api' ? 'Access ID' : 'User name',
            value: account.userName,
            variable: account.kind === 'api' ? 'ACCESS_ID' : 'TAXII_USER',
            isOpen: true,
          },
          {
            label: title,
            value: made.password ?? made.apiKey ?? made.secretKey ?? made.token ?? '',
            variable,
          },
        ]}
        fileName={`${noun.replaceAll(' ', '-')}-${account.userName}`}
        onStored={close}
      >
        <TestCredential
          account={account.id}
          userName={account.userName}
          password={made.password}
          apiKey={made.apiKey}
          secretKey={made.secretKey}
          token={made.token}
        />
      </OneTimeSecrets>
    );
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      size="lg"
      title={`${before === undefined ? 'Make' : 'Rotate'} ${noun} of ${nameOf(account)}`}
    >
      <form
        onSubmit={form.onSubmit(({ overlapDays, ends, expirationDays }) =>
          rotate.mutate({
            params: { account: String(account.id) },
            body: {
              credential: kind,
              overlapSeconds: before === undefined ? 0 : overlapDays * DAY_SECONDS,
              ...(ends ? { expirationDays: Number(expirationDays) } : {}),
            },
          }),
        )}
      >
        <Stack>
          <Text>A new {noun} is generated, and shown once.</Text>
          {account.status.state !== 'active' && (
            <Alert color="orange" title="It opens nothing yet">
              {account.statusCause?.lockdown === true
                ? `The account is locked down. Make a new ${noun} only once it is clear what happened: it does not end the lockdown, and works from when somebody enables the account.`
                : `${account.status.reason} The new ${noun} does not change that: it works from when the account may be used again.`}
            </Alert>
          )}
          {before !== undefined && (
            <Box pb="lg">
              <Text size="sm" fw={500} id={`overlap-${kind}`}>
                For how long the one before stays valid:{' '}
                {form.values.overlapDays === 0
                  ? 'not at all, it ends at once'
                  : counted(form.values.overlapDays, 'day')}
              </Text>
              <Text size="sm" c="dimmed" mb="xs">
                Within that time, whoever runs it puts the new one in: nothing fails meanwhile.
              </Text>
              <Slider
                min={0}
                max={MAX_OVERLAP_DAYS}
                label={(value) => counted(value, 'day')}
                thumbLabel={`Days that the ${noun} before stays valid`}
                thumbValueText={(value) => counted(value, 'day')}
                marks={[0, 7, 14, 30].map((value) => ({ value, label: `${value} d` }))}
                {...form.getInputProps('overlapDays')}
              />
            </Box>
          )}
          {!isToken && (
            <Checkbox label="The new one ends" {...form.getInputProps('ends', { type: 'checkbox' })} />
          )}
          {form.values.ends && (
            <NumberInput
              label="Ends after so many days"
              min={1}
              max={3650}
              allowDecimal={false}
              required
              w={240}
              {...form.getInputProps('expirationDays')}
            />
          )}
          {Object.keys(form.errors).length === 0 && <Refusal error={rotate.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={rotate.isPending}>
              {before === undefined ? `Make ${noun}` : `Rotate ${noun}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
