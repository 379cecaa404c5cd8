import { List, PasswordInput, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { useId, useRef, useState } from 'react';
import { type PasswordPolicyView, passwordPolicyEndpoint } from '../../../../contract/passwords.ts';
import { ApiError } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';

/** A new password that is typed twice; `path` is what the server calls it. */
export function useNewPassword(path: string) {
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [isDifferent, setDifferent] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  return {
    password,
    setPassword,
    repeated,
    setRepeated,
    problems,
    isDifferent,
    first,
    second,
    /** Whether it can be sent; where it cannot, that is said at the field. */
    check(): boolean {
      const isEmpty = password === '';
      setProblems(isEmpty ? ['Enter a password.'] : []);
      const differs = !isEmpty && password !== repeated;
      setDifferent(differs);
      (isEmpty ? first : differs ? second : undefined)?.current?.focus();
      return !isEmpty && !differs;
    },
    /** Shows what the server found wrong with it. */
    refuse(error: Error): void {
      const found = passwordProblems(error, path);
      setProblems(found.map((message) => `It ${message}.`));
      if (found.length > 0) first.current?.focus();
    },
    clear(): void {
      setPassword('');
      setRepeated('');
      setProblems([]);
      setDifferent(false);
    },
  };
}

/** What is wrong with the password of that name, in sentences without a subject. */
function passwordProblems(error: Error | null, path: string): string[] {
  const problems = error instanceof ApiError ? error.problems : [];
  return problems.filter((problem) => problem.path === path).map(({ message }) => message);
}

/** A refusal that is not said at the password already. */
export function otherThanPassword(error: Error | null, path: string): Error | null {
  return passwordProblems(error, path).length > 0 ? null : error;
}

/** The two inputs, with what the password must be, told while it is typed. */
export function NewPasswordInputs({
  of,
  label = 'New password',
  isFirst = false,
}: {
  of: ReturnType<typeof useNewPassword>;
  label?: string;
  isFirst?: boolean;
}) {
  const rulesId = useId();
  const [isShown, setShown] = useState(false);
  const common = {
    autoComplete: 'new-password',
    autoCapitalize: 'none',
    spellCheck: false,
    required: true,
    visible: isShown,
    onVisibilityChange: setShown,
  };
  return (
    <Stack gap="sm">
      <PasswordInput
        {...common}
        ref={of.first}
        label={label}
        value={of.password}
        onChange={({ currentTarget }) => of.setPassword(currentTarget.value)}
        error={of.problems.length > 0 && <Problems of={of.problems} />}
        aria-describedby={rulesId}
        visibilityToggleButtonProps={{ 'aria-label': isShown ? 'Hide the password' : 'Show the password' }}
        data-autofocus={isFirst || undefined}
      />
      <Rules id={rulesId} password={of.password} />
      <PasswordInput
        {...common}
        ref={of.second}
        label={`${label} again`}
        value={of.repeated}
        onChange={({ currentTarget }) => of.setRepeated(currentTarget.value)}
        error={of.isDifferent && 'This is not the same password.'}
        visibilityToggleButtonProps={{ 'aria-label': isShown ? 'Hide the password' : 'Show the password' }}
      />
    </Stack>
  );
}

const Problems = ({ of }: { of: readonly string[] }) => (
  <span role="alert">
    {of.map((problem) => (
      <span key={problem} style={{ display: 'block' }}>
        {problem}
      </span>
    ))}
  </span>
);

/** What the password must be; each rule that can be checked here with whether it is met. */
function Rules({ id, password }: { id: string; password: string }) {
  const { data: policy } = useEndpoint(passwordPolicyEndpoint, {});
  if (policy === undefined) return <div id={id} />;
  const rules = rulesOf(policy, password);
  const missing = rules.filter(({ isMet }) => !isMet);
  return (
    <div id={id}>
      <List size="sm" spacing={4} center pl={0}>
        {rules.map(({ text, isMet }) => (
          <List.Item
            key={text}
            icon={
              <ThemeIcon size={18} radius="xl" variant="light" color={isMet ? 'green' : 'gray'} aria-hidden>
                {isMet ? <IconCheck size={12} /> : <IconMinus size={12} />}
              </ThemeIcon>
            }
          >
            {text}
          </List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed" mt={6}>
        {notesOf(policy)} A few words that do not belong together make a good one.
      </Text>
      <span className="visually-hidden" role="status">
        {password === ''
          ? ''
          : missing.length === 0
            ? 'Every rule is met.'
            : `Still missing: ${missing.map(({ text }) => text).join(', ')}.`}
      </span>
    </div>
  );
}

type Rule = { text: string; isMet: boolean };

function rulesOf(policy: PasswordPolicyView, password: string): Rule[] {
  const length = [...password].length;
  const classes = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u].filter((each) =>
    each.test(password),
  ).length;
  return [
    {
      text: `At least ${policy.minLengthOfPeople} characters`,
      isMet: length >= policy.minLengthOfPeople,
    },
    {
      text: `At least ${policy.minDifferentCharacters} different characters`,
      isMet: new Set(password).size >= policy.minDifferentCharacters,
    },
    ...(policy.minCharacterClasses > 0
      ? [
          {
            text: `${policy.minCharacterClasses} of: capital letters, small letters, digits, others; or at least ${policy.characterClassesBelowLength} characters`,
            isMet: length >= policy.characterClassesBelowLength || classes >= policy.minCharacterClasses,
          },
        ]
      : []),
    ...(new TextEncoder().encode(password).length > policy.maxOctets
      ? [{ text: `At most ${policy.maxOctets.toLocaleString('en')} bytes`, isMet: false }]
      : []),
  ];
}

function notesOf(policy: PasswordPolicyView): string {
  const refused = [
    ...(policy.namesRefused ? ['little more than your name or your organization’s'] : []),
    ...(policy.commonPasswordsRefused ? ['one that many people use'] : []),
    ...(policy.breachedPasswordsRefused ? ['one known from a data breach'] : []),
    ...(policy.history > 0 ? [`one of your last ${policy.history}`] : []),
  ];
  const [first = '', ...rest] = refused;
  if (first === '') return '';
  return `It must not be ${[first, ...rest].join(', nor ')}.`;
}
