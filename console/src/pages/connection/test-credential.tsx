import { Alert, Button, List, Stack, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useState } from 'react';
import { type Trial, trySecretKey, tryTaxii, tryToken } from './trials.ts';

/** What is known of an account while its secrets are shown. */
type Known = {
  account: number;
  userName: string;
  password?: string | undefined;
  apiKey?: string | undefined;
  secretKey?: string | undefined;
  token?: string | undefined;
};

/** Tries the credentials of a machine out from this browser, one after another, and says what came of it. */
export function TestCredential(known: Known) {
  const [trials, setTrials] = useState<Trial[] | null>(null);
  const [isRunning, setRunning] = useState(false);
  const tests = testsOf(known);
  if (tests.length === 0) return null;
  const run = async () => {
    setRunning(true);
    setTrials(null);
    try {
      const done: Trial[] = [];
      for (const test of tests) done.push(await test());
      setTrials(done);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'It could not be tried.';
      setTrials([{ what: 'Credential', isGood: false, seen: [reason] }]);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="light"
        leftSection={<IconPlugConnected size={16} aria-hidden />}
        loading={isRunning}
        onClick={() => void run()}
      >
        Test {tests.length === 1 ? 'this credential' : 'these credentials'}
      </Button>
      <Text size="sm" c="dimmed">
        This browser connects as the account does, and counts as a use of it.
      </Text>
      <Stack gap="xs" w="100%" role="status">
        {trials?.map(({ what, isGood, seen }) => (
          <Alert
            key={what}
            color={isGood ? 'green' : 'red'}
            title={isGood ? `${what}: it works` : `${what}: it does not work`}
          >
            <List size="sm">
              {seen.map((line) => (
                <List.Item key={line}>{line}</List.Item>
              ))}
            </List>
          </Alert>
        ))}
      </Stack>
    </Stack>
  );
}

function testsOf(known: Known): (() => Promise<Trial>)[] {
  const { account, userName, password, apiKey, secretKey, token } = known;
  return [
    ...(password === undefined ? [] : [() => tryTaxii(account, 'Password', { userName, secret: password })]),
    ...(apiKey === undefined ? [] : [() => tryTaxii(account, 'API key', { userName, secret: apiKey })]),
    ...(secretKey === undefined ? [] : [() => trySecretKey(userName, secretKey)]),
    ...(token === undefined ? [] : [() => tryToken(token)]),
  ];
}
