import { Card, Center, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import { Logo } from '../../kit/logo.tsx';

/** A screen for people who are not signed in. A new heading gets the focus, so that it is read out. */
export function SignInFrame({
  title,
  lead,
  width = 440,
  children,
}: {
  title: string;
  lead?: ReactNode;
  width?: number;
  children?: ReactNode;
}) {
  useDocumentTitle(`${title} – Taxiway`);
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder w="100%" maw={width} p={{ base: 'md', xs: 'xl' }}>
        <Stack>
          <Logo size={36} />
          <Heading title={title} />
          {lead !== undefined && (
            <Text c="dimmed" component="div" style={{ overflowWrap: 'anywhere' }}>
              {lead}
            </Text>
          )}
          {children}
        </Stack>
      </Card>
    </Center>
  );
}

function Heading({ title }: { title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(title);
  useEffect(() => {
    if (before.current === title) return;
    before.current = title;
    const { activeElement } = document;
    // A form that took the focus for its first field keeps it: its label comes with what describes it.
    if (!(activeElement instanceof HTMLInputElement)) heading.current?.focus();
  }, [title]);
  return (
    <Title order={1} ref={heading} tabIndex={-1} style={{ overflowWrap: 'anywhere' }}>
      {title}
    </Title>
  );
}
