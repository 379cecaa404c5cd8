import { PasswordInput, Radio, Stack, Text } from '@mantine/core';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { type PasswordPolicyView, passwordPolicyEndpoint } from '../../../../contract/passwords.ts';
import { useEndpoint } from '../../api/queries.ts';
import type { PasswordChoice as Choice } from './account-form.ts';

type Props = {
  /** Whether people may be invited to this kind of account. */
  canInvite: boolean;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  password: string;
  onPassword: (password: string) => void;
  error?: string | undefined;
};

/** How the first password comes about. */
export function PasswordChoice({ canInvite, choice, onChoice, password, onPassword, error }: Props) {
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const { data: policy } = useEndpoint(passwordPolicyEndpoint, {});
  return (
    <Stack gap="sm">
      <Radio.Group
        label="First password"
        value={choice}
        onChange={(chosen) => onChoice(chosen as Choice)}
        error={choice === 'typed' ? undefined : error}
      >
        <Stack gap="xs" mt="xs">
          {canInvite && (
            <Radio
              value="invitation"
              label="Invitation"
              description={
                instance?.mailConfigured === true
                  ? 'The person is sent a link and chooses the password. Nobody else ever knows it.'
                  : 'The person chooses the password. This instance sends no mail: the link is shown to you once, to be passed on.'
              }
            />
          )}
          <Radio
            value="generated"
            label="Generated"
            description="A long random password, shown to you once after saving."
          />
          <Radio value="typed" label="Typed" description="You choose it, and know it." />
        </Stack>
      </Radio.Group>
      {choice === 'typed' && (
        <PasswordInput
          label="Password"
          required
          name="password"
          autoComplete="new-password"
          description={policy === undefined ? undefined : policyText(policy, canInvite)}
          value={password}
          onChange={({ currentTarget }) => onPassword(currentTarget.value)}
          error={error}
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
        />
      )}
      {choice === 'typed' && canInvite && (
        <Text size="sm" c="dimmed">
          A password that two people know is best changed at the first sign-in: leave “Password reset
          required” switched on.
        </Text>
      )}
    </Stack>
  );
}

function policyText(policy: PasswordPolicyView, isOfPerson: boolean): string {
  const length = isOfPerson ? policy.minLengthOfPeople : policy.minLengthOfMachines;
  return [
    `At least ${length} characters, ${policy.minDifferentCharacters} of them different.`,
    ...(policy.minCharacterClasses > 1
      ? [
          `Below ${policy.characterClassesBelowLength} characters: of ${policy.minCharacterClasses} kinds (capital letters, small letters, digits, others).`,
        ]
      : []),
    ...(policy.commonPasswordsRefused || policy.breachedPasswordsRefused
      ? ['Passwords that many people use or that are known from breaches are refused.']
      : []),
  ].join(' ');
}
