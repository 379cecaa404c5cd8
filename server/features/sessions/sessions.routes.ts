import {
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listSessionsEndpoint,
  showSessionEndpoint,
  signInEndpoint,
  signOutEndpoint,
} from '../../../contract/session.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import type { Authentication } from '../authentication/authentication.service.ts';
import { keepSession } from './device.ts';
import { endSessions, getSession, listSessions, signIn, signOut } from './sessions.service.ts';

/** The REST endpoints of sessions. */
export function createSessionRoutes(app: App, authentication: Authentication): RestRoute[] {
  return [
    bind(signInEndpoint, async (caller, { body }, browser) => {
      return keepSession(app, browser, await signIn(app, authentication.admit, caller, body, browser));
    }),
    bind(showSessionEndpoint, async (caller, _parts, { token }) => await getSession(app, caller, token)),
    bind(signOutEndpoint, async (caller, _parts, browser) => {
      await signOut(app, caller, browser.token);
      browser.keep(undefined);
    }),
    bind(
      listSessionsEndpoint,
      async (caller, { params }, { token }) => await listSessions(app, caller, params.account, token),
    ),
    bind(
      endAllSessionsEndpoint,
      async (caller, { params }, { token }) => await endSessions(app, caller, params.account, 'all', token),
    ),
    bind(
      endSessionEndpoint,
      async (caller, { params }, { token }) =>
        await endSessions(app, caller, params.account, params.session, token),
    ),
  ];
}
