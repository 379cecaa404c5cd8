import { changePasswordEndpoint, passwordPolicyEndpoint } from '../../../contract/passwords.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import type { Authentication } from '../authentication/authentication.service.ts';
import { changePassword, getPasswordPolicy } from './passwords.service.ts';

/** The REST endpoints of passwords that people choose. */
export function createPasswordRoutes(app: App, authentication: Authentication): RestRoute[] {
  return [
    bind(passwordPolicyEndpoint, async (caller) => await getPasswordPolicy(app, caller)),
    bind(changePasswordEndpoint, async (caller, { body }, browser) => {
      const { token, view } = await changePassword(app, authentication.verify, caller, browser.token, body);
      browser.keep(token);
      return view;
    }),
  ];
}
