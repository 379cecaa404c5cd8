import type { RequiredAction } from '../../../contract/required-actions.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { SECOND_FACTORS, type SessionView } from '../../../contract/session.ts';
import { type Access, createAccess } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { SecondFactor } from '../../db/schema.ts';
import { AppError } from '../../errors.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import { type AccountRow, findActor, lockAccount } from '../accounts/accounts.store.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import type { From } from '../authentication/throttling.ts';
import {
  isLive,
  isVerifiedLately,
  RESTRICTED_MICROS,
  requiredActionsOf,
  sessionEnd,
} from './sessions.rules.ts';
import {
  deleteSession,
  deleteSurplusSessions,
  findPerson,
  findSession,
  findSessionPolicy,
  insertSession,
  listSecondFactors,
  updateSession,
} from './sessions.store.ts';

/** Machine accounts have their own ways in, and people have this one. */
export const PEOPLE: readonly AccountKind[] = ['user', 'read_only'];
const TOKEN_BITS = 256;

/** A session as the browser gets it: the token for its cookie, and what the person is told. */
export type StartedSession = {
  token: string;
  view: SessionView;
  accountId: number;
  credentialVersion: number;
  /** A second factor was shown in it. */
  hasShownFactor: boolean;
};
/** What a browser tells of itself. */
export type BrowserSide = { token: string | undefined; userAgent: string | undefined };
type Db = Parameters<typeof findSession>[0];
type SessionRow = NonNullable<Awaited<ReturnType<typeof findSession>>>;

type Admitted = { accountId: number; credentialVersion: number };

/** Who may be let in with a password; see `createAuthentication`. */
export type Admit = (
  presented: { scheme: 'basic'; userName: string; password: string },
  from: From,
  open: (verified: { accountId: number }) => Promise<{ session: Admitted } | { obstacle: string }>,
) => Promise<Admitted>;

/** What the state of a person's account makes of a password that was found right. */
export async function openPerson(
  app: App,
  accountId: number,
): Promise<{ session: Admitted } | { obstacle: string }> {
  const row = await findPerson(app.db.read, accountId);
  if (row === undefined) return { obstacle: 'unknown account' };
  const obstacle = accountObstacle(row, PEOPLE, app.clock.now());
  return obstacle === undefined
    ? { session: { accountId, credentialVersion: row.credential_version } }
    : { obstacle };
}

/**
 * Starts a session for whoever was found to be the account's person, and ends the one that the browser had.
 * `secondFactor`: what was shown with it; a passkey stands for both factors.
 * @throws AppError `unauthenticated` when the account may not be used any more, or its credentials have changed
 */
export async function startSession(
  app: App,
  caller: Caller,
  admitted: Admitted,
  browser: BrowserSide,
  secondFactor: SecondFactor | null,
): Promise<StartedSession> {
  const actor = await findActor(app.db.read, admitted.accountId, app.clock.now());
  if (actor === undefined) throw new AppError('unauthenticated');
  const token = app.secrets.generate(TOKEN_BITS);
  const hash = app.secrets.digest(token);
  const mine: Caller = { ...caller, access: createAccess(actor) };
  const view = await act(app, mine, 'session.create', async ({ tx, access, now, audit }) => {
    // Locked, so that whoever ends its sessions at the same time ends this one, too.
    await lockAccount(tx, admitted.accountId);
    const row = await findPerson(tx, admitted.accountId);
    // Changed since it was found right.
    if (
      row === undefined ||
      row.credential_version !== admitted.credentialVersion ||
      accountObstacle(row, PEOPLE, now) !== undefined
    )
      throw new AppError('unauthenticated');
    if (browser.token !== undefined) await deleteSession(tx, app.secrets.digest(browser.token));
    const policy = await findSessionPolicy(tx);
    const isComplete =
      requiredActionsOf({ ...row, ...policy }, { second_factor: secondFactor }, now).length === 0;
    await insertSession(tx, {
      hash,
      id: app.ids.uuid(),
      account_id: row.id,
      credential_version: row.credential_version,
      created_at: now,
      last_seen_at: now,
      expires_at: sessionEnd(now, policy),
      address: caller.address ?? null,
      user_agent: browser.userAgent ?? null,
      second_factor: secondFactor,
      restricted_until: isComplete ? null : now + RESTRICTED_MICROS,
      verified_at: now,
    });
    await deleteSurplusSessions(tx, row.id, { mine: hash, isComplete, kept: policy.sessionsPerAccount });
    await audit({ ...accountAuditTarget(row), details: { secondFactor, complete: isComplete } });
    const session = await findSession(tx, hash);
    if (session === undefined) throw new AppError('unauthenticated');
    return await sessionView(tx, access, session, now);
  });
  caller.access.noteAsked();
  const { accountId, credentialVersion } = admitted;
  return { token, view, accountId, credentialVersion, hasShownFactor: secondFactor !== null };
}

/** The session that a change comes with, and its account, locked until the transaction ends. */
export type OwnSession = {
  session: SessionRow;
  account: AccountRow;
  requiredActions: readonly RequiredAction[];
};

/**
 * The session of the token, for a person who changes what is their own; asks for the right to it.
 * `verified`: it must be lately that the person showed who they are (or they are just signing in).
 * @throws AppError `unauthenticated` when it has ended meanwhile; `verification_required`
 */
export async function requireOwnSession(
  app: App,
  { tx, access, now, about }: Action,
  token: string | undefined,
  { verified = false }: { verified?: boolean } = {},
): Promise<OwnSession> {
  const { actor } = access;
  if (actor.kind !== 'account' || token === undefined) throw new AppError('unauthenticated');
  const account = await lockAccount(tx, actor.accountId);
  const session = await findSession(tx, app.secrets.digest(token));
  const policy = await findSessionPolicy(tx);
  if (account === undefined || session?.account_id !== account.id || !isLive(session, policy, now))
    throw new AppError('unauthenticated');
  about(accountAuditTarget(account));
  access.require('account.profile', accountTarget(account));
  const requiredActions = requiredActionsOf({ ...session, ...policy }, session, now);
  if (verified && !isVerifiedLately(session, now)) throw new AppError('verification_required');
  return { session, account, requiredActions };
}

/**
 * After a step that changes what the session may do: the session goes on under a new token, and the old cookie is
 * worthless. The account's columns must have been written before.
 */
export async function renewSession(
  app: App,
  { tx, access, now }: Action,
  { session }: OwnSession,
  shown: { secondFactor?: SecondFactor; verified?: true } = {},
): Promise<StartedSession> {
  const token = app.secrets.generate(TOKEN_BITS);
  const hash = app.secrets.digest(token);
  const account = await findPerson(tx, session.account_id);
  if (account === undefined) throw new AppError('unauthenticated');
  const secondFactor = shown.secondFactor ?? session.second_factor;
  const policy = await findSessionPolicy(tx);
  const isComplete =
    requiredActionsOf({ ...account, ...policy }, { second_factor: secondFactor }, now).length === 0;
  await updateSession(tx, session.hash, {
    hash,
    // Whatever of the account's credentials changed in this step, this session made it.
    credential_version: account.credential_version,
    second_factor: secondFactor,
    restricted_until: isComplete ? null : session.restricted_until,
    verified_at: shown.verified === true ? now : session.verified_at,
  });
  if (isComplete && session.restricted_until !== null)
    await deleteSurplusSessions(tx, account.id, { mine: hash, isComplete, kept: policy.sessionsPerAccount });
  const renewed = await findSession(tx, hash);
  if (renewed === undefined) throw new AppError('unauthenticated');
  return {
    token,
    view: await sessionView(tx, access, renewed, now),
    accountId: account.id,
    credentialVersion: account.credential_version,
    hasShownFactor: secondFactor !== null,
  };
}

/** What the person of a session is told. */
export async function sessionView(
  db: Db,
  access: Access,
  session: SessionRow,
  now: number,
): Promise<SessionView> {
  const row = await findPerson(db, session.account_id);
  if (row === undefined) throw new AppError('unauthenticated');
  const requiredActions = requiredActionsOf({ ...row, ...(await findSessionPolicy(db)) }, session, now);
  const factors = row.authenticator_since === null ? [] : await listSecondFactors(db, row.id);
  // Until everything is done nothing else may be.
  const isDone = requiredActions.length === 0;
  const may = (permission: keyof SessionView['abilities']) => isDone && access.can(permission, INSTANCE);
  const mayAtHome = (permission: keyof SessionView['organization']['abilities']) =>
    isDone && access.can(permission, { organizationId: row.organization_id });
  access.noteAsked();
  return {
    id: row.id,
    userName: row.user_name,
    kind: row.kind,
    firstName: row.first_name,
    lastName: row.last_name,
    pseudonym: row.pseudonym,
    organization: {
      id: row.organization_id,
      name: row.organization_name,
      abilities: {
        'account.view': mayAtHome('account.view'),
        'account.create': mayAtHome('account.create'),
        'group.view': mayAtHome('group.view'),
        'group.edit': mayAtHome('group.edit'),
        'audit.view': mayAtHome('audit.view'),
        'organization.activity': mayAtHome('organization.activity'),
        'organization.edit': mayAtHome('organization.edit'),
        'organization.seats': mayAtHome('organization.seats'),
        'taxiiService.view': mayAtHome('taxiiService.view'),
        'collection.view': mayAtHome('collection.view'),
        'intelligence.read': mayAtHome('intelligence.read'),
      },
    },
    systemRole: row.system_role,
    organizationRole: row.organization_role,
    timeZone: row.time_zone,
    requiredActions,
    secondFactors: SECOND_FACTORS.filter((factor) => factors.includes(factor)),
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
      'account.view': may('account.view'),
      'taxiiService.view': may('taxiiService.view'),
    },
  };
}
