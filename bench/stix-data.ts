/**
 * The objects that the benchmarks store: STIX 2.1, the same for the same number on every machine, about 900 octets each.
 * All values are made up; addresses and domains are those reserved for documentation.
 */
export type BenchObject = {
  id: string;
  type: string;
  created: string;
  /** The object as JSON, without a newline. */
  text: string;
};

const FIRST_CREATED_MS = Date.UTC(2020, 0, 1);
const WORDS =
  'beacon loader staging lateral phishing implant tunnel broker relay dropper credential archive wiper scanner proxy backdoor'.split(
    ' ',
  );

/** Object number `n`, from 0. */
export function benchObject(n: number): BenchObject {
  const type = n % 10 === 7 ? 'malware' : n % 10 === 9 ? 'relationship' : 'indicator';
  const id = `${type}--${uuid(n)}`;
  const created = new Date(FIRST_CREATED_MS + n * 1000).toISOString();
  const frame = {
    type,
    spec_version: '2.1',
    id,
    created_by_ref: `identity--${uuid(0xffff_ffff)}`,
    created,
    modified: created,
    confidence: n % 100,
    labels: [word(n), word(n + 5)],
    object_marking_refs: ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'],
    external_references: [
      { source_name: 'example-feed', url: `https://intel.example.com/reports/${n}`, external_id: `R-${n}` },
    ],
  };
  return { id, type, created, text: JSON.stringify({ ...frame, ...bodyOf(n, type, created) }) };
}

function bodyOf(n: number, type: string, created: string): Record<string, unknown> {
  const description = Array.from({ length: 26 }, (_, index) => word(n * 7 + index * (1 + (n % 3)))).join(' ');
  if (type === 'malware') {
    return {
      name: `${word(n)} ${n}`,
      description: `${description} ${description.slice(0, 90)}`,
      malware_types: ['backdoor'],
      is_family: false,
    };
  }
  if (type === 'relationship') {
    return {
      relationship_type: 'indicates',
      source_ref: `indicator--${uuid(n - 1)}`,
      target_ref: `malware--${uuid(n - 2)}`,
      description: `${description} ${description.slice(0, 40)}`,
    };
  }
  return {
    name: `${word(n)} ${n}`,
    description,
    indicator_types: ['malicious-activity'],
    pattern: `[ipv4-addr:value = '198.51.100.${n % 256}' OR domain-name:value = '${word(n)}-${n}.example.net']`,
    pattern_type: 'stix',
    valid_from: created,
  };
}

function word(n: number): string {
  return WORDS[n % WORDS.length] ?? '';
}

/** A UUIDv4 that looks random and is not: the index over ids must be filled in no particular order, as it is in life. */
function uuid(n: number): string {
  const hex = [1, 2, 3, 4].map((part) => mix(n, part).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function mix(n: number, part: number): number {
  let x = Math.imul(n ^ (part * 0x9e37_79b9), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  x = Math.imul(x ^ (x >>> 16), 0x27d4_eb2f);
  return (x ^ (x >>> 15)) >>> 0;
}
