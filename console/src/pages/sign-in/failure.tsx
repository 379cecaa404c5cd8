import { Alert, Text } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { Refusal } from '../../kit/states.tsx';

/** Why a step of a sign-in was refused; after too many attempts, with when the next one makes sense. */
export function Failure({ error, title }: { error: Error | null; title?: string }) {
  if (error instanceof ApiError && error.code === 'throttled') return <Throttled error={error} />;
  return <Refusal error={error} {...(title === undefined ? {} : { title })} />;
}

function Throttled({ error }: { error: ApiError }) {
  const until = useMemo(() => Date.now() + Number(error.details.retryAfterSeconds ?? 60) * 1000, [error]);
  const [now, setNow] = useState(Date.now);
  useInterval(() => setNow(Date.now()), 1000, { autoInvoke: true });
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const at = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(until);
  return (
    <Alert color="orange" title="Too many failed attempts" role="alert">
      <Text size="sm">
        To keep guessers out, the next attempt is looked at from {at} on. What you enter before that does not
        count.
      </Text>
      <Text size="sm" fw={600} aria-hidden>
        {seconds === 0 ? 'You can try again now.' : `Wait ${spoken(seconds)}.`}
      </Text>
    </Alert>
  );
}

function spoken(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  const parts = [
    ...(minutes > 0 ? [`${minutes} min`] : []),
    ...(rest > 0 && minutes < 10 ? [`${rest} s`] : []),
  ];
  return parts.join(' ');
}
