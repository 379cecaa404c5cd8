import { Stack, Tabs, Text } from '@mantine/core';
import { getAccountEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountEditForm, AccountForm } from '../../../../contract/account-forms.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Snippet } from '../../kit/copy.tsx';
import type { PasswordChoice, Value } from './account-form.ts';
import { commandOf, editCommandOf, editRequestOf, requestOf } from './equivalents.ts';

/** How the same account is created without this screen. */
export function CreationEquivalents(props: {
  form: AccountForm;
  body: Readonly<Record<string, Value>>;
  password: PasswordChoice;
}) {
  return <Equivalents command={commandOf(props)} request={requestOf(props, window.location.origin)} />;
}

/** How the same edit is made without this screen. */
export function EditEquivalents(props: {
  form: AccountEditForm;
  changes: Readonly<Record<string, Value>>;
  version: number;
}) {
  const { data } = useEndpoint(getAccountEndpoint, { params: { account: String(props.form.account.id) } });
  if (data === undefined) return null;
  const edit = { ...props, userName: data.userName };
  return <Equivalents command={editCommandOf(edit)} request={editRequestOf(edit, window.location.origin)} />;
}

function Equivalents({ command, request }: { command: string; request: string }) {
  return (
    <Stack gap="xs">
      <Text fw={600} size="sm">
        The same without this screen
      </Text>
      <Tabs defaultValue="cli" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="cli">Command line</Tabs.Tab>
          <Tabs.Tab value="rest">REST API</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="cli" pt="xs">
          <Snippet label="Command" value={command} />
        </Tabs.Panel>
        <Tabs.Panel value="rest" pt="xs">
          <Snippet label="Request" value={request} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
