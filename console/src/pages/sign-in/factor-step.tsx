import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { showSecondFactorEndpoint } from '../../../../contract/authenticators.ts';
import { call } from '../../api/client.ts';
import { FactorForm, type Proof } from './factor-form.tsx';
import { IN_STEP, type StepProps } from './steps.ts';

/** The second factor at a sign-in. */
export function FactorStep({ session, onDone, onError }: StepProps) {
  const [failure, setFailure] = useState<Error | null>(null);
  const show = useMutation({
    mutationFn: ({ password: _, ...body }: Proof) => call(showSecondFactorEndpoint, { body }, IN_STEP),
    onMutate: () => setFailure(null),
    onSuccess: onDone,
    onError: (error) => {
      setFailure(error);
      onError(error);
    },
  });
  return (
    <FactorForm
      ways={session.secondFactors}
      deed="Go on"
      onProof={show.mutate}
      onFailure={(error) => {
        setFailure(error);
        onError(error);
      }}
      isPending={show.isPending}
      error={failure}
    />
  );
}
