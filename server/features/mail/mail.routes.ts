import { listMailEndpoint, retryMailEndpoint, testMailEndpoint } from '../../../contract/mail.ts';
import type { App } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { listOutbox, retryOutboxMail, sendTestMail } from './outbox.service.ts';

/** Each waits for another server, up to a minute. */
const MAX_TESTS = 2;

/** The REST endpoints of mail. */
export function createMailRoutes(app: App): RestRoute[] {
  let tests = 0;
  return [
    bind(listMailEndpoint, async (caller, { query }) => await listOutbox(app, caller, query)),
    bind(testMailEndpoint, async (caller, { body }) => {
      if (tests >= MAX_TESTS)
        throw new AppError('unavailable', {
          message: 'Test mails are being sent already.',
          retryAfterSeconds: 10,
        });
      tests++;
      try {
        return await sendTestMail(app, caller, body);
      } finally {
        tests--;
      }
    }),
    bind(retryMailEndpoint, async (caller, { params }) => await retryOutboxMail(app, caller, params.mail)),
  ];
}
