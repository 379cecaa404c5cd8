import type { Generated, Selectable } from 'kysely';
import type { CommunityRole, OwnerKind } from '../../contract/roles.ts';
import type {
  AccountAllowedOwnersTable,
  AccountRolesTable,
  AccountsTable,
  AuthenticatorsTable,
  ChallengesTable,
  CredentialsTable,
  OneTimeLinksTable,
  OutboxTable,
  PasskeysTable,
  PasswordHistoryTable,
  RecoveryCodesTable,
  SessionsTable,
  SignatureNoncesTable,
  TermsAcceptancesTable,
  TermsOfServiceTable,
} from './account-tables.ts';

export type * from './account-tables.ts';

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

/**
 * What the latest version of an object refers to, in order to find what refers to an object. Follows from `objects`:
 * `storedReferences` says what of it.
 */
export type ObjectReferencesTable = { owner_id: number; to_id: string; date_added: number };

/** How many objects and versions of a type an owner holds. Follows from `objects`, and is kept in the same transactions. */
export type ObjectCountsTable = { owner_id: number; type: string; objects: number; versions: number };

export type StatusesTable = {
  id: string;
  service_id: number;
  account_id: number;
  created_at: number;
  json: string;
};

/** What a TAXII user did in a collection on one day (UTC, counted from the epoch). Outlives both: deleted ones are named by what is left of them. */
export type TaxiiUsageTable = {
  collection_id: string;
  day: number;
  account_id: number;
  polls: number;
  objects_served: number;
  octets_served: number;
  objects_added: number;
  last_polled_at: number | null;
  last_polled_from: string | null;
};

/** How many versions entered an owner on one day, in whatever way. */
export type ObjectAdditionsTable = { owner_id: number; day: number; objects: number };

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
  object_references: ObjectReferencesTable;
  object_counts: ObjectCountsTable;
  statuses: StatusesTable;
  taxii_usage: TaxiiUsageTable;
  object_additions: ObjectAdditionsTable;
  throttles: ThrottlesTable;
  known_addresses: KnownAddressesTable;
  audit_events: AuditEventsTable;
  audit_heads: AuditHeadsTable;
  audit_repeats: AuditRepeatsTable;
  audit_checkpoints: AuditCheckpointsTable;
};
