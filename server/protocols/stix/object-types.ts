/** The object types of STIX 2.1 with what the standard demands of each; a type that is not here is a custom one. */

export type ObjectType = {
  kind: 'sdo' | 'sro' | 'sco' | 'meta';
  section: string;
  /** Required besides the common properties. */
  required: readonly string[];
  /** At least one of these. */
  oneOf: readonly string[];
  timestamps: readonly string[];
  /** Pairs of timestamps: the second must not be before the first. */
  ordered: readonly (readonly [string, string])[];
};

type Detail = Partial<Pick<ObjectType, 'oneOf' | 'timestamps' | 'ordered'>>;

function type(
  name: string,
  kind: ObjectType['kind'],
  section: string,
  required: string,
  detail: Detail = {},
): [string, ObjectType] {
  const names = required === '' ? [] : required.split(' ');
  return [name, { kind, section, required: names, oneOf: [], timestamps: [], ordered: [], ...detail }];
}

const seen: Detail = {
  timestamps: ['first_seen', 'last_seen'],
  ordered: [['first_seen', 'last_seen']],
};

const fileTimes: Detail = { timestamps: ['ctime', 'mtime', 'atime'] };

export const objectTypes: ReadonlyMap<string, ObjectType> = new Map([
  type('attack-pattern', 'sdo', '§4.1', 'name'),
  type('campaign', 'sdo', '§4.2', 'name', seen),
  type('course-of-action', 'sdo', '§4.3', 'name'),
  type('grouping', 'sdo', '§4.4', 'context object_refs'),
  type('identity', 'sdo', '§4.5', 'name'),
  type('incident', 'sdo', '§4.6', 'name'),
  // Required always, and checked with the pattern and its period.
  type('indicator', 'sdo', '§4.7', ''),
  type('infrastructure', 'sdo', '§4.8', 'name', seen),
  type('intrusion-set', 'sdo', '§4.9', 'name', seen),
  type('location', 'sdo', '§4.10', '', { oneOf: ['region', 'country', 'latitude'] }),
  type('malware', 'sdo', '§4.11', 'is_family', seen),
  type('malware-analysis', 'sdo', '§4.12', 'product', {
    oneOf: ['result', 'analysis_sco_refs'],
    timestamps: ['submitted', 'analysis_started', 'analysis_ended'],
    ordered: [['analysis_started', 'analysis_ended']],
  }),
  type('note', 'sdo', '§4.13', 'content object_refs'),
  type('observed-data', 'sdo', '§4.14', 'first_observed last_observed number_observed', {
    oneOf: ['object_refs', 'objects'],
    timestamps: ['first_observed', 'last_observed'],
    ordered: [['first_observed', 'last_observed']],
  }),
  type('opinion', 'sdo', '§4.15', 'opinion object_refs'),
  type('report', 'sdo', '§4.16', 'name published object_refs', { timestamps: ['published'] }),
  type('threat-actor', 'sdo', '§4.17', 'name', seen),
  type('tool', 'sdo', '§4.18', 'name'),
  type('vulnerability', 'sdo', '§4.19', 'name'),
  type('relationship', 'sro', '§5.1', '', {
    timestamps: ['start_time', 'stop_time'],
    ordered: [['start_time', 'stop_time']],
  }),
  type('sighting', 'sro', '§5.2', '', seen),
  type('artifact', 'sco', '§6.1', '', { oneOf: ['payload_bin', 'url'] }),
  type('autonomous-system', 'sco', '§6.2', 'number'),
  type('directory', 'sco', '§6.3', 'path', fileTimes),
  type('domain-name', 'sco', '§6.4', 'value'),
  type('email-addr', 'sco', '§6.5', 'value'),
  type('email-message', 'sco', '§6.6', 'is_multipart', { timestamps: ['date'] }),
  type('file', 'sco', '§6.7', '', { oneOf: ['hashes', 'name'], ...fileTimes }),
  type('ipv4-addr', 'sco', '§6.8', 'value'),
  type('ipv6-addr', 'sco', '§6.9', 'value'),
  type('mac-addr', 'sco', '§6.10', 'value'),
  type('mutex', 'sco', '§6.11', 'name'),
  type('network-traffic', 'sco', '§6.12', 'protocols', {
    oneOf: ['src_ref', 'dst_ref'],
    timestamps: ['start', 'end'],
    ordered: [['start', 'end']],
  }),
  type('process', 'sco', '§6.13', '', {
    oneOf:
      'extensions is_hidden pid created_time cwd command_line environment_variables opened_connection_refs creator_user_ref image_ref parent_ref child_refs'.split(
        ' ',
      ),
    timestamps: ['created_time'],
  }),
  type('software', 'sco', '§6.14', 'name'),
  type('url', 'sco', '§6.15', 'value'),
  type('user-account', 'sco', '§6.16', '', {
    oneOf:
      'extensions user_id credential account_login account_type display_name is_service_account is_privileged can_escalate_privs is_disabled account_created account_expires credential_last_changed account_first_login account_last_login'.split(
        ' ',
      ),
    timestamps:
      'account_created account_expires credential_last_changed account_first_login account_last_login'.split(
        ' ',
      ),
  }),
  type('windows-registry-key', 'sco', '§6.17', '', {
    oneOf: 'key values modified_time creator_user_ref number_of_subkeys'.split(' '),
    timestamps: ['modified_time'],
  }),
  type('x509-certificate', 'sco', '§6.18', '', {
    oneOf:
      'is_self_signed hashes version serial_number signature_algorithm issuer validity_not_before validity_not_after subject subject_public_key_algorithm subject_public_key_modulus subject_public_key_exponent x509_v3_extensions'.split(
        ' ',
      ),
    timestamps: ['validity_not_before', 'validity_not_after'],
  }),
  type('language-content', 'meta', '§7.1', 'object_ref contents', { timestamps: ['object_modified'] }),
  type('marking-definition', 'meta', '§7.2.1', '', { oneOf: ['definition', 'extensions'] }),
  type('extension-definition', 'meta', '§7.3', 'created_by_ref name schema version extension_types'),
]);

/** STIX 2.0 part 2 demands other properties of these. */
export const requiredIn20: ReadonlyMap<string, readonly string[]> = new Map([
  ['identity', ['name', 'identity_class']],
  ['malware', ['name', 'labels']],
  ['observed-data', ['first_observed', 'last_observed', 'number_observed', 'objects']],
  ['report', ['name', 'labels', 'published', 'object_refs']],
  ['threat-actor', ['name', 'labels']],
  ['tool', ['name', 'labels']],
]);

/** The enumerations of STIX 2.1 §10 by property; open vocabularies refuse nothing. Keys are `<type>.<path>`. */
export const enumerations: ReadonlyMap<string, readonly string[]> = new Map([
  ['opinion.opinion', ['strongly-disagree', 'disagree', 'neutral', 'agree', 'strongly-agree']],
  ['artifact.encryption_algorithm', ['AES-256-GCM', 'ChaCha20-Poly1305', 'mime-type-indicated']],
  [
    'network-traffic.extensions.socket-ext.address_family',
    'AF_UNSPEC AF_INET AF_IPX AF_APPLETALK AF_NETBIOS AF_INET6 AF_IRDA AF_BTH'.split(' '),
  ],
  [
    'network-traffic.extensions.socket-ext.socket_type',
    'SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET'.split(' '),
  ],
  ['process.extensions.windows-process-ext.integrity_level', ['low', 'medium', 'high', 'system']],
  [
    'process.extensions.windows-service-ext.start_type',
    'SERVICE_AUTO_START SERVICE_BOOT_START SERVICE_DEMAND_START SERVICE_DISABLED SERVICE_SYSTEM_ALERT'.split(
      ' ',
    ),
  ],
  [
    'process.extensions.windows-service-ext.service_type',
    'SERVICE_KERNEL_DRIVER SERVICE_FILE_SYSTEM_DRIVER SERVICE_WIN32_OWN_PROCESS SERVICE_WIN32_SHARE_PROCESS'.split(
      ' ',
    ),
  ],
  [
    'process.extensions.windows-service-ext.service_status',
    'SERVICE_CONTINUE_PENDING SERVICE_PAUSE_PENDING SERVICE_PAUSED SERVICE_RUNNING SERVICE_START_PENDING SERVICE_STOP_PENDING SERVICE_STOPPED'.split(
      ' ',
    ),
  ],
  [
    'windows-registry-key.values.data_type',
    'REG_NONE REG_SZ REG_EXPAND_SZ REG_BINARY REG_DWORD REG_DWORD_BIG_ENDIAN REG_DWORD_LITTLE_ENDIAN REG_LINK REG_MULTI_SZ REG_RESOURCE_LIST REG_FULL_RESOURCE_DESCRIPTION REG_RESOURCE_REQUIREMENTS_LIST REG_QWORD REG_INVALID_TYPE'.split(
      ' ',
    ),
  ],
  [
    'extension-definition.extension_types',
    ['new-sdo', 'new-sco', 'new-sro', 'property-extension', 'toplevel-property-extension'],
  ],
]);

/** STIX 2.1 §10.7: how long the digest of each algorithm is, in hexadecimal digits; fuzzy hashes have no length. */
export const hashLengths: ReadonlyMap<string, number | undefined> = new Map([
  ['MD5', 32],
  ['SHA-1', 40],
  ['SHA-256', 64],
  ['SHA-512', 128],
  ['SHA3-256', 64],
  ['SHA3-512', 128],
  ['SSDEEP', undefined],
  ['TLSH', undefined],
]);

/** The extensions that the standard defines by name (§6.7, §6.12, §6.13, §6.16). */
export const predefinedExtensions: ReadonlySet<string> = new Set(
  'archive-ext ntfs-ext pdf-ext raster-image-ext windows-pebinary-ext http-request-ext icmp-ext socket-ext tcp-ext windows-process-ext windows-service-ext unix-account-ext'.split(
    ' ',
  ),
);
