import { Box, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/client.ts';
import { Answered, NotFound } from './states.tsx';

type Props = {
  title: string;
  /** What stands after the heading, such as a status. */
  badge?: ReactNode;
  /** One sentence of what the screen is for. */
  lead?: ReactNode;
  /** From the outermost on; each a link. */
  trail?: readonly ReactNode[];
  /** What can be done on this screen, the most usual last. */
  actions?: ReactNode;
  children: ReactNode;
};

/** A screen: its heading, which names the document too, what can be done, and what there is to see. */
export function Page({ title, badge, lead, trail = [], actions, children }: Props) {
  useDocumentTitle(`${title} – Taxiway`);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="md">
        <Box style={{ minWidth: 0 }}>
          {trail.length > 0 && <Breadcrumbs mb={4}>{trail}</Breadcrumbs>}
          <Group gap="sm">
            <Title order={1} tabIndex={-1}>
              {title}
            </Title>
            {badge}
          </Group>
          {lead !== undefined && (
            <Text c="dimmed" mt={4} maw={720} component="div">
              {lead}
            </Text>
          )}
        </Box>
        {actions !== undefined && (
          <Group gap="sm" maw="100%">
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Stack>
  );
}

/** A whole screen that stands or falls with one answer; until that is there, the heading says only what it will be. */
export function AnsweredPage<T>({
  title,
  query,
  children,
}: {
  title: string;
  query: UseQueryResult<T, ApiError>;
  children: (answer: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  return (
    <Page title={title}>
      <Answered query={query}>{() => null}</Answered>
    </Page>
  );
}

/** An address that leads nowhere. */
export function NothingPage() {
  return (
    <Page title="Page not found">
      <NotFound />
    </Page>
  );
}
