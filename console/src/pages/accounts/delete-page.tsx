import { Alert, Button, Group, List, Stack, Stepper, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import {
  deleteAccountEndpoint,
  getAccountEndpoint,
  previewDeletionEndpoint,
} from '../../../../contract/account-endpoints.ts';
import type { AccountDetails, DeletionPreview } from '../../../../contract/accounts.ts';
import { type Answer, type ApiError, type Asked, call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { AnsweredPage, Page } from '../../kit/page.tsx';
import { StatusChip } from '../../kit/status-chip.tsx';
import { ChangeRefusal } from './account-change.tsx';
import { nameOf } from './account-words.ts';
import { EndsAndStays } from './delete-ends.tsx';
import { counted } from './facts.tsx';
import { HeirFields, type Heirs, isInherited, Responsibilities, usualHeirs } from './heir-fields.tsx';
import { StateDialog } from './state-dialog.tsx';

type Deleted = Answer<typeof deleteAccountEndpoint>;

/** Deletes an account: what runs as it, who takes over, what ends and what stays, and then the deed. */
export function DeletePage() {
  const { account } = useParams({ from: '/inside/accounts/$account/delete' });
  const params = { account };
  const [deleted, setDeleted] = useState<{ result: Deleted; organization: AccountDetails['organization'] }>();
  const isThere = deleted === undefined;
  const details = useEndpoint(getAccountEndpoint, { params }, { enabled: isThere });
  const preview = useEndpoint(previewDeletionEndpoint, { params }, { enabled: isThere });
  if (!isThere) return <Done {...deleted} />;
  return (
    <AnsweredPage title="Delete an account" query={details}>
      {(found) => (
        <AnsweredPage title={`Delete ${nameOf(found)}`} query={preview}>
          {(shown) => (
            <Assistant
              account={found}
              preview={shown}
              onDeleted={(result) => setDeleted({ result, organization: found.organization })}
            />
          )}
        </AnsweredPage>
      )}
    </AnsweredPage>
  );
}

const STEPS = {
  runs: 'What runs as it',
  heirs: 'Who takes over',
  ends: 'What ends and stays',
  deed: 'Delete',
} as const;
type Step = keyof typeof STEPS;
const ALL = Object.keys(STEPS) as Step[];

function Assistant({
  account,
  preview,
  onDeleted,
}: {
  account: AccountDetails;
  preview: DeletionPreview;
  onDeleted: (result: Deleted) => void;
}) {
  const client = useQueryClient();
  const [wanted, setStep] = useState<Step>('runs');
  // Nobody is asked who takes over nothing.
  const steps = preview.responsibilities.length > 0 ? ALL : ALL.filter((name) => name !== 'heirs');
  const step: Step = steps.includes(wanted) ? wanted : 'runs';
  const place = steps.indexOf(step);
  const [chosen, setChosen] = useState<Heirs>({});
  const [isDisabling, setDisabling] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const heirs = { ...usualHeirs(preview), ...chosen };
  const remove = useMutation<Deleted, ApiError, Asked<typeof deleteAccountEndpoint>>({
    mutationFn: (asked) => call(deleteAccountEndpoint, asked),
    onSuccess: onDeleted,
    onError: (error) => {
      // What it was decided by may be another now.
      if (isStale(error) || error.code === 'heirs_required' || error.code === 'conflict')
        void client.invalidateQueries();
    },
  });
  const goTo = (next: Step | undefined) => {
    if (next === undefined) return;
    setStep(next);
    requestAnimationFrame(() => heading.current?.focus());
  };
  const name = nameOf(account);
  const isBlocked = preview.obstacles.length > 0;
  const canGoOn = step !== 'heirs' || isInherited(preview, heirs);
  const params = { account: String(account.id) };
  return (
    <Page
      title={`Delete ${name}`}
      badge={<StatusChip account={account} />}
      lead={`${account.userName} · ${account.organization.name}`}
      trail={[
        <ScreenLink key="account" to="/accounts/$account" params={params}>
          {name}
        </ScreenLink>,
      ]}
    >
      {account.abilities.disable && !account.disabled && (
        <Alert color="taxiway" title="Not sure? Disable it instead">
          <Stack gap="xs" align="flex-start">
            <Text>
              A disabled account cannot be used by anybody, and can be enabled again with everything that it
              had. Deleting is for good.
            </Text>
            <Button variant="default" onClick={() => setDisabling(true)}>
              Disable instead
            </Button>
          </Stack>
        </Alert>
      )}
      {isBlocked && (
        <Alert color="red" title="It cannot be deleted as things are">
          <List>
            {preview.obstacles.map(({ reason, message }) => (
              <List.Item key={reason}>{message}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Stepper
        active={place}
        onStepClick={(index) => goTo(steps[index])}
        allowNextStepsSelect={false}
        size="sm"
        visibleFrom="sm"
      >
        {steps.map((name) => (
          <Stepper.Step key={name} label={STEPS[name]} />
        ))}
      </Stepper>
      <Stack maw={760} component="section" aria-label={STEPS[step]}>
        <Title order={2} size="h4" ref={heading} tabIndex={-1}>
          <Text span inherit hiddenFrom="sm">
            {`Step ${place + 1} of ${steps.length}: `}
          </Text>
          {STEPS[step]}
        </Title>
        {step === 'runs' && <Responsibilities preview={preview} />}
        {step === 'heirs' && <HeirFields preview={preview} heirs={heirs} onChange={setChosen} />}
        {step === 'ends' && <EndsAndStays preview={preview} heirs={heirs} />}
        {step === 'deed' && (
          <Confirmation
            account={account}
            isBlocked={isBlocked}
            isPending={remove.isPending}
            refusal={<Refused error={remove.error} onHeirs={() => goTo('heirs')} />}
            onBack={() => goTo('ends')}
            onConfirm={() => remove.mutate({ params, body: { version: preview.version, heirs } })}
          />
        )}
        {step !== 'deed' && (
          <Group>
            {place > 0 && (
              <Button variant="default" onClick={() => goTo(steps[place - 1])}>
                Back
              </Button>
            )}
            <Button disabled={!canGoOn || isBlocked} onClick={() => goTo(steps[place + 1])}>
              Continue
            </Button>
          </Group>
        )}
      </Stack>
      <StateDialog
        account={account}
        deed="disable"
        isOpen={isDisabling}
        onClose={() => setDisabling(false)}
      />
    </Page>
  );
}

function Confirmation({
  account,
  isBlocked,
  isPending,
  refusal,
  onBack,
  onConfirm,
}: {
  account: AccountDetails;
  isBlocked: boolean;
  isPending: boolean;
  refusal: ReactNode;
  onBack: () => void;
  onConfirm: () => void;
}) {
  const [typed, setTyped] = useState('');
  const isReady = typed.trim() === account.userName && !isBlocked;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onConfirm();
      }}
    >
      <Stack>
        <Text>{nameOf(account)} is deleted at once and for good. Nobody can bring it back.</Text>
        <TextInput
          label={`Type ${account.userName} to go on`}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maw={420}
        />
        {refusal}
        <Group>
          <Button variant="default" onClick={onBack}>
            Back
          </Button>
          <Button type="submit" color="red" disabled={!isReady} loading={isPending}>
            Delete account
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Why it was not deleted, and where to go on. */
function Refused({ error, onHeirs }: { error: ApiError | null; onHeirs: () => void }) {
  if (error?.code !== 'heirs_required') return <ChangeRefusal error={error} />;
  return (
    <Alert color="orange" title="Somebody has to take over first" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text>{error.message} Meanwhile something came to run as this account; nothing was deleted.</Text>
        <Button variant="default" onClick={onHeirs}>
          Choose who takes over
        </Button>
      </Stack>
    </Alert>
  );
}

const KINDS = { taxiiServices: 'TAXII service', collections: 'collection' } as const;

function Done({ result, organization }: { result: Deleted; organization: AccountDetails['organization'] }) {
  const client = useQueryClient();
  useEffect(() => {
    void client.invalidateQueries();
    document.querySelector<HTMLElement>('#main h1')?.focus();
  }, [client]);
  return (
    <Page title={`${result.userName} is deleted`}>
      <Stack align="flex-start" role="status">
        <Text>Its sessions and credentials have ended. What it did stays attributed to it.</Text>
        {result.passedOn.length > 0 && (
          <List>
            {result.passedOn.map(({ kind, count, heir }) => (
              <List.Item key={kind}>
                {counted(count, KINDS[kind])} went to {heir}.
              </List.Item>
            ))}
          </List>
        )}
        <ScreenButton
          to="/organizations/$organization/membership"
          params={{ organization: String(organization.id) }}
        >
          Go to the membership of {organization.name}
        </ScreenButton>
      </Stack>
    </Page>
  );
}
