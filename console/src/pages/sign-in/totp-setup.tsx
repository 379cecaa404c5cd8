import { Button, Center, Group, Image, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { confirmTotpEndpoint, startTotpEndpoint } from '../../../../contract/authenticators.ts';
import { type Answer, type ApiError, call } from '../../api/client.ts';
import { Copy } from '../../kit/copy.tsx';
import { fieldErrors } from '../../kit/forms.ts';
import { Failure } from './failure.tsx';
import { type AddedFactor, lastStep, SetupEnd, type SetupProps } from './setup-end.tsx';

/** Sets up an authenticator app: shows its secret, and asks for its first code. */
export function TotpSetup(props: SetupProps) {
  const { onCancel, options } = props;
  // Kept here and nowhere else: a cache would outlive the screen.
  const [started, setStarted] = useState<Answer<typeof startTotpEndpoint>>();
  const start = useMutation<Answer<typeof startTotpEndpoint>, ApiError>({
    mutationFn: () => call(startTotpEndpoint, {}, options),
    gcTime: 0,
    onSuccess: setStarted,
    ...(props.onError === undefined ? {} : { onError: props.onError }),
  });
  const confirm = useMutation<AddedFactor, ApiError, string>({
    mutationFn: (code) => call(confirmTotpEndpoint, { body: { code } }, options),
    ...lastStep(props),
  });
  const [code, setCode] = useState('');
  const isBegun = useRef(false);
  const { mutate } = start;
  useEffect(() => {
    // Once, also where an effect runs twice: each start replaces the secret before.
    if (isBegun.current) return;
    isBegun.current = true;
    mutate();
  }, [mutate]);

  if (started === undefined)
    return start.isError ? (
      <Stack>
        <Failure error={start.error} />
        <Group>
          <Button variant="default" onClick={onCancel}>
            Back
          </Button>
          <Button onClick={() => mutate()}>Try again</Button>
        </Group>
      </Stack>
    ) : (
      <Center py="xl" role="status">
        <Loader type="dots" />
        <span className="visually-hidden">Making a secret for your app</span>
      </Center>
    );
  const problem = fieldErrors(confirm.error, ['code']).code;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(code);
      }}
    >
      <Stack>
        <Text size="sm">
          Scan the picture with an authenticator app on your phone, or type the secret into it. Then enter the
          code that it shows.
        </Text>
        <Center>
          <Image
            src={`data:image/svg+xml;utf8,${encodeURIComponent(started.qr)}`}
            alt="QR code with the secret for an authenticator app"
            w={200}
            h={200}
            radius="sm"
          />
        </Center>
        <div>
          <Group justify="space-between" gap="xs" wrap="nowrap">
            <Text size="sm" fw={600}>
              Secret to type
            </Text>
            <Copy value={started.secret} what="the secret" />
          </Group>
          <Text ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
            {started.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}
          </Text>
        </div>
        {problem === undefined && <Failure error={confirm.error} />}
        <TextInput
          label="Code that the app shows"
          value={code}
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
          error={problem}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          required
          data-autofocus
        />
        <SetupEnd onCancel={onCancel} isPending={confirm.isPending}>
          Confirm the app
        </SetupEnd>
      </Stack>
    </form>
  );
}
