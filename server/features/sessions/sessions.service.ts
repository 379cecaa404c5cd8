import type { Reference } from '../../../contract/references.ts';
import type { RequiredAction } from '../../../contract/required-actions.ts';
import type { AccountSession, SessionView, SignInInput } from '../../../contract/session.ts';
import { type Access, createAccess } from '../../access/access.ts';
import type { Actor } from '../../access/can.ts';
import { act, reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import { type AccountRow, findAccount, findActor } from '../accounts/accounts.store.ts';
import type { AuditTarget } from '../audit/audit.rules.ts';
import { tellOfFailures } from '../authentication/owner-notices.ts';
import { fromOf } from '../authentication/throttling.ts';
import { openDevice } from './device.ts';
import {
  type Admit,
  type BrowserSide,
  openPerson,
  PEOPLE,
  type StartedSession,
  sessionView,
  startSession,
} from './own-session.ts';
import { isLive, isVerifiedLately, isWorthNoting, requiredActionsOf } from './sessions.rules.ts';
import {
  deleteSession,
  deleteSessionsOf,
  findSession,
  findSessionPolicy,
  listSessionsOf,
  updateLastSeen,
} from './sessions.store.ts';

type AccountActor = Extract<Actor, { kind: 'account' }>;

/**
 * Signs a person in: a new session, and the end of the one that the browser had.
 * @throws AppError `unauthenticated`, the same whatever the reason; `throttled`
 */
export async function signIn(
  app: App,
  admit: Admit,
  caller: Caller,
  { email, password }: SignInInput,
  browser: BrowserSide & { device: string | undefined },
): Promise<StartedSession> {
  const device = openDevice(app, browser.device);
  const from = { ...fromOf(caller), device };
  const presented = { scheme: 'basic', userName: email, password } as const;
  const admitted = await admit(presented, from, ({ accountId }) => openPerson(app, accountId));
  const started = await startSession(app, caller, admitted, browser, null);
  await tellOfFailures(app, email, from).catch((error: unknown) =>
    app.log.warn({ err: error }, 'the owner could not be told of failed sign-ins'),
  );
  return started;
}

/**
 * The rights of whoever the token's session belongs to, read live, and what the person has to do first; notes the use.
 * @throws AppError `unauthenticated` when there is no such session any more, or its account may not act
 */
export async function openSession(
  app: App,
  { token, isBackground }: { token: string; isBackground: boolean },
): Promise<{
  access: Access & { actor: AccountActor };
  requiredActions: readonly RequiredAction[];
  isVerified: boolean;
}> {
  const hash = app.secrets.digest(token);
  const now = app.clock.now();
  const opened = await reading(async () => {
    const row = await findSession(app.db.read, hash);
    if (row === undefined) return undefined;
    const policy = await findSessionPolicy(app.db.read);
    if (!isLive(row, policy, now) || !PEOPLE.includes(row.kind)) return undefined;
    const actor = await findActor(app.db.read, row.account_id, now);
    if (actor?.kind !== 'account') return undefined;
    if (!isBackground && isWorthNoting(row, policy, now)) await noteUse(app, hash, now);
    return {
      actor,
      requiredActions: requiredActionsOf({ ...row, ...policy }, row, now),
      isVerified: isVerifiedLately(row, now),
    };
  });
  if (opened === undefined) throw new AppError('unauthenticated');
  return {
    access: createAccess(opened.actor) as Access & { actor: AccountActor },
    requiredActions: opened.requiredActions,
    isVerified: opened.isVerified,
  };
}

/** A request is not refused because its time could not be written down. */
async function noteUse(app: App, hash: string, now: number): Promise<void> {
  await inTransaction(app.db, (tx) => updateLastSeen(tx, hash, now)).catch((error: unknown) =>
    app.log.warn({ err: error }, 'the use of a session could not be noted'),
  );
}

/** Who the caller is, as stored now, and what has to be done first. @throws AppError `unauthenticated` */
export async function getSession(app: App, caller: Caller, token: string | undefined): Promise<SessionView> {
  return await reading(async () => {
    const session =
      token === undefined ? undefined : await findSession(app.db.read, app.secrets.digest(token));
    if (session === undefined) throw new AppError('unauthenticated');
    return await sessionView(app.db.read, caller.access, session, app.clock.now());
  });
}

/** Ends the session of the token. */
export async function signOut(app: App, caller: Caller, token: string | undefined): Promise<void> {
  await act(app, caller, 'session.end', async ({ tx, access, audit }) => {
    const { actor } = access;
    const account = actor.kind === 'account' ? await findAccount(tx, actor.accountId) : undefined;
    if (account === undefined || token === undefined) throw new AppError('unauthenticated');
    access.require('account.sessions', accountTarget(account));
    const ended = await deleteSession(tx, app.secrets.digest(token));
    if (ended === undefined) return;
    await audit({ ...accountAuditTarget(account), details: { session: ended.id } });
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
    const limits = await findSessionPolicy(app.db.read);
    const now = app.clock.now();
    const current = token === undefined ? undefined : app.secrets.digest(token);
    const abilities = { end: caller.access.can('account.sessions', accountTarget(account)) };
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
 * Ends one session of an account, or all of them. People who end their own must have shown lately who they are: whoever
 * finds a screen unlocked does not throw its owner out everywhere.
 * @returns how many there were
 * @throws AppError `not_found`, `forbidden`, `verification_required`
 */
export async function endSessions(
  app: App,
  caller: Caller,
  reference: Reference,
  which: string,
  token?: string | undefined,
): Promise<{ ended: number }> {
  return await act(app, caller, 'session.end', async ({ tx, access, now, audit, about }) => {
    const account = await findAccount(tx, reference);
    requireSessionsOf(access, account, about);
    const { actor } = access;
    if (actor.kind === 'account' && actor.accountId === account.id && token !== undefined) {
      const session = await findSession(tx, app.secrets.digest(token));
      if (session === undefined || !isVerifiedLately(session, now))
        throw new AppError('verification_required');
    }
    const ended = await deleteSessionsOf(tx, account.id, which === 'all' ? undefined : which);
    if (which !== 'all' && ended === 0)
      throw new AppError('not_found', { message: 'There is no such session.' });
    await audit({ ...accountAuditTarget(account), details: { sessions: which, ended } });
    return { ended };
  });
}

/** The right to the sessions of the account. Who may not know that it exists is not told. */
function requireSessionsOf(
  access: Access,
  account: AccountRow | undefined,
  about: (target: AuditTarget) => void,
): asserts account is AccountRow {
  if (account === undefined || !access.can('account.view', accountTarget(account))) {
    if (account !== undefined) about(accountAuditTarget(account));
    throw new AppError('not_found', { message: 'There is no such account.' });
  }
  about(accountAuditTarget(account));
  access.require('account.sessions', accountTarget(account));
}
