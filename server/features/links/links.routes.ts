import {
  confirmEmailByLinkEndpoint,
  inviteEndpoint,
  lookAtLinkEndpoint,
  requestEmailChangeEndpoint,
  requestPasswordResetEndpoint,
  revokeLinksEndpoint,
  sendPasswordResetEndpoint,
  setPasswordByLinkEndpoint,
} from '../../../contract/links.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { createLanes } from '../../lanes.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { openDevice, sealDevice } from '../sessions/device.ts';
import { confirmEmailByLink, lookAtLink, setPasswordByLink } from './links.service.ts';
import { shownLink } from './new-link.ts';
import {
  inviteAccount,
  type Later,
  requestEmailChange,
  requestPasswordReset,
  revokeLinks,
  sendPasswordReset,
} from './requesting.service.ts';

/** Resets are worked on one after the other, after their answers; so many wait for that, and more are dropped. */
const RESETS_AT_A_TIME = 1;
const RESETS_WAITING = 500;

const ASKED =
  'If this is the e-mail address of a person who may sign in, a link to choose a new password is on its way to it.';

/** The REST endpoints of one-time links. */
export function createLinkRoutes(app: App): RestRoute[] {
  const inLane = createLanes(RESETS_AT_A_TIME, RESETS_WAITING);
  let asked = 0;
  const later: Later = (work) => {
    inLane('resets', String(asked++), work).catch((error: unknown) =>
      app.log.warn({ err: error }, 'a password reset that was asked for could not be sent'),
    );
  };
  return [
    bind(requestPasswordResetEndpoint, async (caller, { body }) => {
      await requestPasswordReset(app, caller, body, later);
      return { message: ASKED };
    }),
    bind(lookAtLinkEndpoint, async (caller, { body }) => await lookAtLink(app, caller, body)),
    bind(setPasswordByLinkEndpoint, async (caller, { body }, browser) => {
      const holder = await setPasswordByLink(app, caller, body);
      // The person gets in from here, also while strangers keep the account throttled, whose counters stay as they are.
      browser.keepDevice(
        sealDevice(app, { ...holder, hasShownFactor: false }, openDevice(app, browser.device)),
      );
    }),
    bind(confirmEmailByLinkEndpoint, async (caller, { body }) => await confirmEmailByLink(app, caller, body)),
    bind(requestEmailChangeEndpoint, async (caller, { body }, { token }) => {
      const { to, expiresAt } = await requestEmailChange(app, caller, token, body);
      return { to, expiresAt: formatTimestamp(expiresAt) };
    }),
    bind(inviteEndpoint, async (caller, { params }) => shownLink(await inviteAccount(app, caller, params))),
    bind(sendPasswordResetEndpoint, async (caller, { params }) =>
      shownLink(await sendPasswordReset(app, caller, params)),
    ),
    bind(revokeLinksEndpoint, async (caller, { params }) => await revokeLinks(app, caller, params)),
  ];
}
