import {
  addPasskeyEndpoint,
  challengeNewPasskeyEndpoint,
  challengePasskeyEndpoint,
  challengeSecondFactorEndpoint,
  confirmTotpEndpoint,
  getAuthenticatorEndpoint,
  removePasskeyEndpoint,
  removeTotpEndpoint,
  renamePasskeyEndpoint,
  renewRecoveryCodesEndpoint,
  resetAuthenticatorEndpoint,
  showSecondFactorEndpoint,
  signInWithPasskeyEndpoint,
  startTotpEndpoint,
  verifyAgainEndpoint,
} from '../../../contract/authenticators.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import type { Authentication } from '../authentication/authentication.service.ts';
import { keepSession } from '../sessions/device.ts';
import {
  confirmTotp,
  getOwnAuthenticator,
  removeTotp,
  renewRecoveryCodes,
  startTotp,
} from './own-factors.service.ts';
import { addPasskey, challengeNewPasskey, removePasskey, renamePasskey } from './passkeys.service.ts';
import { resetAuthenticator } from './reset.service.ts';
import {
  challengePasskey,
  challengeSecondFactor,
  showSecondFactor,
  signInWithPasskey,
  verifyAgain,
} from './second-factor.service.ts';

/** The REST endpoints of second factors: shown at a sign-in, one's own, and reset by an administrator. */
export function createAuthenticatorRoutes(app: App, authentication: Authentication): RestRoute[] {
  return [
    bind(showSecondFactorEndpoint, async (caller, { body }, browser) =>
      keepSession(app, browser, await showSecondFactor(app, caller, body, browser)),
    ),
    bind(challengeSecondFactorEndpoint, async (caller, _parts, { reachedAs }) =>
      challengeSecondFactor(app, caller, reachedAs),
    ),
    bind(challengePasskeyEndpoint, async (caller, _parts, { reachedAs }) =>
      challengePasskey(app, caller, reachedAs),
    ),
    bind(signInWithPasskeyEndpoint, async (caller, { body }, browser) =>
      keepSession(app, browser, await signInWithPasskey(app, caller, body, browser)),
    ),
    bind(verifyAgainEndpoint, async (caller, { body }, browser) =>
      keepSession(app, browser, await verifyAgain(app, authentication.admit, caller, body, browser)),
    ),
    bind(getAuthenticatorEndpoint, async (caller, _parts, { reachedAs }) =>
      getOwnAuthenticator(app, caller, reachedAs),
    ),
    bind(startTotpEndpoint, async (caller, _parts, { token }) => startTotp(app, caller, token)),
    bind(confirmTotpEndpoint, async (caller, { body }, browser) => {
      const { recoveryCodes, ...started } = await confirmTotp(app, caller, body, browser.token);
      return { recoveryCodes, session: keepSession(app, browser, started) };
    }),
    bind(removeTotpEndpoint, async (caller, _parts, browser) => {
      keepSession(app, browser, await removeTotp(app, caller, browser.token));
    }),
    bind(challengeNewPasskeyEndpoint, async (caller, _parts, browser) =>
      challengeNewPasskey(app, caller, browser),
    ),
    bind(addPasskeyEndpoint, async (caller, { body }, browser) => {
      const { passkey, recoveryCodes, ...started } = await addPasskey(app, caller, body, browser);
      return { passkey, recoveryCodes, session: keepSession(app, browser, started) };
    }),
    bind(renamePasskeyEndpoint, async (caller, { params, body }, { token }) =>
      renamePasskey(app, caller, { ...params, ...body }, token),
    ),
    bind(removePasskeyEndpoint, async (caller, { params }, browser) => {
      keepSession(app, browser, await removePasskey(app, caller, params.passkey, browser.token));
    }),
    bind(renewRecoveryCodesEndpoint, async (caller, _parts, { token }) =>
      renewRecoveryCodes(app, caller, token),
    ),
    bind(resetAuthenticatorEndpoint, async (caller, { params, body }) => {
      const { userName: _userName, ...reset } = await resetAuthenticator(app, caller, params, body);
      return reset;
    }),
  ];
}
