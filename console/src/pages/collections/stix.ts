/** How the members of a STIX object are shown to people. Pure. */

export type JsonObject = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object, where the text is one. */
export function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Shown in places of their own. */
const ELSEWHERE = ['type', 'id', 'spec_version', 'external_references', 'kill_chain_phases'];

/** What people look for first, in this order. */
const FIRST = [
  'name',
  'value',
  'pattern',
  'pattern_type',
  'pattern_version',
  'description',
  'abstract',
  'content',
  'opinion',
  'explanation',
  'relationship_type',
  'source_ref',
  'target_ref',
  'sighting_of_ref',
  'aliases',
  'indicator_types',
  'malware_types',
  'tool_types',
  'threat_actor_types',
  'infrastructure_types',
  'report_types',
  'labels',
  'confidence',
  'valid_from',
  'valid_until',
  'first_seen',
  'last_seen',
  'first_observed',
  'last_observed',
  'number_observed',
  'count',
  'start_time',
  'stop_time',
  'published',
];

/** Who made it and when, and who may have it. */
const ORIGIN = [
  'created_by_ref',
  'created',
  'modified',
  'revoked',
  'lang',
  'object_marking_refs',
  'granular_markings',
];

/** Members that STIX 2.1 has beside those; what else there is, is somebody's own. */
const STANDARD: ReadonlySet<string> = new Set(
  `account_created account_expires account_first_login account_last_login account_login account_type accuracy additional_header_fields
  administrative_area alias algorithm architecture_execution_envs arguments atime attributes_modified authors
  bcc_refs belongs_to_ref belongs_to_refs body body_multipart body_raw_ref can_escalate_privs capabilities cc_refs child_refs city
  command_line contact_information contains_refs content_ref content_type context country cpe created_time creator_user_ref
  credential_last_changed ctime cwd date decryption_key definition definition_type description display_name dst_byte_count
  dst_packets dst_payload_ref dst_port dst_ref encapsulated_by_ref encapsulates_refs encryption_algorithm end environment_variables
  extension_types extension_properties extensions from_ref goals hashes host_vm_ref identity_class image_ref implementation_languages
  installed_software_refs ipfix is_active is_disabled is_family is_hidden is_multipart is_privileged is_self_signed is_service_account
  issuer kill_chain_phases languages latitude longitude magic_number_hex message_id mime_type mtime name_enc
  number_of_subkeys number object_modified object_ref object_refs objective objects observed_data_refs opened_connection_refs
  operating_system_refs operating_system_ref parent_directory_ref parent_ref path path_enc payload_bin personal_motivations pid
  postal_code precision primary_motivation product protocols raw_email_refs received_lines region resolves_to_refs
  resource_level result result_name rir roles sample_ref sample_refs schema secondary_motivations sectors sender_ref serial_number
  service_dll_refs service_name service_status service_type shell signature_algorithm size sophistication src_byte_count src_packets
  src_payload_ref src_port src_ref start start_type street_address subject subject_public_key_algorithm
  subject_public_key_exponent subject_public_key_modulus submitted summary swid to_refs tool_version url user_id validity_not_after
  validity_not_before values vendor version where_sighted_refs x509_v3_extensions analysis_definition_version
  analysis_ended analysis_engine_version analysis_sco_refs analysis_started configuration_version host_name modules defanged key
  contents is_encrypted`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

export type Member = readonly [name: string, value: unknown];
export type Sections = { main: Member[]; origin: Member[]; own: Member[] };

/** The members of an object, in groups: what it says, where it comes from, and what the standard does not know. */
export function sectionsOf(object: JsonObject): Sections {
  const pick = (names: readonly string[]) =>
    names.filter((name) => object[name] !== undefined).map((name): Member => [name, object[name]]);
  const rest = Object.entries(object).filter(
    ([name]) => !ELSEWHERE.includes(name) && !FIRST.includes(name) && !ORIGIN.includes(name),
  );
  return {
    main: [...pick(FIRST), ...rest.filter(([name]) => STANDARD.has(name))],
    origin: pick(ORIGIN),
    own: rest.filter(([name]) => !STANDARD.has(name)),
  };
}

/** `kill_chain_phases` as people write it. */
export function fieldTitle(name: string): string {
  const text = name
    .replace(/_refs?$/, '')
    .replace(/_enc$/, ' encoding')
    .replaceAll('_', ' ')
    .replace(/^x opencti /, 'x OpenCTI ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A STIX id: what other objects are referred to by. */
export const isStixId = (text: string): boolean =>
  /^[a-z][a-z0-9-]{2,249}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);

/** The type that stands before the UUID. */
export const typeOf = (id: string): string => id.slice(0, Math.max(0, id.indexOf('--')));

/** An instant as STIX writes it. */
export const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));

export type ExternalReference = {
  source: string;
  id: string | undefined;
  description: string | undefined;
  url: string | undefined;
  /** What else there is, such as hashes. */
  others: Member[];
};

/** What the object says of other places. */
export function externalReferencesOf(object: JsonObject): ExternalReference[] {
  const list: readonly unknown[] = Array.isArray(object.external_references)
    ? object.external_references
    : [];
  return list.filter(isObject).map(({ source_name, external_id, description, url, ...others }) => ({
    source: textOf(source_name) ?? 'unnamed source',
    id: textOf(external_id),
    description: textOf(description),
    url: textOf(url),
    others: Object.entries(others),
  }));
}

/** The phases of kill chains, as `chain: phase`. */
export function killChainPhasesOf(object: JsonObject): { chain: string; phase: string }[] {
  const list: readonly unknown[] = Array.isArray(object.kill_chain_phases) ? object.kill_chain_phases : [];
  return list.filter(isObject).map((each) => ({
    chain: textOf(each.kill_chain_name) ?? '',
    phase: textOf(each.phase_name) ?? '',
  }));
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** Each with a key of its own, also where there are several alike. */
export function withKeys<T>(list: readonly T[]): { key: string; value: T }[] {
  const seen = new Map<string, number>();
  return list.map((value) => {
    const text = JSON.stringify(value);
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return { key: `${before} ${text}`, value };
  });
}
