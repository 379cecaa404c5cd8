import { Button, Group, ScrollArea, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { acceptTermsEndpoint, type OwnTerms, showTermsEndpoint } from '../../../../contract/terms.ts';
import { type ApiError, call } from '../../api/client.ts';
import { keyOf } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Answered, Refusal } from '../../kit/states.tsx';
import { IN_STEP, type StepProps } from './steps.ts';

/** The terms of service, to be read and accepted. */
export function TermsStep({ onDone, onError, onSignOut }: StepProps & { onSignOut: () => void }) {
  const terms = useQuery<OwnTerms, ApiError>({
    queryKey: keyOf(showTermsEndpoint, {}),
    queryFn: () => call(showTermsEndpoint, {}, IN_STEP),
  });
  const accept = useMutation({
    mutationFn: (version: number) => call(acceptTermsEndpoint, { body: { version } }, IN_STEP),
    onSuccess: onDone,
    onError: (error) => {
      if (isStale(error)) void terms.refetch();
      onError(error);
    },
  });
  return (
    <Answered query={terms}>
      {({ current }) =>
        current === null ? null : (
          <Stack>
            {isStale(accept.error) ? (
              <Refusal
                error={new Error('Another version was published while you read. This is the new one.')}
                title="The terms have changed"
              />
            ) : (
              <Refusal error={accept.error} />
            )}
            <Text size="sm" c="dimmed">
              Version {current.version}, published <Instant at={current.publishedAt} />
            </Text>
            <ScrollArea.Autosize
              mah="45vh"
              type="auto"
              viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Terms of service' }}
              style={{ border: '1px solid var(--mantine-color-default-border)', borderRadius: 8 }}
            >
              <Text p="md" size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {current.text}
              </Text>
            </ScrollArea.Autosize>
            <Group justify="flex-end">
              <Button variant="default" onClick={onSignOut}>
                Sign out
              </Button>
              <Button loading={accept.isPending} onClick={() => accept.mutate(current.version)}>
                Accept the terms
              </Button>
            </Group>
          </Stack>
        )
      }
    </Answered>
  );
}
