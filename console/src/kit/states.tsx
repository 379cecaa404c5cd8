import { Alert, Anchor, Button, Center, Group, Loader, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import {
  IconBan,
  IconCloudOff,
  IconInbox,
  IconMoodConfuzed,
  type IconProps,
  IconQuestionMark,
  IconRefresh,
} from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ComponentType, ReactNode } from 'react';
import { ERRORS } from '../../../contract/errors.ts';
import { ApiError } from '../api/client.ts';
import { isPartMissing } from './missing-part.ts';

type State = { icon: ComponentType<IconProps>; title: string; children?: ReactNode; actions?: ReactNode };

/** Something in place of what was to be seen: an icon, what is the case, and what can be done. */
export function StatePanel({ icon: Icon, title, children, actions }: State) {
  return (
    <Center py={64} px="md">
      <Stack align="center" gap="sm" maw={480} ta="center">
        <ThemeIcon size={56} radius="xl" variant="light" aria-hidden>
          <Icon size={30} stroke={1.6} />
        </ThemeIcon>
        <Title order={2} size="h3">
          {title}
        </Title>
        {children !== undefined && (
          <Text c="dimmed" component="div">
            {children}
          </Text>
        )}
        {actions !== undefined && <Group justify="center">{actions}</Group>}
      </Stack>
    </Center>
  );
}

/** There is nothing here yet, and this is what one can do about it. */
export function Empty({ title, children, actions }: Omit<State, 'icon'>) {
  return (
    <StatePanel icon={IconInbox} title={title} actions={actions}>
      {children}
    </StatePanel>
  );
}

export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <Center py={64} role="status">
      <Loader type="dots" />
      <span className="visually-hidden">{label}</span>
    </Center>
  );
}

const HOME = (
  <Anchor component={Link} to="/">
    Go to the home page
  </Anchor>
);

export function NotFound() {
  return (
    <StatePanel icon={IconQuestionMark} title="There is nothing at this address" actions={HOME}>
      It may have been deleted, or you may not be allowed to know of it.
    </StatePanel>
  );
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** A drawer, or a part of a screen, for what this person may not do. */
export function NotAllowed({ title, children }: Pick<State, 'title' | 'children'>) {
  return (
    <StatePanel icon={IconBan} title={title}>
      {children}
    </StatePanel>
  );
}

/** Under which name the log of the server has it. */
function RequestOf({ error: { details } }: { error: ApiError }) {
  if (typeof details.requestId !== 'string') return null;
  return (
    <Text size="sm" mt="xs" style={{ overflowWrap: 'anywhere' }}>
      Request {details.requestId}
    </Text>
  );
}

/** Why a screen, or a part of it, cannot be shown. */
export function PageError({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const retry =
    onRetry === undefined ? undefined : (
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    );
  if (error instanceof ApiError) {
    if (error.code === 'not_found') return <NotFound />;
    if (error.code === 'forbidden')
      return (
        <StatePanel icon={IconBan} title="You may not see this" actions={HOME}>
          {error.message === ERRORS.forbidden.title ? '' : `${sentence(error.message)} `}Whoever administers
          your organization can tell you who may.
        </StatePanel>
      );
    if (error.code === 'offline' || error.code === 'unavailable')
      return (
        <StatePanel icon={IconCloudOff} title="The server cannot be reached" actions={retry}>
          Nothing is lost. This page goes on by itself when the connection is back.
        </StatePanel>
      );
    return (
      <StatePanel
        icon={IconMoodConfuzed}
        title={error.code === 'internal' ? 'The server has failed' : 'That did not work'}
        actions={retry}
      >
        {typeof error.details.requestId === 'string' && error.code === 'internal'
          ? 'Its log says why, under the request that is named here.'
          : error.message}
        <RequestOf error={error} />
      </StatePanel>
    );
  }
  if (isPartMissing(error))
    return (
      <StatePanel
        icon={IconRefresh}
        title="This page could not be loaded"
        actions={<Button onClick={() => location.reload()}>Reload</Button>}
      >
        The console may be a newer one than the one that is open here. Reloading brings it; what has been
        entered and not saved is lost with that.
      </StatePanel>
    );
  return (
    <StatePanel icon={IconMoodConfuzed} title="This page has failed" actions={retry}>
      {error instanceof Error ? error.message : 'Something unexpected has happened.'}
    </StatePanel>
  );
}

/** What a question is answered with: the answer, or that it is on its way, or why there is none. */
export function Answered<T>({
  query,
  children,
}: {
  query: UseQueryResult<T, ApiError>;
  children: (answer: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <PageError error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading />;
}

/** Why something that a person asked for was refused; it is read out. */
export function Refusal({ error, title = 'That did not work' }: { error: Error | null; title?: string }) {
  if (error === null) return null;
  const problems = error instanceof ApiError ? error.problems : [];
  return (
    <Alert color="red" title={title} role="alert">
      {problems.length > 1 ? (
        <ul style={{ margin: 0, paddingLeft: 18 }}>
          {problems.map(({ path, message }) => (
            <li key={`${path} ${message}`}>{path === '' ? message : `${path}: ${message}`}</li>
          ))}
        </ul>
      ) : (
        error.message
      )}
      {error instanceof ApiError && error.code === 'internal' && <RequestOf error={error} />}
    </Alert>
  );
}
