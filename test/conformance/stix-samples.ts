/** One valid object of every type of STIX 2.1, built for the tests. */

const at = '2026-01-01T00:00:00.000Z';
export const uuid = (number: number) => `00000000-0000-4000-9000-${number.toString(16).padStart(12, '0')}`;

const IDENTITY = `identity--${uuid(1)}`;
const INDICATOR = `indicator--${uuid(7)}`;
const ADDRESS = `ipv4-addr--${uuid(40)}`;

type Sample = Record<string, unknown> & { type: string; id: string };

function versioned(type: string, number: number, properties: object): Sample {
  return {
    type,
    spec_version: '2.1',
    id: `${type}--${uuid(number)}`,
    created: at,
    modified: at,
    ...properties,
  };
}
function observable(type: string, number: number, properties: object): Sample {
  return { type, spec_version: '2.1', id: `${type}--${uuid(number)}`, ...properties };
}

export const SAMPLES: readonly Sample[] = [
  versioned('identity', 1, { name: 'Harbour Watch', identity_class: 'organization' }),
  versioned('attack-pattern', 2, { name: 'Spear phishing' }),
  versioned('campaign', 3, { name: 'Low tide', first_seen: at, last_seen: '2026-02-01T00:00:00Z' }),
  versioned('course-of-action', 4, { name: 'Block it' }),
  versioned('grouping', 5, { context: 'suspicious-activity', object_refs: [INDICATOR] }),
  versioned('incident', 6, { name: 'Breach' }),
  versioned('indicator', 7, {
    pattern: "[ipv4-addr:value = '192.0.2.1']",
    pattern_type: 'stix',
    valid_from: at,
    created_by_ref: IDENTITY,
    confidence: 100,
    labels: ['x'],
    object_marking_refs: [`marking-definition--${uuid(30)}`],
    external_references: [{ source_name: 'cve', external_id: 'CVE-2026-0001' }],
    granular_markings: [
      { marking_ref: `marking-definition--${uuid(30)}`, selectors: ['labels.[0]', 'pattern'] },
    ],
  }),
  versioned('infrastructure', 8, { name: 'Relay' }),
  versioned('intrusion-set', 9, { name: 'Night Gull' }),
  versioned('location', 10, { country: 'PT' }),
  versioned('malware', 11, { name: 'Kelp', is_family: true }),
  versioned('malware-analysis', 12, { product: 'sandbox', result: 'malicious' }),
  versioned('note', 13, { content: 'Seen again', object_refs: [INDICATOR] }),
  versioned('observed-data', 14, {
    first_observed: at,
    last_observed: at,
    number_observed: 1,
    object_refs: [ADDRESS],
  }),
  versioned('opinion', 15, { opinion: 'agree', object_refs: [INDICATOR] }),
  versioned('report', 16, { name: 'Weekly', published: at, object_refs: [INDICATOR] }),
  versioned('threat-actor', 17, { name: 'Somebody' }),
  versioned('tool', 18, { name: 'nmap' }),
  versioned('vulnerability', 19, { name: 'CVE-2026-0001' }),
  versioned('relationship', 20, {
    relationship_type: 'indicates',
    source_ref: INDICATOR,
    target_ref: `malware--${uuid(11)}`,
  }),
  versioned('sighting', 21, { sighting_of_ref: INDICATOR }),
  versioned('language-content', 22, {
    object_ref: INDICATOR,
    contents: { de: { name: 'Anzeichen' } },
  }),
  versioned('extension-definition', 23, {
    created_by_ref: IDENTITY,
    name: 'extra',
    schema: 'https://example.org/schema.json',
    version: '1.0',
    extension_types: ['property-extension'],
  }),
  {
    type: 'marking-definition',
    spec_version: '2.1',
    id: `marking-definition--${uuid(30)}`,
    created: at,
    definition_type: 'statement',
    definition: { statement: 'Copyright' },
  },
  observable('ipv4-addr', 40, { value: '192.0.2.1' }),
  observable('ipv6-addr', 41, { value: '2001:db8::1' }),
  observable('domain-name', 42, { value: 'example.org' }),
  observable('url', 43, { value: 'https://example.org/' }),
  observable('email-addr', 44, { value: 'a@example.org' }),
  observable('email-message', 45, { is_multipart: false, subject: 'Hi' }),
  observable('mac-addr', 46, { value: '00:00:5e:00:53:01' }),
  observable('mutex', 47, { name: 'm' }),
  observable('autonomous-system', 48, { number: 64496 }),
  observable('directory', 49, { path: '/tmp' }),
  observable('file', 50, { name: 'a.exe', hashes: { MD5: '0'.repeat(32) } }),
  observable('network-traffic', 51, { src_ref: ADDRESS, protocols: ['tcp'] }),
  observable('process', 52, { pid: 1 }),
  observable('software', 53, { name: 'Editor' }),
  observable('user-account', 54, { user_id: 'x' }),
  observable('windows-registry-key', 55, { key: 'HKEY_LOCAL_MACHINE\\x' }),
  observable('x509-certificate', 56, { serial_number: '1' }),
  observable('artifact', 57, { payload_bin: 'AAAA' }),
];

/** The sample of a type, with properties replaced, or taken away where they are undefined. */
export function sample(type: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const found = SAMPLES.find((each) => each.type === type);
  if (found === undefined) throw new Error(`no sample of ${type}`);
  return Object.fromEntries(
    Object.entries({ ...found, ...changes }).filter(([, value]) => value !== undefined),
  );
}

/** An object of a type of one's own. */
export const custom = (changes: Record<string, unknown> = {}) => ({
  type: 'x-custom-thing',
  spec_version: '2.1',
  id: `x-custom-thing--${uuid(99)}`,
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  ...changes,
});
