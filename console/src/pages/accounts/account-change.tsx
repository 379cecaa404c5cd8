import { Alert } from '@mantine/core';
import { type UseMutationResult, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { JsonEndpoint } from '../../../../contract/endpoint.ts';
import type { Answer, ApiError, Asked } from '../../api/client.ts';
import { useChange } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Refusal } from '../../kit/states.tsx';

/** A change of an account; where somebody else was faster, the account is read again. */
export function useAccountChange<E extends JsonEndpoint>(
  endpoint: E,
): UseMutationResult<Answer<E>, ApiError, Asked<E>> {
  const change = useChange(endpoint);
  const client = useQueryClient();
  const { error } = change;
  useEffect(() => {
    if (isStale(error)) void client.invalidateQueries();
  }, [client, error]);
  return change;
}

/** Why a change was refused; of one that somebody else was faster with, what to do about it. */
export function ChangeRefusal({ error }: { error: Error | null }) {
  if (!isStale(error)) return <Refusal error={error} />;
  return (
    <Alert color="orange" title="Somebody else changed this account meanwhile" role="alert">
      Nothing was changed by you. It has been read again, and this is about the account as it is now: look at
      it once more, and go on if you still want to.
    </Alert>
  );
}
