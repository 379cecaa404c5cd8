import {
  type DeleteAccountInput,
  type DeletionPreview,
  deleteAccountInput,
  type MoveResponsibilitiesInput,
  moveResponsibilitiesInput,
  type ResponsibilityKind,
} from '../../../contract/accounts.ts';
import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import {
  type AccountRow,
  buryAccount,
  deleteKnownAddresses,
  endCredentials,
  findAccount,
  lockAccount,
} from '../accounts/accounts.store.ts';
import { throttleKeyOf } from '../accounts/blocks.ts';
import { requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from '../accounts/visible-account.ts';
import { deleteThrottlesOf } from '../authentication/authentication.store.ts';
import { deleteFactors } from '../authenticators/authenticators.store.ts';
import { listGroupsOf, removeFromGroups } from '../groups/groups.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { deleteLinksOf } from '../links/links.store.ts';
import { findOrganization, lockOrganization } from '../owners/owners.store.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { seenSurroundings } from './edit-steps.ts';
import { lossesOf } from './edits.rules.ts';
import { heirProblem } from './heirs.rules.ts';
import { listPossibleHeirs, RESPONSIBILITIES, type Responsibility } from './responsibilities.store.ts';
import { requireSuccessors } from './successors.store.ts';
import { deleteAllowedOwners, resetCommunityRoles } from './surroundings.store.ts';

const MAX_CANDIDATES = 100;

export type DeletedAccount = {
  id: number;
  userName: string;
  /** How many things were passed on, and to whom. */
  passedOn: { kind: ResponsibilityKind; count: number; heir: string }[];
};

/**
 * What the deletion of an account would entail: what it is responsible for and who may take that over, what ends, and
 * what is in the way.
 * @throws AppError `not_found`, `forbidden`
 */
export async function previewDeletion(
  app: App,
  caller: Caller,
  which: { account: Reference; kind?: AccountKind | undefined },
): Promise<DeletionPreview> {
  return await act(app, caller, 'account.previewDeletion', async (action) => {
    const { tx, access, now } = action;
    const row = await findVisibleAccount(action, which);
    requireOnAccount(access, 'account.delete', accountTarget(row));
    const responsibilities: DeletionPreview['responsibilities'] = [];
    for (const responsibility of RESPONSIBILITIES) {
      const items = await responsibility.list(tx, row.id);
      if (items.length === 0) continue;
      const filter = { rule: responsibility.heir, besides: row.id, now, limit: MAX_CANDIDATES };
      const candidates = (await listPossibleHeirs(tx, row.organization_id, filter)).filter(
        (candidate) => heirProblem(responsibility.heir, candidate, row, now) === undefined,
      );
      responsibilities.push({
        kind: responsibility.kind,
        title: responsibility.title,
        items: items.map(({ id, name }) => ({ id, name })),
        candidates: candidates.map((candidate) => ({
          id: candidate.id,
          userName: candidate.user_name,
          name: [candidate.first_name, candidate.last_name].filter(Boolean).join(' ') || null,
        })),
        preselected: candidates[0]?.id ?? null,
      });
    }
    const surroundings = await seenSurroundings(action, row);
    return {
      id: row.id,
      version: row.version,
      userName: row.user_name,
      kind: row.kind,
      obstacles: await obstaclesOf(action, row),
      responsibilities,
      ends: {
        sessions: surroundings.sessions,
        credentials: surroundings.credentials,
        groups: (await listGroupsOf(tx, [row.id])).map(({ name }) => name),
        communityRoles: surroundings.rolesInOwners.flatMap(({ name, individual }) =>
          individual === null ? [] : [{ owner: name, role: individual }],
        ),
      },
      seatFreed: row.kind !== 'read_only',
    };
  });
}

async function obstaclesOf({ tx, now }: Action, row: AccountRow): Promise<DeletionPreview['obstacles']> {
  try {
    await requireSuccessors(tx, row, lossesOf(row, now));
    return [];
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict')
      return [{ reason: String(error.details.reason), message: error.message }];
    throw error;
  }
}

/**
 * Deletes an account: what it is responsible for goes to the heirs, its credentials, sessions, groups and roles end, its
 * seat and its user name are free. A tombstone keeps what it did attributable; who gets the name next inherits nothing.
 * @throws AppError `heirs_required` with what needs one, `not_found`, `forbidden`, `stale`, `conflict`, `invalid_input`
 */
export async function deleteAccount(
  app: App,
  caller: Caller,
  rawInput: DeleteAccountInput,
): Promise<DeletedAccount> {
  const input = parseInput(deleteAccountInput, rawInput);
  return await act(app, caller, 'account.delete', async (action) => {
    const { tx, access, now, audit } = action;
    const found = await findVisibleAccount(action, input);
    // Before anything is said about the heirs; and again once the row is locked.
    requireOnAccount(access, 'account.delete', accountTarget(found));
    await lockInstance(tx);
    await lockOrganization(tx, found.organization_id);
    const heirs = await lockHeirs(action, found, input.heirs);
    const row = await lockVisibleAccount(action, found);
    requireOnAccount(access, 'account.delete', accountTarget(row));
    requireSameVersion(row, input.version);
    await requireSuccessors(tx, row, lossesOf(row, now));
    const passedOn = await passOn(action, row, heirs, 'all');
    await endCredentials(tx, row.id, 'all', 'now');
    await deleteSessionsOf(tx, row.id);
    await deleteFactors(tx, row.id);
    await deleteLinksOf(tx, row.id);
    await removeFromGroups(tx, row.id);
    await resetCommunityRoles(tx, row.id);
    await deleteAllowedOwners(tx, row.id);
    await deleteKnownAddresses(tx, row.id);
    await deleteThrottlesOf(tx, throttleKeyOf(app, row.user_name));
    await buryAccount(tx, row, now);
    await audit({
      ...accountAuditTarget(row),
      details: {
        pseudonym: row.pseudonym,
        systemRole: row.system_role,
        organizationRole: row.organization_role,
        ...(passedOn.length === 0 ? {} : { passedOn }),
      },
    });
    return { id: row.id, userName: row.user_name, passedOn };
  });
}

/**
 * Passes on what an account is responsible for, without deleting it.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function moveResponsibilities(
  app: App,
  caller: Caller,
  rawInput: MoveResponsibilitiesInput,
): Promise<DeletedAccount> {
  const input = parseInput(moveResponsibilitiesInput, rawInput);
  if (Object.keys(input.heirs).length === 0) throw invalid('heirs', 'names nobody who takes over');
  return await act(app, caller, 'account.moveResponsibilities', async (action) => {
    const { tx, access, audit } = action;
    const found = await findVisibleAccount(action, input);
    requireOnAccount(access, 'account.edit', accountTarget(found));
    // An heir may not be disabled while it inherits.
    await lockInstance(tx);
    const heirs = await lockHeirs(action, found, input.heirs);
    const row = await lockVisibleAccount(action, found);
    requireOnAccount(access, 'account.edit', accountTarget(row));
    const passedOn = await passOn(action, row, heirs, 'named');
    await audit({
      ...accountAuditTarget(row),
      details: { passedOn },
    });
    return { id: row.id, userName: row.user_name, passedOn };
  });
}

type Heirs = Map<ResponsibilityKind, AccountRow>;

/** The heirs, locked with the account in the order of their ids, so that two who inherit from each other do not wait for ever. */
async function lockHeirs(
  { tx, access }: Action,
  from: AccountRow,
  named: { [K in ResponsibilityKind]?: Reference | undefined },
): Promise<Heirs> {
  const found: [ResponsibilityKind, AccountRow][] = [];
  for (const { kind } of RESPONSIBILITIES) {
    const reference = named[kind];
    if (reference === undefined) continue;
    const heir = await findAccount(tx, reference);
    if (heir === undefined || !access.can('account.view', accountTarget(heir)))
      throw invalid(`heirs.${kind}`, 'is no account');
    const isElsewhere = heir.organization_id !== from.organization_id;
    if (isElsewhere && (await findOrganization(tx, heir.organization_id))?.disabled_at !== null)
      throw invalid(`heirs.${kind}`, 'belongs to a disabled organization');
    found.push([kind, heir]);
  }
  const ids = [...new Set([from.id, ...found.map(([, heir]) => heir.id)])].sort((a, b) => a - b);
  const locked = new Map<number, AccountRow>();
  for (const id of ids) {
    const row = await lockAccount(tx, id);
    if (row !== undefined) locked.set(id, row);
  }
  const heirs: Heirs = new Map();
  for (const [kind, { id }] of found) {
    const heir = locked.get(id);
    if (heir === undefined) throw invalid(`heirs.${kind}`, 'is no account');
    heirs.set(kind, heir);
  }
  return heirs;
}

/** Passes on everything that has an heir. `all`: everything must have one. */
async function passOn(
  { tx, now }: Action,
  row: AccountRow,
  heirs: Heirs,
  what: 'all' | 'named',
): Promise<DeletedAccount['passedOn']> {
  const orphaned: { kind: ResponsibilityKind; title: string; items: string[] }[] = [];
  const passedOn: DeletedAccount['passedOn'] = [];
  for (const responsibility of RESPONSIBILITIES) {
    const items = await responsibility.list(tx, row.id);
    const heir = heirs.get(responsibility.kind);
    if (heir !== undefined) {
      requireHeir(responsibility, heir, row, now);
      const count = await responsibility.pass(tx, row.id, heir.id);
      if (count > 0) passedOn.push({ kind: responsibility.kind, count, heir: heir.user_name });
    } else if (items.length > 0 && what === 'all') {
      const { kind, title } = responsibility;
      orphaned.push({ kind, title, items: items.map(({ name }) => name) });
    }
  }
  if (orphaned.length > 0) {
    throw new AppError('heirs_required', {
      message: `It is responsible for ${orphaned
        .map(
          ({ title, items }) => `${title} (${items.slice(0, 5).join(', ')}${items.length > 5 ? ', …' : ''})`,
        )
        .join(' and ')}: name who takes over.`,
      responsibilities: orphaned,
    });
  }
  return passedOn;
}

function requireHeir(responsibility: Responsibility, heir: AccountRow, from: AccountRow, now: number): void {
  const problem = heirProblem(responsibility.heir, heir, from, now);
  if (problem !== undefined) throw invalid(`heirs.${responsibility.kind}`, problem);
}
