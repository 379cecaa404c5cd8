import { Stack, Text, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { addPasskeyEndpoint, challengeNewPasskeyEndpoint } from '../../../../contract/authenticators.ts';
import { call } from '../../api/client.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Failure } from './failure.tsx';
import { makePasskey } from './passkeys.ts';
import { type AddedFactor, lastStep, SetupEnd, type SetupProps } from './setup-end.tsx';

/** Adds a passkey: its name, and then the browser's own dialog. */
export function PasskeySetup(props: SetupProps) {
  const { onCancel, options } = props;
  const [name, setName] = useState('');
  const add = useMutation<AddedFactor, Error, string>({
    mutationFn: async (called) => {
      const challenge = await call(challengeNewPasskeyEndpoint, {}, options);
      const passkey = await makePasskey(challenge.options);
      const body = { challenge: challenge.id, passkey, name: called };
      return await call(addPasskeyEndpoint, { body }, options);
    },
    ...lastStep(props),
  });
  const problem = fieldErrors(add.error, ['name']).name;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(name);
      }}
    >
      <Stack>
        <Text size="sm">
          A passkey stays on your device, in your browser or on a security key, and is opened by your finger,
          your face or a PIN. With it you can sign in without a password.
        </Text>
        {problem === undefined && <Failure error={add.error} />}
        <TextInput
          label="Name of the passkey"
          description="By which you tell it from others, such as the device that holds it."
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          error={problem}
          maxLength={60}
          autoComplete="off"
          required
          data-autofocus
        />
        <SetupEnd
          onCancel={onCancel}
          isPending={add.isPending}
          icon={<IconFingerprint size={18} aria-hidden />}
        >
          Add passkey
        </SetupEnd>
      </Stack>
    </form>
  );
}
