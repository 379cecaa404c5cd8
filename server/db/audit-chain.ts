import { hash, randomBytes } from 'node:crypto';
import { formatTimestamp } from '../protocols/timestamp.ts';
import type { AuditEventsTable } from './schema.ts';

/** The hash chain of the audit trail: the one place that says what a hash covers. See docs/adr/0013-audit-chain.md. */

/** The chain of events that belong to no organization. The others are numbered by their organization's id. */
export const INSTANCE_CHAIN = 0;
/** Keeps the checkpoints in a row, as the other heads do their events. */
export const CHECKPOINT_CHAIN = -1;

/** What stands before the first row of a chain. */
export const FIRST_HASH = '0'.repeat(64);

/** The columns of an event that its hash covers: all but the id, which the database gives, and the hashes. */
export type ChainedEvent = Omit<AuditEventsTable, 'id' | 'previous_hash' | 'hash'>;

/**
 * The parts of an event that not everybody who sees it may know. The hash covers a salted commitment to each in place of
 * the part, so that nobody finds a hidden one again by trying names.
 */
export const HIDEABLE_PARTS = ['actor', 'actorSystemRole', 'details'] as const;
type HideablePart = (typeof HIDEABLE_PARTS)[number];

/** Of one salt. */
const SALT_DIGITS = 32;

/** New salts for an event: random, in hexadecimal, one after the other. */
export function newSalts(): string {
  return randomBytes((HIDEABLE_PARTS.length * SALT_DIGITS) / 2).toString('hex');
}

/** The salt of a part: 128 bits in hexadecimal. `salts`: those of all parts, one after the other, as they are stored. */
export function saltOf(salts: string, part: HideablePart): string {
  const start = HIDEABLE_PARTS.indexOf(part) * SALT_DIGITS;
  // The last one goes to the end, so that nothing can be put after it unnoticed.
  return salts.slice(start, part === 'details' ? undefined : start + SALT_DIGITS);
}

/** The canonical JSON of a part. `details` is taken as it is stored, which is canonical already. */
export function canonicalPart(row: ChainedEvent, part: HideablePart): string {
  const t = (value: string | number | null) => JSON.stringify(value);
  if (part === 'details') return row.details;
  if (part === 'actorSystemRole') return t(row.actor_system_role);
  return [
    `{"accountId":${t(row.actor_account_id)}`,
    `"name":${t(row.actor_name)}`,
    `"organizationId":${t(row.actor_organization_id)}`,
    `"sourceAddress":${t(row.source_address)}}`,
  ].join(',');
}

/** SHA-256, in hexadecimal, of the salt (in hexadecimal) and the canonical JSON of the part. */
function commitment(row: ChainedEvent, part: HideablePart): string {
  return hash('sha256', saltOf(row.salts, part) + canonicalPart(row, part));
}

/** JSON as RFC 8785 has it: keys sorted by code unit at every level, no blanks; what JSON cannot hold is left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(JSON.parse(JSON.stringify(value) ?? 'null')));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // Without a prototype, so that a key named __proto__ stays a key.
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, each] of entries) result[key] = sorted(each);
  return result;
}

/**
 * The canonical JSON of an event, which its hash covers, with commitments in place of what may be hidden.
 * @throws RangeError for an instant that is none
 */
export function canonicalEvent(row: ChainedEvent): string {
  const t = (value: string | number | null) => JSON.stringify(value);
  return [
    `{"action":${t(row.action)}`,
    `"actor":"${commitment(row, 'actor')}"`,
    `"actorSystemRole":"${commitment(row, 'actorSystemRole')}"`,
    `"at":${t(formatTimestamp(row.at))}`,
    `"chain":${t(row.chain)}`,
    `"details":"${commitment(row, 'details')}"`,
    `"organizationId":${t(row.organization_id)}`,
    `"outcome":${t(row.outcome)}`,
    `"requestId":${t(row.request_id)}`,
    `"sequence":${t(row.sequence)}`,
    `"targetId":${t(row.target_id)}`,
    `"targetKind":${t(row.target_kind)}`,
    `"targetName":${t(row.target_name)}}`,
  ].join(',');
}

/** SHA-256, in hexadecimal, of the hash before it (in hexadecimal) and the canonical JSON. */
export function chainHash(previousHash: string, canonical: string): string {
  return hash('sha256', previousHash + canonical);
}

/** A text that both engines store and give back as it is: what they cannot hold becomes U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
