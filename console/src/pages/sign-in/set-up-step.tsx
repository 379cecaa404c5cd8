import { Button, Stack, Text } from '@mantine/core';
import { IconDeviceMobile, IconFingerprint } from '@tabler/icons-react';
import { useState } from 'react';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { useEndpoint } from '../../api/queries.ts';
import { PasskeySetup } from './passkey-setup.tsx';
import { hasPasskeys } from './passkeys.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import type { AddedFactor } from './setup-end.tsx';
import { IN_STEP, type StepProps } from './steps.ts';
import { TotpSetup } from './totp-setup.tsx';

/** A second factor, which everybody needs, or this person. */
export function SetUpStep({ session, onDone, onError }: StepProps) {
  const [way, setWay] = useState<'totp' | 'passkey'>();
  const [added, setAdded] = useState<AddedFactor>();
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const take = (result: AddedFactor) =>
    result.recoveryCodes === null ? onDone(result.session) : setAdded(result);
  const common = { onAdded: take, onCancel: () => setWay(undefined), onError, options: IN_STEP };
  if (added?.recoveryCodes)
    return (
      <RecoveryCodes
        codes={added.recoveryCodes}
        userName={session.userName}
        onStored={() => onDone(added.session)}
      />
    );
  if (way === 'totp') return <TotpSetup {...common} />;
  if (way === 'passkey') return <PasskeySetup {...common} />;
  return (
    <Stack>
      <Text size="sm">
        With a second factor nobody gets in who knows your password alone. Choose one; you can add others
        later.
      </Text>
      <Button
        variant="default"
        justify="flex-start"
        leftSection={<IconDeviceMobile size={20} aria-hidden />}
        onClick={() => setWay('totp')}
      >
        Authenticator app
      </Button>
      {instance?.passkeys === true && hasPasskeys() && (
        <Button
          variant="default"
          justify="flex-start"
          leftSection={<IconFingerprint size={20} aria-hidden />}
          onClick={() => setWay('passkey')}
        >
          Passkey
        </Button>
      )}
    </Stack>
  );
}
