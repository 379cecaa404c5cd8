import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './context.ts';
import { inTransaction } from './db/transaction.ts';
import { createAccountRoutes } from './features/accounts/accounts.routes.ts';
import { createApiV2Routes } from './features/api-v2/api-v2.routes.ts';
import { createAuditRoutes } from './features/audit/audit.routes.ts';
import { keepCheckpoints } from './features/audit/checkpoints.service.ts';
import {
  type Authentication,
  createAuthentication,
} from './features/authentication/authentication.service.ts';
import { createAuthenticatorRoutes } from './features/authenticators/authenticators.routes.ts';
import { PENDING_MICROS } from './features/authenticators/authenticators.rules.ts';
import { deleteExpiredEnrolments } from './features/authenticators/authenticators.store.ts';
import { createBrowsingRoutes } from './features/browsing/browsing.routes.ts';
import { createBulkRoutes } from './features/bulk/bulk.routes.ts';
import { createCollectionsRoutes } from './features/collections/collections.routes.ts';
import { createExchangeRoutes } from './features/exchange/exchange.routes.ts';
import { deleteOldStatuses } from './features/exchange/exchange.store.ts';
import { openExchange } from './features/exchange/open-exchange.ts';
import { createGroupsRoutes } from './features/groups/groups.routes.ts';
import { createInstanceRoutes } from './features/instance/instance.routes.ts';
import { findInstance } from './features/instance/instance.store.ts';
import { createLicenceRoutes } from './features/instance/licence.routes.ts';
import { createLinkRoutes } from './features/links/links.routes.ts';
import { deleteExpiredLinks } from './features/links/links.store.ts';
import { createMailRoutes } from './features/mail/mail.routes.ts';
import { sendDueMails } from './features/mail/outbox.service.ts';
import { deleteOldMails } from './features/mail/outbox.store.ts';
import { sendReminders } from './features/mail/reminders.service.ts';
import { createOwnerRoutes } from './features/owners/owners.routes.ts';
import { breachedListProblem } from './features/passwords/password-lists.ts';
import { createPasswordRoutes } from './features/passwords/passwords.routes.ts';
import { createRightsRoutes } from './features/rights/rights.routes.ts';
import { createSessionRoutes } from './features/sessions/sessions.routes.ts';
import { openSession } from './features/sessions/sessions.service.ts';
import { deleteExpiredSessions } from './features/sessions/sessions.store.ts';
import { createSettingsRoutes } from './features/settings/settings.routes.ts';
import { createTaxiiServicesRoutes } from './features/taxii-services/taxii-services.routes.ts';
import { createTermsRoutes } from './features/terms/terms.routes.ts';
import { createUsageRoutes } from './features/usage/usage.routes.ts';
import { deleteOldUsage } from './features/usage/usage.store.ts';
import type { RestRoute } from './http/rest-face.ts';
import { type Faces, listen, type RunningServer } from './http/server.ts';

/** What is only for show (last used) is written at most this late. */
const FLUSH_MS = 30_000;
/** A database that takes longer is not ready. */
const READY_MS = 3000;
const HOUSEKEEPING_MS = 3_600_000;
/** How often it is looked whether a checkpoint of the audit trail is due: the process that wrote the last may be gone. */
const CHECKPOINT_MS = 300_000;
/** How often it is looked whether mails are due. */
const MAIL_MS = 2000;
/** How long the mails that are being sent are waited for at the end. */
const MAIL_GRACE_MS = 5000;
const MAIL_DAYS = 30;
const DAY_MICROS = 86_400_000_000;

export type ServerOptions = Pick<Faces<never>, 'metricsOfAll'>;

/** The REST API: every endpoint of the contract, bound to its use case. */
export function createRestRoutes(app: App, authentication: Authentication): RestRoute[] {
  return [
    ...createInstanceRoutes(app),
    ...createSessionRoutes(app, authentication),
    ...createPasswordRoutes(app, authentication),
    ...createAuthenticatorRoutes(app, authentication),
    ...createAccountRoutes(app),
    ...createRightsRoutes(app),
    ...createBulkRoutes(app),
    ...createOwnerRoutes(app),
    ...createAuditRoutes(app),
    ...createSettingsRoutes(app),
    ...createTermsRoutes(app),
    ...createMailRoutes(app),
    ...createLinkRoutes(app),
    ...createLicenceRoutes(app),
    ...createGroupsRoutes(app),
    ...createTaxiiServicesRoutes(app),
    ...createCollectionsRoutes(app),
    ...createBrowsingRoutes(app),
    ...createUsageRoutes(app),
  ];
}

/** A list that cannot be read lets every password pass, so it is told before the first one is typed. */
async function warnOfBreachedList(app: App): Promise<void> {
  const problem = await breachedListProblem(app);
  if (problem === undefined) return;
  const file = app.config.breachedPasswordsFile;
  app.log.warn({ file }, `the list of breached passwords ${problem}: passwords are not looked for in it`);
}

/** Serves an opened app over HTTP, and keeps house: the one place that binds features to faces. */
export async function startServer(app: App, options: ServerOptions = {}): Promise<RunningServer> {
  const authentication = createAuthentication(app);
  const exchange = openExchange(app);
  const server = await listen(app, {
    taxii: createExchangeRoutes(app, authentication, exchange),
    rest: createRestRoutes(app, authentication),
    api: createApiV2Routes(app),
    admitApi: authentication.admitApi,
    openSession: async (session) => await openSession(app, session),
    metricsOfAll: options.metricsOfAll,
    isReady: async () => {
      try {
        const late = sleep(READY_MS, undefined, { ref: false });
        return (await Promise.race([findInstance(app.db.read), late])) !== undefined;
      } catch {
        return false;
      }
    },
  });
  await warnOfBreachedList(app);
  const flush = async () => {
    // So that nothing is made under a master key any more that was rotated away.
    app.keys.reload();
    await authentication
      .flush()
      .catch((error: unknown) => app.log.warn({ err: error }, 'last uses could not be written'));
    await exchange.usage
      .flush()
      .catch((error: unknown) => app.log.warn({ err: error }, 'usage figures could not be written yet'));
  };
  const keepHouse = async () => {
    const now = app.clock.now();
    await inTransaction(app.db, async (tx) => {
      await deleteOldStatuses(tx, now - app.config.statusDays * DAY_MICROS);
      await deleteExpiredSessions(tx, now);
      await deleteExpiredEnrolments(tx, { now, pendingSince: now - PENDING_MICROS });
      await deleteExpiredLinks(tx, now);
      await deleteOldMails(tx, now - MAIL_DAYS * DAY_MICROS);
      await deleteOldUsage(tx, now);
    }).catch((error: unknown) =>
      app.log.warn({ err: error }, 'old statuses, sessions, mails and usage figures could not be deleted'),
    );
  };
  const checkpoint = async () => {
    await keepCheckpoints(app).catch((error: unknown) =>
      app.log.warn({ err: error }, 'a checkpoint of the audit trail could not be written'),
    );
  };
  const firstCheckpoint = checkpoint();
  const remind = async () => {
    await sendReminders(app).catch((error: unknown) =>
      app.log.warn({ err: error }, 'nobody could be reminded of what expires'),
    );
  };
  const firstReminders = remind();
  const stopMails = new AbortController();
  let mails: Promise<void> | undefined;
  const sendMails = () => {
    mails ??= sendDueMails(app, stopMails.signal)
      .then(
        () => undefined,
        (error: unknown) => app.log.warn({ err: error }, 'the mails that are due could not be sent'),
      )
      .finally(() => {
        mails = undefined;
      });
  };
  const timers = [
    setInterval(() => void remind(), HOUSEKEEPING_MS),
    setInterval(sendMails, MAIL_MS),
    setInterval(() => void flush(), FLUSH_MS),
    setInterval(() => void checkpoint(), CHECKPOINT_MS),
    setInterval(() => void keepHouse(), HOUSEKEEPING_MS),
  ];
  return {
    ...server,
    async close(graceMs) {
      for (const timer of timers) clearInterval(timer);
      await server.close(graceMs);
      await firstCheckpoint;
      await firstReminders;
      await Promise.race([mails, sleep(MAIL_GRACE_MS, undefined, { ref: false })]);
      stopMails.abort();
      await mails;
      await flush();
    },
  };
}
