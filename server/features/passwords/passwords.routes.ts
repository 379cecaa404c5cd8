import { changePasswordEndpoint, passwordPolicyEndpoint } from '../../../contract/passwords.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import type { Authentication } from '../authentication/authentication.service.ts';
import { keepSession } from '../sessions/device.ts';
import { changePassword, getPasswordPolicy } from './passwords.service.ts';

/** The REST endpoints of passwords that people choose. */
export function createPasswordRoutes(app: App, authentication: Authentication): RestRoute[] {
  return [
    bind(passwordPolicyEndpoint, async (caller) => await getPasswordPolicy(app, caller)),
    bind(changePasswordEndpoint, async (caller, { body }, browser) => {
      const renewed = await changePassword(app, authentication.verify, caller, browser.token, body);
      return keepSession(app, browser, renewed);
    }),
  ];
}
