import type { Generated, Selectable } from 'kysely';
import type { LinkPurpose } from '../../contract/links.ts';
import type {
  AccountKind,
  CommunityRole,
  OrganizationRole,
  OwnerKind,
  SystemRole,
} from '../../contract/roles.ts';

/**
 * The rows, as both engines give them back. Instants are integer microseconds since the epoch (UTC); switches are
 * 0 or 1, because SQLite has no booleans; `…Key` columns hold a name as it is compared (see `rules/names.ts`).
 */

export type InstanceTable = {
  id: number;
  /** Licence: the instance's totals per kind of account. */
  max_users: number;
  max_api_users: number;
  max_taxii_users: number;
  api_users_allowed: number;
  read_only_users_allowed: number;
  /** SHA-256 of the one-time set-up code; null once an Administrator exists. */
  setup_code_hash: string | null;
  created_at: number;
  /** Goes up with every edit, here and in the other tables that are edited: the edit of an older one is refused. */
  version: Generated<number>;
};

export type OwnersTable = {
  id: Generated<number>;
  kind: OwnerKind;
  name: string;
  name_key: string;
  /** The last `date_added` given out in this owner: every later one is greater. */
  last_stamp: number;
  /** Goes up with every insert, delete and purge of objects; keys the page cache. */
  change_counter: number;
  /** Octets of the largest object ever stored here: bounds a page without looking at each object. */
  largest_object: number;
  created_at: number;
  version: Generated<number>;
  description: string | null;
  /** 1 = profile anonymity: members are shown by pseudonym only. */
  anonymous: Generated<number>;
  /** Once it is set, nobody finds the owner; its name, which `name_key` held, is free. */
  deleted_at: number | null;
};

export type OrganizationsTable = {
  owner_id: number;
  max_users: number;
  max_api_users: number;
  max_taxii_users: number;
  version: Generated<number>;
  /** While it is set, none of its accounts may act or be used. */
  disabled_at: number | null;
  /** 1 = its people may change their own pseudonym. */
  allow_pseudonym_change: Generated<number>;
  read_only_users_allowed: Generated<number>;
};

export type MembershipsTable = {
  owner_id: number;
  organization_id: number;
  default_role: CommunityRole;
};

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

export type UserGroupsTable = {
  id: Generated<number>;
  organization_id: number;
  name: string;
  name_key: string;
  description: string | null;
  version: number;
  created_at: number;
};

export type UserGroupMembersTable = { group_id: number; account_id: number };

export type SystemSettingsTable = {
  name: string;
  /** JSON. */
  value: string;
  version: number;
  changed_at: number;
  changed_by: string;
};

/** Master keys that were ever the first of a process: what may be told of them, never what they are. */
export type MasterKeysTable = {
  /** Of the public key: under it stand the checkpoints that it signed. */
  key_id: string;
  /** What stands in whatever is wrapped under it. */
  short_id: string;
  /** Ed25519, 32 octets in base64url: verifies its checkpoints when it is gone itself. */
  public_key: string;
  /** The public key, sealed by a master key that the instance has: it vouches for it. */
  seal: string;
  used_since: number;
};

export type MasterKeyRow = Selectable<MasterKeysTable>;

export type DataKeysTable = { organization_id: number; wrapped: string; created_at: number };

export type TaxiiServicesTable = {
  id: Generated<number>;
  name: string;
  name_key: string;
  /** One or more segments without slashes at either end, e.g. `intel`. */
  path: string;
  title: string;
  description: string | null;
  /** 1 = every organization may use it, else those in taxii_service_organizations. */
  all_organizations: number;
  default_page_size: number;
  max_page_size: number;
  max_page_bytes: number;
  max_content_length: number;
  strict: number;
  responsible_account_id: number | null;
  created_at: number;
  version: Generated<number>;
};

/** A TAXII service as it is read. */
export type TaxiiServiceRow = Selectable<TaxiiServicesTable>;

export type TaxiiServiceOrganizationsTable = {
  service_id: number;
  organization_id: number;
};

export type CollectionsTable = {
  /** UUIDv4, lower case. */
  id: string;
  owner_id: number;
  description: string | null;
  writable: number;
  /** 1 = the strict STIX checks apply on ingest. */
  strict: number;
  responsible_account_id: number | null;
  created_at: number;
  version: Generated<number>;
};

export type ObjectsTable = {
  id: Generated<number>;
  owner_id: number;
  date_added: number;
  stix_id: string;
  type: string;
  spec_version: string;
  version: number;
  /** `modified`, else `created`, verbatim; else the canonical text of `version`. */
  version_text: string;
  /** One of `LATEST` in `intelligence.rules.ts`. */
  latest: number;
  revoked: number;
  added_by: number | null;
  /** Octets of `json`. */
  size: number;
  /** Of an object without a version of its own: SHA-256 in hexadecimal of its `contentKey`. */
  content_hash: string | null;
  json: string;
};

export type StatusesTable = {
  id: string;
  service_id: number;
  account_id: number;
  created_at: number;
  json: string;
};

export type ThrottlesTable = {
  key: string;
  failures: number;
  last_failure_at: number;
  blocked_until: number;
};

export type KnownAddressesTable = {
  account_id: number;
  address: string;
  last_seen_at: number;
};

export type AuditEventsTable = {
  id: Generated<number>;
  at: number;
  /** The organization that may see the event; null = the instance only. */
  organization_id: number | null;
  actor_account_id: number | null;
  actor_name: string;
  action: string;
  outcome: 'done' | 'refused' | 'failed';
  target_kind: string;
  target_id: string | null;
  target_name: string | null;
  /** JSON; secrets never. */
  details: string;
  source_address: string | null;
  request_id: string | null;
  /** Where and as what the actor acted: who may see its name depends on that. */
  actor_organization_id: number | null;
  actor_system_role: string | null;
  /** The hash chain that it belongs to: the organization's id, or 0. */
  chain: number;
  /** Without gaps in its chain, from 1. */
  sequence: number;
  /** Random, in hexadecimal: one for each part that may be hidden from a reader; see audit-chain.ts. */
  salts: string;
  previous_hash: string;
  hash: string;
};

/** The end of each hash chain; its row is locked while an event is appended: last in the lock order. */
export type AuditHeadsTable = {
  /** As in `audit_events`; -1 = that of the checkpoints. */
  chain: number;
  sequence: number;
  hash: string;
  /** The sequence that the last checkpoint tells of. */
  checkpoint_sequence: number;
};

/** How often a refusal or failure came again after the event that tells of it. */
export type AuditRepeatsTable = { event_id: number; count: number; last_at: number };

export type AuditCheckpointsTable = {
  sequence: number;
  at: number;
  /** JSON: the heads of the chains that grew since the checkpoint before. */
  heads: string;
  previous_hash: string;
  hash: string;
  key_id: string;
  signature: string;
};

export type Schema = {
  instance: InstanceTable;
  owners: OwnersTable;
  organizations: OrganizationsTable;
  memberships: MembershipsTable;
  accounts: AccountsTable;
  account_roles: AccountRolesTable;
  account_allowed_owners: AccountAllowedOwnersTable;
  credentials: CredentialsTable;
  sessions: SessionsTable;
  authenticators: AuthenticatorsTable;
  passkeys: PasskeysTable;
  recovery_codes: RecoveryCodesTable;
  challenges: ChallengesTable;
  one_time_links: OneTimeLinksTable;
  outbox: OutboxTable;
  terms_of_service: TermsOfServiceTable;
  terms_acceptances: TermsAcceptancesTable;
  password_history: PasswordHistoryTable;
  signature_nonces: SignatureNoncesTable;
  user_groups: UserGroupsTable;
  user_group_members: UserGroupMembersTable;
  system_settings: SystemSettingsTable;
  data_keys: DataKeysTable;
  master_keys: MasterKeysTable;
  taxii_services: TaxiiServicesTable;
  taxii_service_organizations: TaxiiServiceOrganizationsTable;
  collections: CollectionsTable;
  objects: ObjectsTable;
  statuses: StatusesTable;
  throttles: ThrottlesTable;
  known_addresses: KnownAddressesTable;
  audit_events: AuditEventsTable;
  audit_heads: AuditHeadsTable;
  audit_repeats: AuditRepeatsTable;
  audit_checkpoints: AuditCheckpointsTable;
};
