import { Alert, Anchor, Button, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type ImportedRow, type ImportReport, importAccountsEndpoint } from '../../../../contract/bulk.ts';
import { getOrganizationEndpoint, type OrganizationView } from '../../../../contract/organizations.ts';
import { ApiError, call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Page } from '../../kit/page.tsx';
import { saveText } from '../../kit/save-file.ts';
import { Answered, PageError, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { useOrganizationTrail } from '../organizations/trail.tsx';
import { type ReadCsv, readCsv, reportCsv } from './import-csv.ts';
import { ImportedSecrets } from './imported-secrets.tsx';
import { Report } from './report.tsx';
import { type Source, SourceFields } from './source.tsx';

/** Creates and edits many accounts from CSV: all of them, or none. */
export function ImportPage() {
  const { organization } = useParams({ strict: false });
  const shown = useEndpoint(getOrganizationEndpoint, { params: { organization: organization ?? '' } });
  if (shown.data === undefined)
    return (
      <Page title="Import accounts">
        <Answered query={shown}>{() => null}</Answered>
      </Page>
    );
  if (!shown.data.abilities.createAccounts)
    return (
      <Page title="Import accounts">
        <PageError error={new ApiError('forbidden', 'You may not create accounts in this organization.')} />
      </Page>
    );
  return <Import organization={shown.data} />;
}

/** How far it is. What is shown belongs to the text that was sent, not to what is typed since. */
type State =
  | { step: 'source'; error: Error | null }
  | { step: 'checking' | 'importing'; csv: string }
  | { step: 'checked'; csv: string; report: ImportReport; refused: Error | null }
  | { step: 'done'; csv: string; report: ImportReport; secrets: readonly ImportedRow[] };

/** Of a refusal that carries it: what is wrong, row by row. */
function reportOf(error: unknown): ImportReport | null {
  const report = error instanceof ApiError ? error.details.report : undefined;
  return report === undefined ? null : (report as ImportReport);
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error('That did not work.'));

function Import({ organization }: { organization: OrganizationView }) {
  const id = String(organization.id);
  const client = useQueryClient();
  const [source, setSource] = useState<Source>({ text: '', fileName: null });
  const [state, setState] = useState<State>({ step: 'source', error: null });
  const send = (csv: string, dryRun: boolean) =>
    call(importAccountsEndpoint, { params: { organization: id }, body: { csv, dryRun } });

  const check = async () => {
    const csv = source.text;
    setState({ step: 'checking', csv });
    try {
      setState({ step: 'checked', csv, report: await send(csv, true), refused: null });
    } catch (error) {
      setState({ step: 'source', error: asError(error) });
    }
  };
  const run = async (csv: string, checked: ImportReport) => {
    setState({ step: 'importing', csv });
    try {
      const report = await send(csv, false);
      const secrets = report.rows.filter((row) => row.secrets !== undefined);
      const rows = report.rows.map(({ secrets: _, ...row }) => row);
      setState({ step: 'done', csv, report: { ...report, rows }, secrets });
      await client.invalidateQueries();
    } catch (error) {
      setState({ step: 'checked', csv, report: reportOf(error) ?? checked, refused: asError(error) });
    }
  };
  const startAnew = () => {
    setSource({ text: '', fileName: null });
    setState({ step: 'source', error: null });
  };
  return (
    <Page
      title="Import accounts"
      lead={`Creates accounts of ${organization.name}, and edits those that there are already: all rows of the file, or none.`}
      trail={[
        ...useOrganizationTrail(organization),
        <Anchor
          key="membership"
          size="sm"
          renderRoot={(props) => (
            <Link to="/organizations/$organization/membership" params={{ organization: id }} {...props} />
          )}
        >
          Membership
        </Anchor>,
      ]}
    >
      <UnsavedGuard isDirty={state.step === 'checked' || state.step === 'importing'} />
      {state.step === 'source' && (
        <Stack>
          <SourceFields source={source} onChange={setSource} />
          <Refusal error={state.error} title="The file cannot be read" />
          <Group justify="space-between" align="flex-start">
            <Text size="sm" c="dimmed" maw={620}>
              Nothing is changed yet. The same file can be imported again: accounts are found by their user
              name. Only a row of an API user without an Access ID creates another one each time.
            </Text>
            <Button disabled={source.text.trim() === ''} onClick={() => void check()}>
              Check the file
            </Button>
          </Group>
        </Stack>
      )}
      {(state.step === 'checking' || state.step === 'importing') && (
        <Paper withBorder p="lg" role="status">
          <Text mb="sm">
            {state.step === 'checking' ? 'The file is being checked.' : 'The accounts are being imported.'}
          </Text>
          <Progress value={100} animated aria-label="Under way" />
          <Text size="sm" c="dimmed" mt="sm">
            Some seconds for a thousand rows. Stay on this page: what is generated is shown here, this once.
          </Text>
        </Paper>
      )}
      {state.step === 'checked' && (
        <Checked
          state={state}
          csv={readCsv(state.csv)}
          onBack={() => setState({ step: 'source', error: null })}
          onRun={() => void run(state.csv, state.report)}
        />
      )}
      {state.step === 'done' && (
        <Done
          state={state}
          csv={readCsv(state.csv)}
          organization={id}
          onStored={() => setState({ ...state, secrets: [] })}
          onAgain={startAnew}
        />
      )}
    </Page>
  );
}

function Checked({
  state: { report, refused },
  csv,
  onBack,
  onRun,
}: {
  state: Extract<State, { step: 'checked' }>;
  csv: ReadCsv;
  onBack: () => void;
  onRun: () => void;
}) {
  const { counts } = report;
  const total = counts.create + counts.update;
  return (
    <Stack>
      {refused !== null && <Refusal error={new Error(refused.message)} title="Nothing was imported" />}
      {report.refused && refused === null && (
        <Alert color="red" title="As it stands, this file is refused" role="alert">
          Put right what is marked, and check it again. Nothing has been changed.
        </Alert>
      )}
      {!report.refused && refused === null && (
        <Alert color="taxiway" title="This is what would happen" role="status">
          {counts.create} created, {counts.update} changed, {counts.unchanged} unchanged. Nothing has been
          changed yet.
        </Alert>
      )}
      <Report report={report} csv={csv} isDone={false} />
      <Group justify="flex-end">
        <ReportButton report={report} />
        <Button variant="default" onClick={onBack}>
          Back to the file
        </Button>
        <Button disabled={report.refused || total === 0} onClick={onRun}>
          {total === 0 ? 'Nothing to import' : `Import ${total === 1 ? '1 account' : `${total} accounts`}`}
        </Button>
      </Group>
    </Stack>
  );
}

function Done({
  state: { report, secrets },
  csv,
  organization,
  onStored,
  onAgain,
}: {
  state: Extract<State, { step: 'done' }>;
  csv: ReadCsv;
  organization: string;
  onStored: () => void;
  onAgain: () => void;
}) {
  return (
    <Stack>
      {secrets.length > 0 && <ImportedSecrets rows={secrets} onStored={onStored} />}
      <Title order={2} size="h3">
        {report.counts.create} created, {report.counts.update} changed, {report.counts.unchanged} unchanged
      </Title>
      <Report report={report} csv={csv} isDone />
      <Group justify="flex-end">
        <ReportButton report={report} />
        <Button variant="default" onClick={onAgain}>
          Import another file
        </Button>
        <Button
          renderRoot={(props) => (
            <Link to="/organizations/$organization/membership" params={{ organization }} {...props} />
          )}
        >
          To the membership
        </Button>
      </Group>
    </Stack>
  );
}

function ReportButton({ report }: { report: ImportReport }) {
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      onClick={() => saveText('import report.csv', reportCsv(report.rows, false), 'text/csv')}
    >
      Download report
    </Button>
  );
}
