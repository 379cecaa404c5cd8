import { Stack, Tabs, Text } from '@mantine/core';
import type { AccountForm } from '../../../../contract/account-forms.ts';
import { Snippet } from '../../kit/copy.tsx';
import type { PasswordChoice, Value } from './account-form.ts';
import { commandOf, requestOf } from './equivalents.ts';

/** How the same is done without this screen. */
export function Equivalents(props: {
  form: AccountForm;
  body: Readonly<Record<string, Value>>;
  password: PasswordChoice;
}) {
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
          <Snippet label="Command" value={commandOf(props)} />
        </Tabs.Panel>
        <Tabs.Panel value="rest" pt="xs">
          <Snippet label="Request" value={requestOf(props, window.location.origin)} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
