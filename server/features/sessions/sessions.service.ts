import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { AccountSession, SessionView, SignInInput } from '../../../contract/session.ts';
import { type Access, createAccess } from '../../access/access.ts';
import { type Actor, INSTANCE, type Target } from '../../access/can.ts';
import { act, reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { type AccountRow, findAccount, findActor, lockAccount } from '../accounts/accounts.store.ts';
import type { AuditTarget } from '../audit/audit.rules.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import { sessionLimits } from '../settings/settings.store.ts';
import { isLive, isWorthNoting, MAX_SESSIONS, requiredActionsOf, sessionEnd } from './sessions.rules.ts';
import {
  deleteSession,
  deleteSessionsOf,
  deleteSurplusSessions,
  findPerson,
  findSession,
  insertSession,
  listSessionsOf,
  updateLastSeen,
} from './sessions.store.ts';

/** Machine accounts have their own ways in, and people have this one. */
const PEOPLE: readonly AccountKind[] = ['user', 'read_only'];
const TOKEN_BITS = 256;

type AccountActor = Extract<Actor, { kind: 'account' }>;

/** Who may be let in with a password; see `createAuthentication`. */
export type Admit = (
  presented: { scheme: 'basic'; userName: string; password: string },
  from: { address: string; requestId: string },
  open: (verified: {
    accountId: number;
  }) => Promise<{ session: { accountId: number; credentialVersion: number } } | { obstacle: string }>,
) => Promise<{ accountId: number; credentialVersion: number }>;

/**
 * Signs a person in: a new session, and the end of the one that the browser had.
 * @throws AppError `unauthenticated`, the same whatever the reason; `throttled`
 */
export async function signIn(
  app: App,
  admit: Admit,
  caller: Caller,
  { email, password }: SignInInput,
  browser: { token: string | undefined; userAgent: string | undefined },
): Promise<{ token: string; view: SessionView }> {
  const from = { address: caller.address ?? '', requestId: caller.requestId ?? '' };
  const admitted = await admit({ scheme: 'basic', userName: email, password }, from, async (verified) => {
    const row = await findPerson(app.db.read, verified.accountId);
    if (row === undefined) return { obstacle: 'unknown account' };
    const obstacle = accountObstacle(row, PEOPLE, app.clock.now());
    return obstacle === undefined
      ? { session: { accountId: row.id, credentialVersion: row.credential_version } }
      : { obstacle };
  });
  const actor = await findActor(app.db.read, admitted.accountId, app.clock.now());
  if (actor === undefined) throw new AppError('unauthenticated');
  const token = app.secrets.generate(TOKEN_BITS);
  const mine: Caller = { ...caller, access: createAccess(actor) };
  const view = await act(app, mine, 'session.create', async ({ tx, access, now, audit }) => {
    // Locked, so that whoever ends its sessions at the same time ends this one, too.
    await lockAccount(tx, admitted.accountId);
    const row = await findPerson(tx, admitted.accountId);
    // Changed since the password was found right.
    if (
      row === undefined ||
      row.credential_version !== admitted.credentialVersion ||
      accountObstacle(row, PEOPLE, now) !== undefined
    )
      throw new AppError('unauthenticated');
    if (browser.token !== undefined) await deleteSession(tx, app.secrets.digest(browser.token));
    await insertSession(tx, {
      hash: app.secrets.digest(token),
      id: app.ids.uuid(),
      account_id: row.id,
      credential_version: row.credential_version,
      created_at: now,
      last_seen_at: now,
      expires_at: sessionEnd(now, await sessionLimits(tx)),
      address: caller.address ?? null,
      user_agent: browser.userAgent ?? null,
    });
    await deleteSurplusSessions(tx, row.id, MAX_SESSIONS);
    await audit({ ...auditTargetOf(row), details: {} });
    return viewOf(access, row);
  });
  caller.access.noteAsked();
  return { token, view };
}

/**
 * The rights of whoever the token's session belongs to, read live, and notes the use.
 * @throws AppError `unauthenticated` when there is no such session any more, or its account may not act
 */
export async function openSession(app: App, token: string): Promise<Access & { actor: AccountActor }> {
  const hash = app.secrets.digest(token);
  const now = app.clock.now();
  const actor = await reading(async () => {
    const row = await findSession(app.db.read, hash);
    const limits = await sessionLimits(app.db.read);
    if (row === undefined || !isLive(row, limits, now) || !PEOPLE.includes(row.kind)) return undefined;
    const found = await findActor(app.db.read, row.account_id, now);
    if (found?.kind !== 'account') return undefined;
    if (isWorthNoting(row, limits, now)) await noteUse(app, hash, now);
    return found;
  });
  if (actor === undefined) throw new AppError('unauthenticated');
  return createAccess(actor) as Access & { actor: AccountActor };
}

/** A request is not refused because its time could not be written down. */
async function noteUse(app: App, hash: string, now: number): Promise<void> {
  await inTransaction(app.db, (tx) => updateLastSeen(tx, hash, now)).catch((error: unknown) =>
    app.log.warn({ err: error }, 'the use of a session could not be noted'),
  );
}

/** Who the caller is, as stored now. @throws AppError `unauthenticated` */
export async function getSession(app: App, caller: Caller): Promise<SessionView> {
  return await reading(async () => {
    const { actor } = caller.access;
    const row = actor.kind === 'account' ? await findPerson(app.db.read, actor.accountId) : undefined;
    if (row === undefined) throw new AppError('unauthenticated');
    return viewOf(caller.access, row);
  });
}

/** Ends the session of the token. */
export async function signOut(app: App, caller: Caller, token: string | undefined): Promise<void> {
  await act(app, caller, 'session.end', async ({ tx, access, audit }) => {
    const { actor } = access;
    const account = actor.kind === 'account' ? await findAccount(tx, actor.accountId) : undefined;
    if (account === undefined || token === undefined) throw new AppError('unauthenticated');
    access.require('account.sessions', targetOf(account));
    const ended = await deleteSession(tx, app.secrets.digest(token));
    if (ended === undefined) return;
    await audit({ ...auditTargetOf(account), details: { session: ended.id } });
  });
}

/**
 * The sessions of an account that have not ended, the latest first.
 * @throws AppError `not_found`, `forbidden`
 */
export async function listSessions(
  app: App,
  caller: Caller,
  reference: Reference,
  token?: string | undefined,
): Promise<{ items: AccountSession[]; next: null }> {
  return await readingAs(app, caller, 'session.list', async (about) => {
    const account = await findAccount(app.db.read, reference);
    requireSessionsOf(caller.access, account, about);
    const rows = await listSessionsOf(app.db.read, account.id);
    const limits = await sessionLimits(app.db.read);
    const now = app.clock.now();
    const current = token === undefined ? undefined : app.secrets.digest(token);
    const abilities = { end: caller.access.can('account.sessions', targetOf(account)) };
    return {
      items: rows
        .filter((row) => isLive(row, limits, now))
        .map((row) => ({
          id: row.id,
          createdAt: formatTimestamp(row.created_at),
          lastSeenAt: formatTimestamp(row.last_seen_at),
          expiresAt: formatTimestamp(row.expires_at),
          address: row.address,
          userAgent: row.user_agent,
          current: row.hash === current,
          abilities,
        })),
      next: null,
    };
  });
}

/**
 * Ends one session of an account, or all of them.
 * @returns how many there were
 * @throws AppError `not_found`, `forbidden`
 */
export async function endSessions(
  app: App,
  caller: Caller,
  reference: Reference,
  which: string,
): Promise<{ ended: number }> {
  return await act(app, caller, 'session.end', async ({ tx, access, audit, about }) => {
    const account = await findAccount(tx, reference);
    requireSessionsOf(access, account, about);
    const ended = await deleteSessionsOf(tx, account.id, which === 'all' ? undefined : which);
    if (which !== 'all' && ended === 0)
      throw new AppError('not_found', { message: 'There is no such session.' });
    await audit({ ...auditTargetOf(account), details: { sessions: which, ended } });
    return { ended };
  });
}

/** The right to the sessions of the account. Who may not know that it exists is not told. */
function requireSessionsOf(
  access: Access,
  account: AccountRow | undefined,
  about: (target: AuditTarget) => void,
): asserts account is AccountRow {
  if (account === undefined || !access.can('account.view', targetOf(account))) {
    if (account !== undefined) about(auditTargetOf(account));
    throw new AppError('not_found', { message: 'There is no such account.' });
  }
  about(auditTargetOf(account));
  access.require('account.sessions', targetOf(account));
}

type Named = Pick<AccountRow, 'id' | 'organization_id' | 'system_role' | 'user_name'>;

function targetOf(account: Named): Target {
  return {
    accountId: account.id,
    organizationId: account.organization_id,
    systemRole: account.system_role,
  };
}

function auditTargetOf(account: Named): AuditTarget {
  return {
    organizationId: account.organization_id,
    targetKind: 'account',
    targetId: account.id,
    targetName: account.user_name,
  };
}

function viewOf(access: Access, row: NonNullable<Awaited<ReturnType<typeof findPerson>>>): SessionView {
  const may = (permission: keyof SessionView['abilities']) => access.can(permission, INSTANCE);
  return {
    id: row.id,
    userName: row.user_name,
    kind: row.kind,
    firstName: row.first_name,
    lastName: row.last_name,
    pseudonym: row.pseudonym,
    organization: { id: row.organization_id, name: row.organization_name },
    systemRole: row.system_role,
    organizationRole: row.organization_role,
    requiredActions: requiredActionsOf(row),
    abilities: {
      'organization.list': may('organization.list'),
      'organization.create': may('organization.create'),
      'owner.create': may('owner.create'),
      'licence.view': may('licence.view'),
      'licence.edit': may('licence.edit'),
      'settings.view': may('settings.view'),
      'settings.edit': may('settings.edit'),
      'taxiiService.create': may('taxiiService.create'),
      'audit.viewInstance': may('audit.viewInstance'),
    },
  };
}
