import type { Reference } from '../../../contract/references.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { type Micros, parseTimestamp } from '../../protocols/timestamp.ts';
import {
  type AccountRow,
  findAccount,
  findByPseudonym,
  freePseudonym,
  insertAccount,
} from '../accounts/accounts.store.ts';
import { problemsError, roleProblems, TARGET_KINDS } from '../accounts/forms.rules.ts';
import { type NewCredential, storeCredential } from '../credentials/new-credential.ts';
import { findGroup, findGroupByName, setGroupsOf } from '../groups/groups.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { type SeatGate, seatGate } from './seats.store.ts';

/** An account that is about to exist. What is left out has the default of its column. */
export type AccountDraft = {
  kind: AccountKind;
  userName: string;
  /** Chosen by somebody who may; else one is made. */
  pseudonym?: string | undefined;
  systemRole: SystemRole;
  organizationRole: OrganizationRole;
  locked: boolean;
  disabled: boolean;
  expiresAt?: string | undefined;
  columns?: Partial<
    Omit<AccountRow, 'id' | 'kind' | 'user_name' | 'organization_id' | 'system_role' | 'organization_role'>
  >;
  groups?: readonly Reference[];
  credentials: readonly NewCredential[];
  /** For the audit trail, beside roles and state. */
  details?: Readonly<Record<string, unknown>>;
};

/** Where an account is about to exist. `seats`: the gate that it shares with others of the same transaction. */
export type Place = { organization: OrganizationRow; seats?: SeatGate };

/**
 * The organization in which the caller wants to create an account.
 * @throws AppError `not_found`, `forbidden`
 */
export async function requireCreation(
  { tx, access, about }: Action,
  kind: AccountKind,
  reference: Reference,
  userName: string,
): Promise<OrganizationRow> {
  const organization = requireVisibleOrganization(access, await findOrganization(tx, reference), reference);
  about({
    organizationId: organization.owner_id,
    targetKind: TARGET_KINDS[kind],
    targetId: null,
    targetName: userName,
  });
  access.require('account.create', { organizationId: organization.owner_id });
  return organization;
}

/**
 * Creates the account: through the seat gate, with a free name and pseudonym, its roles checked, its credentials stored,
 * and an event in the audit trail.
 * @throws AppError `limit_reached`, `name_taken`, `invalid_input`, `forbidden`, `not_found`
 */
export async function openAccount(
  app: App,
  { tx, now, audit }: Action,
  { organization, seats = seatGate(tx, { id: organization.owner_id, name: organization.name }) }: Place,
  draft: AccountDraft,
): Promise<{ id: number; pseudonym: string }> {
  const { kind, userName, systemRole, organizationRole } = draft;
  const problems = roleProblems(kind, { systemRole, organizationRole });
  if (problems.length > 0) throw problemsError('invalid_input', problems);
  await seats.take(kind);
  if ((await findAccount(tx, userName)) !== undefined) {
    throw new AppError('name_taken', { message: `The user name "${userName}" is already in use.` });
  }
  if (draft.pseudonym !== undefined) await requireFreePseudonym(tx, draft.pseudonym);
  const groups = await resolveGroups(tx, organization.owner_id, draft.groups ?? []);
  const pseudonym = draft.pseudonym ?? (await freePseudonym(tx, () => randomOctets(app)));
  const id = await insertAccount(tx, {
    kind,
    organization_id: organization.owner_id,
    user_name: userName,
    pseudonym,
    system_role: systemRole,
    organization_role: organizationRole,
    narrowed: 0,
    credential_version: 1,
    locked_at: draft.locked ? now : null,
    disabled_at: draft.disabled ? now : null,
    expires_at: draft.expiresAt === undefined ? null : readInstant('expiresAt', draft.expiresAt),
    created_at: now,
    ...draft.columns,
  });
  const holder = { id, organization_id: organization.owner_id };
  for (const credential of draft.credentials) await storeCredential(app, tx, holder, credential, now);
  if (groups.length > 0) await setGroupsOf(tx, id, organization.owner_id, groups);
  await audit({
    organizationId: organization.owner_id,
    targetKind: TARGET_KINDS[kind],
    targetId: id,
    targetName: userName,
    details: {
      systemRole,
      organizationRole,
      locked: draft.locked,
      disabled: draft.disabled,
      ...(draft.expiresAt === undefined ? {} : { expiresAt: draft.expiresAt }),
      ...(groups.length === 0 ? {} : { groups }),
      ...draft.details,
    },
  });
  return { id, pseudonym };
}

/** @throws AppError `name_taken` */
export async function requireFreePseudonym(tx: Transaction, pseudonym: string): Promise<void> {
  if ((await findByPseudonym(tx, pseudonym)) === undefined) return;
  throw new AppError('name_taken', {
    message: `The pseudonym "${pseudonym}" is or was somebody's.`,
    field: 'pseudonym',
  });
}

/** @throws AppError `invalid_input` */
export function readInstant(path: string, text: string): Micros {
  const micros = parseTimestamp(text);
  if (micros === undefined || !Number.isSafeInteger(micros)) throw invalid(path, 'must be an instant');
  return micros;
}

/** @throws AppError `not_found` */
export async function resolveGroups(
  tx: Transaction,
  organizationId: number,
  references: readonly Reference[],
): Promise<number[]> {
  const ids: number[] = [];
  for (const reference of references) {
    const group =
      typeof reference === 'number'
        ? await findGroup(tx, reference)
        : await findGroupByName(tx, organizationId, reference);
    if (group === undefined || group.organization_id !== organizationId) {
      throw invalid('groups', `the organization has no user group ${JSON.stringify(reference)}`);
    }
    ids.push(group.id);
  }
  return [...new Set(ids)];
}

function randomOctets(app: App): Uint8Array {
  return Buffer.from(app.secrets.generate(40), 'base64url');
}
