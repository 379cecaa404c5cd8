import { Badge, Button, Card, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import {
  listMailEndpoint,
  type MailItem,
  type MailState,
  retryMailEndpoint,
  testMailEndpoint,
} from '../../../../contract/mail.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { fieldErrors } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, useSearchChange } from '../../kit/paging.tsx';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';

const STATES: Record<MailState, { label: string; color: string }> = {
  waiting: { label: 'Waiting', color: 'yellow' },
  sent: { label: 'Sent', color: 'green' },
  failed: { label: 'Given up', color: 'red' },
};

/** What was sent, waits or was given up, and a test of the mail server. */
export function MailPage() {
  const { state, after } = useSearch({ from: '/inside/mail' });
  const change = useSearchChange();
  const { abilities } = useSession();
  const query = {
    limit: '50',
    ...(state === undefined ? {} : { state: state as MailState }),
    ...(after === undefined ? {} : { after }),
  };
  const mails = useEndpoint(listMailEndpoint, { query }, { keepPrevious: true, everyMs: 15_000 });
  return (
    <Page
      title="Mail"
      lead={
        <>
          The mails of the last 30 days. What they say is not shown: it may hold a link that works once. The
          mail server is chosen in the{' '}
          <ScreenLink to="/settings" search={{ search: 'Mail' }} underline="always">
            system settings
          </ScreenLink>
          .
        </>
      }
    >
      {abilities['settings.edit'] && <TestMail />}
      {mails.isError && mails.data === undefined ? (
        <PageError error={mails.error} onRetry={() => void mails.refetch()} />
      ) : (
        <Stack>
          <SegmentedControl
            aria-label="State"
            value={state ?? ''}
            onChange={(value) => change({ state: value })}
            data={[
              { value: '', label: 'All' },
              ...Object.entries(STATES).map(([value, { label }]) => ({ value, label })),
            ]}
            w="fit-content"
          />
          <DataTable
            label="Mails"
            columns={COLUMNS}
            rows={mails.data?.items}
            keyOf={({ id }) => String(id)}
            isStale={mails.isPlaceholderData}
            empty={
              <Empty title={state === undefined ? 'No mail yet' : 'No mail in this state'}>
                Invitations, password resets and notices to people appear here.
              </Empty>
            }
          />
          <Paging next={mails.data?.next} />
        </Stack>
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<MailItem>[] = [
  {
    id: 'state',
    header: 'State',
    render: ({ state }) => (
      <Badge variant="light" color={STATES[state].color} miw="max-content">
        {STATES[state].label}
      </Badge>
    ),
  },
  { id: 'purpose', header: 'Purpose', render: ({ purpose }) => purposeText(purpose) },
  {
    id: 'recipient',
    header: 'To',
    render: ({ recipient, accountId }) =>
      accountId === null ? (
        recipient
      ) : (
        <ScreenLink to="/accounts/$account" params={{ account: String(accountId) }} size="sm">
          {recipient}
        </ScreenLink>
      ),
  },
  { id: 'createdAt', header: 'Written', render: ({ createdAt }) => <Instant at={createdAt} isRelative /> },
  { id: 'attempts', header: 'Attempts', align: 'right', render: ({ attempts }) => attempts },
  { id: 'outcome', header: 'What became of it', render: (mail) => <Outcome mail={mail} /> },
];

const purposeText = (purpose: string) =>
  `${purpose.charAt(0).toUpperCase()}${purpose.slice(1).replaceAll('_', ' ')}`;

function Outcome({ mail }: { mail: MailItem }) {
  const retry = useChange(retryMailEndpoint);
  const { abilities } = useSession();
  return (
    <Stack gap={4}>
      {mail.sentAt !== null && (
        <Text size="sm">
          The mail server took it <Instant at={mail.sentAt} isRelative />.
        </Text>
      )}
      {mail.error !== null && <Text size="sm">{mail.error}</Text>}
      {mail.nextAttemptAt !== null && (
        <Text size="sm" c="dimmed">
          Next attempt <Instant at={mail.nextAttemptAt} isRelative />
        </Text>
      )}
      {mail.state !== 'sent' && abilities['settings.edit'] && (
        <Button
          size="compact-xs"
          variant="default"
          w="fit-content"
          loading={retry.isPending}
          aria-label={`Send now to ${mail.recipient}`}
          onClick={() => retry.mutate({ params: { mail: String(mail.id) } })}
        >
          Send now
        </Button>
      )}
      <Refusal error={retry.error} />
    </Stack>
  );
}

function TestMail() {
  const { userName } = useSession();
  const [to, setTo] = useState(userName);
  const test = useChange(testMailEndpoint);
  return (
    <Card withBorder component="section" aria-label="Test of the mail server">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate({ body: { to } });
        }}
      >
        <Group align="flex-end">
          <TextInput
            label="Send a test mail to"
            type="email"
            required
            value={to}
            w={320}
            maw="100%"
            error={fieldErrors(test.error, ['to']).to}
            onChange={({ currentTarget }) => setTo(currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={test.isPending}>
            Send the test
          </Button>
        </Group>
      </form>
      <div role="status">
        {test.data !== undefined && (
          <Text mt="sm" size="sm" fw={600} c={test.data.sent ? 'green' : 'red'}>
            {test.data.sent ? 'The mail server took it: ' : 'It was not sent: '}
            {test.data.answer}
          </Text>
        )}
      </div>
      {test.isError && fieldErrors(test.error, ['to']).to === undefined && <Refusal error={test.error} />}
    </Card>
  );
}
