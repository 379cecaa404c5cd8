import type { AccountDetails } from '../../../../contract/accounts.ts';

/** What an account is called: people and API users by name, TAXII users by user name. */
export function nameOf({
  firstName,
  lastName,
  userName,
}: Pick<AccountDetails, 'firstName' | 'lastName' | 'userName'>): string {
  return [firstName, lastName].filter(Boolean).join(' ') || userName;
}

export const isPerson = ({ kind }: Pick<AccountDetails, 'kind'>): boolean =>
  kind === 'user' || kind === 'read_only';

type CredentialKind = AccountDetails['credentials'][number]['kind'];

type CredentialWords = {
  title: string;
  /** In a sentence. */
  noun: string;
  /** Its name in a file of environment variables. */
  variable: string;
};

export const CREDENTIAL_WORDS: Readonly<Record<CredentialKind, CredentialWords>> = {
  password: { title: 'Password', noun: 'password', variable: 'TAXII_PASSWORD' },
  api_key: { title: 'API key', noun: 'API key', variable: 'TAXII_API_KEY' },
  secret_key: { title: 'Secret Key', noun: 'Secret Key', variable: 'SECRET_KEY' },
  api_token: { title: 'Token', noun: 'token', variable: 'API_TOKEN' },
};
