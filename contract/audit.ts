import { z } from 'zod';
import { described } from './described.ts';
import { endpoint, fileEndpoint } from './endpoint.ts';
import { MAX_PAGE, PAGE_TEXTS, pageOf, queryNumber } from './paging.ts';
import { pathId, reference } from './references.ts';

/** RFC 3339; the server reads fractions and offsets as STIX has them. */
const instantText = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/,
    'must be an RFC 3339 timestamp',
  );
const word = z.string().min(1).max(300);

export const AUDIT_OUTCOMES = ['done', 'refused', 'failed'] as const;
export const AUDIT_FORMATS = ['csv', 'jsonl'] as const;

const filters = described(
  {
    action: word.optional(),
    outcome: z.enum(AUDIT_OUTCOMES).optional(),
    targetKind: word.optional(),
    targetId: word.optional(),
    since: instantText.optional(),
    until: instantText.optional(),
  },
  {
    action: 'Only this action, such as `organization.create` or `authenticate`.',
    outcome: 'Only events that ended so.',
    targetKind: 'Only what was done to things of this kind, such as `taxii_user` or `organization`.',
    targetId:
      'Only what was done to the thing with this id; kinds have ids of their own: name the kind as well.',
    since: 'Only events at or after this instant; RFC 3339.',
    until: 'Only events before this instant; RFC 3339.',
  },
);

const auditFilterInput = z.strictObject({
  ...filters,
  /** Its own events; without it all those of the instance. */
  organization: reference.optional(),
  /** By id, or by the name under which the actor acted. */
  actor: reference.optional(),
  /** Whom it was done to or by, by id or user name. */
  about: reference.optional(),
});

export const listAuditInput = auditFilterInput.extend({
  limit: z.number().int().min(1).max(MAX_PAGE).default(100),
  after: z.string().min(1).max(2000).optional(),
});
export type ListAuditInput = z.input<typeof listAuditInput>;

export const exportAuditInput = auditFilterInput.extend({ format: z.enum(AUDIT_FORMATS) });
export type ExportAuditInput = z.input<typeof exportAuditInput>;

export const verifyAuditInput = z.strictObject({
  organization: reference.optional(),
  /** Of another instance that the audit trail comes from: 32 octets in base64url. */
  publicKeys: z.array(word).max(20).optional(),
});
export type VerifyAuditInput = z.input<typeof verifyAuditInput>;

export const listActivityInput = z.strictObject({
  organization: reference,
  limit: z.number().int().min(1).max(MAX_PAGE).default(100),
  after: z.string().min(1).max(2000).optional(),
});
export type ListActivityInput = z.input<typeof listActivityInput>;

/** What whoever acted is called where neither name nor pseudonym is told, as a sentence begins with it. */
export const UNNAMED_ACTORS = { superUser: 'A Super User', unknown: 'Somebody' } as const;

/** What happened, who did it, to what, and where it stands in its hash chain. */
export const auditEvent = z.strictObject({
  id: z.number(),
  at: z.string(),
  organizationId: z.number().nullable(),
  organization: z.string().nullable(),
  /** Null with the address, and the name a pseudonym or "A Super User", where the reader may not know who it was. */
  actorAccountId: z.number().nullable(),
  actorName: z.string(),
  action: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  targetKind: z.string(),
  targetId: z.string().nullable(),
  targetName: z.string().nullable(),
  /** System roles are "(masked)" for whoever may not see them. */
  details: z.record(z.string(), z.unknown()),
  sourceAddress: z.string().nullable(),
  requestId: z.string().nullable(),
  /** How often it happened within a short time; `lastAt` is the last of them. */
  count: z.number(),
  lastAt: z.string(),
  sequence: z.number(),
  previousHash: z.string(),
  hash: z.string(),
});
export type AuditEventShown = z.infer<typeof auditEvent>;

export const auditVerification = z.strictObject({
  isIntact: z.boolean(),
  chains: z.number(),
  events: z.number(),
  checkpoints: z.number(),
  /** Of each chain the first row that is wrong. */
  problems: z.array(
    z.strictObject({
      organizationId: z.number().nullable(),
      organization: z.string().nullable(),
      part: z.enum(['events', 'checkpoints']),
      eventId: z.number().nullable(),
      sequence: z.number(),
      at: z.string().nullable(),
      message: z.string(),
    }),
  ),
  /** More chains have problems than are told. */
  hasMore: z.boolean(),
});
export type AuditVerification = z.infer<typeof auditVerification>;

export const activityItem = z.strictObject({
  id: z.number(),
  at: z.string(),
  who: z.string(),
  action: z.string(),
  targetKind: z.string(),
  targetName: z.string().nullable(),
});
export type ActivityItem = z.infer<typeof activityItem>;

const filterQuery = z.strictObject({
  ...filters,
  actor: word.optional().describe('Only what was done under this name.'),
  actorId: pathId.optional().describe('Only what was done by the account with this id.'),
  about: pathId
    .optional()
    .describe(
      'Only what was done to the account with this id, or by it. Not together with `actor`, `actorId`, `targetKind` or `targetId`.',
    ),
});
const pageQuery = described(
  {
    limit: queryNumber(1, MAX_PAGE).optional(),
    after: z.string().min(1).max(2000).optional(),
  },
  PAGE_TEXTS,
);
const inInstance = {
  organization: pathId
    .optional()
    .describe('Only events of the organization with this id; without it all those of the instance.'),
};
const ofOrganization = z.strictObject({ organization: pathId });
const tag = 'Audit';

export const listAuditEndpoint = endpoint({
  method: 'GET',
  path: '/audit',
  tag,
  summary: 'Lists the audit trail of the whole instance, the newest events first.',
  query: filterQuery.extend({ ...inInstance, ...pageQuery }),
  output: pageOf(auditEvent),
});

export const listOrganizationAuditEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/audit',
  tag,
  summary: 'Lists the audit trail of an organization, the newest events first.',
  params: ofOrganization,
  query: filterQuery.extend(pageQuery),
  output: pageOf(auditEvent),
});

export const exportAuditCsvEndpoint = fileEndpoint({
  method: 'GET',
  path: '/audit/export.csv',
  tag,
  summary: 'Exports the audit trail of the whole instance as CSV, the oldest events first.',
  query: filterQuery.extend(inInstance),
  media: 'text/csv',
});

export const exportAuditJsonlEndpoint = fileEndpoint({
  method: 'GET',
  path: '/audit/export.jsonl',
  tag,
  summary:
    'Exports the audit trail of the whole instance as JSON Lines with the proof of its hash chains, the oldest events first. Each line proves itself; what is hidden from the reader has no salt.',
  query: filterQuery.extend(inInstance),
  media: 'application/x-ndjson',
});

export const exportOrganizationAuditCsvEndpoint = fileEndpoint({
  method: 'GET',
  path: '/organizations/:organization/audit/export.csv',
  tag,
  summary: 'Exports the audit trail of an organization as CSV, the oldest events first.',
  params: ofOrganization,
  query: filterQuery,
  media: 'text/csv',
});

export const exportOrganizationAuditJsonlEndpoint = fileEndpoint({
  method: 'GET',
  path: '/organizations/:organization/audit/export.jsonl',
  tag,
  summary:
    'Exports the audit trail of an organization as JSON Lines with the proof of its hash chain, the oldest events first. Each line proves itself; what is hidden from the reader has no salt.',
  params: ofOrganization,
  query: filterQuery,
  media: 'application/x-ndjson',
});

export const verifyAuditEndpoint = endpoint({
  method: 'POST',
  path: '/audit/verification',
  tag,
  summary: 'Recomputes the hash chains of the audit trail, and names the first row of each that is wrong.',
  body: z.strictObject({
    organization: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Only the chain of the organization with this id; without it all chains.'),
    publicKeys: verifyAuditInput.shape.publicKeys.describe(
      'Public keys of another instance that the audit trail comes from, each 32 octets in base64url.',
    ),
  }),
  output: auditVerification,
});

export const listActivityEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/activity',
  tag,
  summary: 'Lists who added or changed what in an organization, the newest first.',
  params: ofOrganization,
  query: z.strictObject(pageQuery),
  output: pageOf(activityItem),
});
