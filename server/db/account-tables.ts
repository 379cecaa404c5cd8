import type { Generated, Selectable } from 'kysely';
import type { LinkPurpose } from '../../contract/links.ts';
import type { AccountKind, CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';

// The tables of accounts: who they are, what they sign in with, and what is sent to them. For all else see schema.ts.

export type AccountsTable = {
  id: Generated<number>;
  kind: AccountKind;
  organization_id: number;
  user_name: string;
  /** Null once deleted: the name is free again, and a new account of that name inherits nothing. */
  user_name_key: string | null;
  pseudonym: string;
  first_name: string | null;
  last_name: string | null;
  contact_email: string | null;
  system_role: SystemRole;
  organization_role: OrganizationRole;
  service_id: number | null;
  /** 1 = sees only the owners in account_allowed_owners. */
  narrowed: number;
  /** Goes up with every change of a credential: what was remembered about an older one is void. */
  credential_version: number;
  locked_at: number | null;
  disabled_at: number | null;
  deleted_at: number | null;
  expires_at: number | null;
  created_at: number;
  /** For show only, written in batches. */
  last_used_at: number | null;
  last_used_from: string | null;
  version: Generated<number>;
  /** What a search looks in; see `accountKeys`. */
  search_key: Generated<string>;
  /** Last and first name as they are sorted. */
  name_key: Generated<string>;
  /** IANA name, such as `Europe/Berlin`. */
  time_zone: string | null;
  log_out_after_minutes: number | null;
  /** `HH:MM`, in the account's time zone. */
  summary_email_time: string | null;
  password_reset_required: Generated<number>;
  mfa_reset_required: Generated<number>;
  terms_acceptance_required: Generated<number>;
  custom_tql_timeout_ms: number | null;
  include_in_observations: Generated<number>;
  exceed_api_link_limit: Generated<number>;
  password_changed_at: number | null;
  /** Since when the account has a second factor: an authenticator app or a passkey. Null: it has none. */
  authenticator_since: Generated<number | null>;
  /** The last version of the terms of service that its person accepted. */
  terms_accepted_version: Generated<number | null>;
  /** The least number of days before its expiry of which somebody was reminded. */
  expiry_reminded_days: Generated<number | null>;
};

/** An account as it is read. */
export type AccountRow = Selectable<AccountsTable>;

export type AccountRolesTable = {
  owner_id: number;
  account_id: number;
  role: CommunityRole;
};

export type AccountAllowedOwnersTable = {
  account_id: number;
  owner_id: number;
};

export type CredentialKind = 'password' | 'api_key' | 'secret_key' | 'api_token';

export type CredentialsTable = {
  id: Generated<number>;
  account_id: number;
  kind: CredentialKind;
  /**
   * `argon2id` for what a person typed, `sha256` for what the server generated from at least 128 random bits, `sealed` for
   * what must be read again: encrypted under the organization's data key.
   */
  algorithm: 'argon2id' | 'sha256' | 'sealed';
  hash: string;
  created_at: number;
  /** Set by a rotation with overlap: the old credential ends then. */
  expires_at: number | null;
  /** The last characters of what was generated. */
  hint: string | null;
  /** For show only, written in batches. */
  last_used_at: Generated<number | null>;
  last_used_from: Generated<string | null>;
  /** JSON: the addresses and prefixes (CIDR) from which alone it may be used; null = from everywhere. */
  allowed_networks: Generated<string | null>;
  /** 1 = it reads only, whatever the rights of its account. */
  read_only: Generated<number>;
  /** Of a Secret Key: 1 = only the signature version that covers the body and is used once is accepted. */
  signed_body_required: Generated<number>;
  /** The least number of days before `expires_at` of which somebody was reminded. */
  reminded_days: Generated<number | null>;
};

export type SessionsTable = {
  /** SHA-256 of the cookie. */
  hash: string;
  /** A name that may be shown. */
  id: string;
  account_id: number;
  /** The account's at the sign-in: a newer one ends the session. */
  credential_version: number;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  address: string | null;
  user_agent: string | null;
  /** What proved the person beside the password: it is asked for once in a session. */
  second_factor: Generated<SecondFactor | null>;
  /** When it ends unless everything that was required at the sign-in is done by then; null: it is done. */
  restricted_until: Generated<number | null>;
  /** When the person last proved who they are: some changes want it to be lately. */
  verified_at: Generated<number>;
};

/** A passkey stands for both factors: the device asked for a fingerprint or a PIN. */
export type SecondFactor = 'totp' | 'passkey' | 'recovery_code';

/** Authenticator apps (TOTP, RFC 6238): one confirmed and one pending for each account, at most. */
export type AuthenticatorsTable = {
  id: Generated<number>;
  account_id: number;
  /** The seed, encrypted under the organization's data key. */
  sealed: string;
  created_at: number;
  /** Null until a first code proved that the app has the seed. */
  confirmed_at: number | null;
  /** The last time step whose code was used: no code is used twice. */
  last_step: number;
};

/** Passkeys (WebAuthn). */
export type PasskeysTable = {
  id: Generated<number>;
  account_id: number;
  /** Base64url. */
  credential_id: string;
  /** COSE, in base64url. */
  public_key: string;
  /** The authenticator's count of its signatures; 0 where it keeps none. */
  counter: number;
  /** JSON: the ways to reach the authenticator, as the browser told them. */
  transports: string;
  name: string;
  aaguid: string | null;
  backed_up: number;
  created_at: number;
  last_used_at: number | null;
};

export type RecoveryCodesTable = {
  account_id: number;
  /** SHA-256 of at least 112 random bits. */
  hash: string;
  created_at: number;
  used_at: number | null;
};

/** What a passkey is to sign: once, and soon. */
export type ChallengesTable = {
  id: string;
  account_id: number | null;
  purpose: string;
  challenge: string;
  expires_at: number;
};

/** One-time links that are still good: used ones are deleted. */
export type OneTimeLinksTable = {
  /** A name that may be shown. */
  id: string;
  /** SHA-256 of the token. */
  hash: string;
  account_id: number;
  purpose: LinkPurpose;
  /** The e-mail address that the link was made for; of an e-mail change, the new one. */
  email: string;
  /** Who made it; null = nobody signed in, or the operator. Voids the link when it may not act any more. */
  created_by: number | null;
  created_at: number;
  expires_at: number;
};

/** Mails to be sent, and what became of them. */
export type OutboxTable = {
  id: Generated<number>;
  /** The account that it is about. */
  account_id: number | null;
  organization_id: number | null;
  purpose: string;
  recipient: string;
  /** Subject and text, encrypted, because they may hold a one-time link; null once it was sent, or can never be. */
  sealed: string | null;
  created_at: number;
  attempts: number;
  next_attempt_at: number;
  /** While it is in the future, a process is sending it. */
  claimed_until: number;
  sent_at: number | null;
  failed_at: number | null;
  /** Why the last attempt failed. */
  error: string | null;
};

export type TermsOfServiceTable = {
  version: number;
  text: string;
  published_at: number;
  published_by: string;
  /** 1 = everybody must accept it, also whoever accepted an older one. */
  must_be_accepted: number;
};

export type TermsAcceptancesTable = {
  account_id: number;
  version: number;
  accepted_at: number;
  source_address: string | null;
};

/** Passwords that accounts had, for the setting `passwordHistory`. */
export type PasswordHistoryTable = {
  id: Generated<number>;
  account_id: number;
  hash: string;
  created_at: number;
};

/** Nonces of signed requests that were used: none is used twice. */
export type SignatureNoncesTable = { key: string; expires_at: number };
