import { z } from 'zod';
import {
  type ListAcceptancesInput,
  type ListTermsInput,
  listAcceptancesInput,
  listTermsInput,
  type OwnTerms,
  type PublishTermsInput,
  publishTermsInput,
  type TermsAcceptance,
  type TermsItem,
  type TermsVersion,
} from '../../../contract/terms.ts';
import { INSTANCE } from '../../access/can.ts';
import { act, reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, type Page, pageFrom } from '../../pages.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import { updateAccount } from '../accounts/accounts.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVersion } from '../owners/owners.rules.ts';
import { renewSession, requireOwnSession, type StartedSession } from '../sessions/own-session.ts';
import { requiredActionsOf } from '../sessions/sessions.rules.ts';
import { findSession, findSessionPolicy } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import {
  findAcceptance,
  findTerms,
  insertTerms,
  latestVersion,
  listAcceptanceRows,
  listTermsRows,
  type TermsRow,
  upsertAcceptance,
} from './terms.store.ts';

/**
 * The terms that count now, and what the person of the session has accepted of them.
 * @throws AppError `unauthenticated` when the session has ended
 */
export async function getOwnTerms(app: App, caller: Caller, token: string | undefined): Promise<OwnTerms> {
  caller.access.noteAsked();
  return await reading(async () => {
    const db = app.db.read;
    const session = token === undefined ? undefined : await findSession(db, app.secrets.digest(token));
    if (session === undefined) throw new AppError('unauthenticated');
    const terms = await findTerms(db);
    const acceptance = await findAcceptance(db, session.account_id);
    const required = requiredActionsOf(
      { ...session, ...(await findSessionPolicy(db)) },
      session,
      app.clock.now(),
    );
    return {
      current:
        terms === undefined
          ? null
          : { version: terms.version, text: terms.text, publishedAt: formatTimestamp(terms.published_at) },
      accepted:
        acceptance === undefined
          ? null
          : { version: acceptance.version, acceptedAt: formatTimestamp(acceptance.accepted_at) },
      mustAccept: required.includes('accept_terms'),
    };
  });
}

/**
 * Accepts the terms for the person of the session, which goes on under a new token. Accepting twice changes nothing.
 * @throws AppError `stale` when another version counts by now, or none; `unauthenticated`
 */
export async function acceptTerms(
  app: App,
  caller: Caller,
  token: string | undefined,
  { version }: { version: number },
): Promise<StartedSession> {
  return await act(app, caller, 'terms.accept', async (action) => {
    const { tx, now, audit } = action;
    const own = await requireOwnSession(app, action, token);
    const { account } = own;
    requireVersion(version, await latestVersion(tx));
    if (account.terms_acceptance_required === 1 || account.terms_accepted_version !== version) {
      await updateAccount(tx, account.id, { terms_acceptance_required: 0, terms_accepted_version: version });
      await upsertAcceptance(tx, {
        account_id: account.id,
        version,
        accepted_at: now,
        source_address: caller.address ?? null,
      });
      await audit({ ...accountAuditTarget(account), details: { version } });
    }
    return await renewSession(app, action, own);
  });
}

/**
 * Publishes the next version.
 * @throws AppError `forbidden`; `stale` where `version` is not the latest any more; `invalid_input` also where everybody is
 *   to accept it while nobody can be made to
 */
export async function publishTerms(
  app: App,
  caller: Caller,
  rawInput: PublishTermsInput,
): Promise<TermsItem> {
  const { text, mustBeAccepted, version } = parseInput(publishTermsInput, rawInput);
  return await act(app, caller, 'terms.publish', async ({ tx, access, now, audit }) => {
    access.require('settings.edit', INSTANCE);
    await lockInstance(tx);
    const latest = await latestVersion(tx);
    requireVersion(version, latest);
    if (mustBeAccepted && !(await readSetting(tx, 'termsOfServiceRequireNewUserToAccept')))
      throw invalid(
        'mustBeAccepted',
        'nobody can be made to accept them while the system setting termsOfServiceRequireNewUserToAccept is off',
      );
    const row: TermsRow = {
      version: latest + 1,
      text,
      published_at: now,
      published_by: access.actor.name,
      must_be_accepted: mustBeAccepted ? 1 : 0,
    };
    await insertTerms(tx, row);
    await audit({
      organizationId: null,
      targetKind: 'terms_of_service',
      targetId: row.version,
      targetName: `version ${row.version}`,
      details: { mustBeAccepted, characters: text.length },
    });
    return shownItem(row);
  });
}

/** The versions, the latest first. @throws AppError `forbidden` */
export async function listTerms(
  app: App,
  caller: Caller,
  rawInput: ListTermsInput,
): Promise<Page<TermsItem>> {
  const { limit = DEFAULT_PAGE, after } = parseInput(listTermsInput, rawInput);
  return await readingAs(app, caller, 'terms.list', async () => {
    caller.access.require('settings.view', INSTANCE);
    const before = after === undefined ? undefined : decodeCursor(after, z.number().int());
    const page = pageFrom(
      await listTermsRows(app.db.read, { before, limit: limit + 1 }),
      limit,
      (row) => row.version,
    );
    return { items: page.rows.map(shownItem), next: page.next };
  });
}

/** A version with its text; the latest, unless one is named. @throws AppError `forbidden`, `not_found` */
export async function getTerms(app: App, caller: Caller, version?: number): Promise<TermsVersion> {
  return await readingAs(app, caller, 'terms.show', async () => {
    caller.access.require('settings.view', INSTANCE);
    const row = await findTerms(app.db.read, version);
    if (row === undefined)
      throw new AppError('not_found', {
        message:
          version === undefined
            ? 'No terms of service were published.'
            : `There is no version ${version} of the terms of service.`,
      });
    return { ...shownItem(row), text: row.text };
  });
}

/** The time, the account and the version of an acceptance. */
const acceptancePosition = z.tuple([z.number().int(), z.number().int(), z.number().int()]);

/** Who accepted which version, the latest first. @throws AppError `forbidden` */
export async function listAcceptances(
  app: App,
  caller: Caller,
  rawInput: ListAcceptancesInput,
): Promise<Page<TermsAcceptance>> {
  const { limit = DEFAULT_PAGE, after, version, account } = parseInput(listAcceptancesInput, rawInput);
  return await readingAs(app, caller, 'terms.acceptances', async () => {
    caller.access.require('settings.view', INSTANCE);
    const position = after === undefined ? undefined : decodeCursor(after, acceptancePosition);
    const page = pageFrom(
      await listAcceptanceRows(app.db.read, { version, account, after: position, limit: limit + 1 }),
      limit,
      (row) => [row.accepted_at, row.account_id, row.version],
    );
    return {
      items: page.rows.map((row) => ({
        account: { id: row.account_id, userName: row.user_name, organization: row.organization_name },
        version: row.version,
        acceptedAt: formatTimestamp(row.accepted_at),
        address: row.source_address,
      })),
      next: page.next,
    };
  });
}

function shownItem(row: Omit<TermsRow, 'text'>): TermsItem {
  return {
    version: row.version,
    publishedAt: formatTimestamp(row.published_at),
    publishedBy: row.published_by,
    mustBeAccepted: row.must_be_accepted === 1,
  };
}
