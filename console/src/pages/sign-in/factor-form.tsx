import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import { challengeSecondFactorEndpoint, type verification } from '../../../../contract/authenticators.ts';
import type { SessionView } from '../../../../contract/session.ts';
import { call } from '../../api/client.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Failure } from './failure.tsx';
import { hasPasskeys, showPasskey } from './passkeys.ts';

export type Proof = z.input<typeof verification>;
type Way = SessionView['secondFactors'][number] | 'password';

const INSTEAD: Readonly<Record<Way, string>> = {
  totp: 'Use the authenticator app instead',
  passkey: 'Use a passkey instead',
  recovery_code: 'Use a recovery code instead',
  password: 'Use the password instead',
};

type Props = {
  ways: readonly Way[];
  /** What the button says. */
  deed: string;
  onProof: (proof: Proof) => void;
  onFailure: (error: Error) => void;
  isPending: boolean;
  error: Error | null;
  /** What else can be done, in place of showing anything. */
  children?: ReactNode;
};

/** Shows once who is there: by a code, a passkey, a recovery code, or the password. */
export function FactorForm({ ways, deed, onProof, onFailure, isPending, error, children }: Props) {
  const usable = ways.filter((way) => way !== 'passkey' || hasPasskeys());
  const [chosen, choose] = useState<Way>(usable[0] ?? 'recovery_code');
  const [isAsking, setAsking] = useState(false);
  const [text, setText] = useState('');
  const send = async () => {
    if (chosen === 'totp') return onProof({ code: text });
    if (chosen === 'recovery_code') return onProof({ recoveryCode: text });
    if (chosen === 'password') return onProof({ password: text });
    setAsking(true);
    try {
      const { id, options } = await call(challengeSecondFactorEndpoint, {}, { isSigningIn: true });
      onProof({ challenge: id, passkey: await showPasskey(options) });
    } catch (failure) {
      onFailure(failure instanceof Error ? failure : new Error('No passkey was shown.'));
    } finally {
      setAsking(false);
    }
  };
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // What is wrong with it is read out with the field.
    if (error !== null) input.current?.focus();
  }, [error]);
  const field = FIELDS[chosen];
  const problem = field === undefined ? undefined : fieldErrors(error, [field.path])[field.path];
  const isFieldsOwn = problem !== undefined;
  const common = {
    key: chosen,
    value: text,
    required: true,
    error: problem,
    // The question is the only thing on the screen.
    'data-autofocus': true,
    autoFocus: true,
    spellCheck: false,
    autoCapitalize: 'none',
    onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => setText(currentTarget.value),
  };
  const { key, ...props } = common;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Stack>
        {!isFieldsOwn && <Failure error={error} />}
        {chosen === 'totp' && (
          <TextInput
            key={key}
            {...props}
            ref={input}
            label="Code of your authenticator app"
            description="Six digits. Each code works once."
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
          />
        )}
        {chosen === 'recovery_code' && (
          <TextInput
            key={key}
            {...props}
            ref={input}
            label="Recovery code"
            description="One of those that you stored when you set up the second factor. Each works once."
            autoComplete="off"
          />
        )}
        {chosen === 'password' && (
          <PasswordInput
            key={key}
            {...props}
            ref={input}
            label="Password"
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
          />
        )}
        <Button
          type="submit"
          loading={isPending || isAsking}
          leftSection={chosen === 'passkey' ? <IconFingerprint size={18} aria-hidden /> : undefined}
        >
          {chosen === 'passkey' ? 'Use a passkey' : deed}
        </Button>
        {usable
          .filter((way) => way !== chosen)
          .map((way) => (
            <Button
              key={way}
              variant="subtle"
              onClick={() => {
                setText('');
                choose(way);
              }}
            >
              {INSTEAD[way]}
            </Button>
          ))}
        {children}
      </Stack>
    </form>
  );
}

const FIELDS: Partial<Record<Way, { path: string }>> = {
  totp: { path: 'code' },
  recovery_code: { path: 'recoveryCode' },
  password: { path: 'password' },
};
