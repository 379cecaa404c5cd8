import { Button, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { verifyAgainEndpoint } from '../../../contract/authenticators.ts';
import type { SessionView } from '../../../contract/session.ts';
import { ApiError, call } from '../api/client.ts';
import { useTakeSession } from '../api/session.ts';
import { FactorForm, type Proof } from '../pages/sign-in/factor-form.tsx';
import { CoveringModal } from './covering-modal.tsx';

/** Shows once more who is there, before something that opens the account is changed. */
export function VerificationDialog({
  session,
  onEnd,
}: {
  session: SessionView;
  onEnd: (isDone: boolean) => void;
}) {
  const take = useTakeSession();
  const [failure, setFailure] = useState<Error | null>(null);
  const fail = (error: Error) => {
    // The request is made once more, and finds out that the session has ended.
    if (error instanceof ApiError && error.code === 'unauthenticated') onEnd(true);
    else setFailure(error);
  };
  const verify = useMutation({
    mutationFn: (body: Proof) => call(verifyAgainEndpoint, { body }, { plain: true }),
    onMutate: () => setFailure(null),
    onSuccess: (renewed) => {
      take(renewed);
      onEnd(true);
    },
    onError: fail,
  });
  const ways = session.secondFactors.length === 0 ? (['password'] as const) : session.secondFactors;
  return (
    <CoveringModal level={10} title="Show once more who you are">
      <Text size="sm">
        This changes what opens your account, so it must be you. It counts for the next 10 minutes.
      </Text>
      <FactorForm
        ways={ways}
        deed="Go on"
        onProof={verify.mutate}
        onFailure={fail}
        isPending={verify.isPending}
        error={failure}
      >
        <Button variant="default" onClick={() => onEnd(false)}>
          Cancel
        </Button>
      </FactorForm>
    </CoveringModal>
  );
}
