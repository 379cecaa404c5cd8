import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { changePasswordEndpoint } from '../../../../contract/passwords.ts';
import type { SessionView } from '../../../../contract/session.ts';
import { type ApiError, call, type Options } from '../../api/client.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Failure } from './failure.tsx';
import { NewPasswordInputs, otherThanPassword, useNewPassword } from './new-password.tsx';
import { IN_STEP, type StepProps } from './steps.ts';

/** Another password, which the next sign-in needs. */
export function ChangePasswordStep({ session, onDone, onError }: StepProps) {
  return (
    <Stack>
      <Text size="sm">
        Choose a password of your own before you go on: the present one was given to you, or is too old.
      </Text>
      <ChangePasswordForm
        userName={session.userName}
        options={IN_STEP}
        onDone={onDone}
        onError={onError}
        isFirst
      />
    </Stack>
  );
}

/** Changes the own password. */
export function ChangePasswordForm({
  userName,
  options,
  onDone,
  onError,
  isFirst = false,
}: {
  userName: string;
  options?: Options;
  onDone: (session: SessionView) => void;
  onError?: (error: Error) => void;
  isFirst?: boolean;
}) {
  const [current, setCurrent] = useState('');
  const chosen = useNewPassword('newPassword');
  const change = useMutation<SessionView, ApiError>({
    mutationFn: () =>
      call(
        changePasswordEndpoint,
        { body: { currentPassword: current, newPassword: chosen.password } },
        options,
      ),
    onSuccess: (session) => {
      setCurrent('');
      chosen.clear();
      onDone(session);
    },
    onError: (error) => {
      chosen.refuse(error);
      onError?.(error);
    },
  });
  const problem = fieldErrors(change.error, ['currentPassword']).currentPassword;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.check()) change.mutate();
      }}
      noValidate
    >
      <Stack>
        {problem === undefined && <Failure error={otherThanPassword(change.error, 'newPassword')} />}
        <input type="hidden" name="username" autoComplete="username" value={userName} readOnly />
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          value={current}
          onChange={({ currentTarget }) => setCurrent(currentTarget.value)}
          error={problem}
          required
          data-autofocus={isFirst || undefined}
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the present password' }}
        />
        <NewPasswordInputs of={chosen} />
        <Button type="submit" loading={change.isPending} disabled={current === ''}>
          Change password
        </Button>
      </Stack>
    </form>
  );
}
