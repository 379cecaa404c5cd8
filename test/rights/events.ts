/** What changes nothing that is told in the audit trail, by what it is. */
export const UNCHANGING: readonly string[] = [
  'POST /accounts/:account/preview',
  'POST /audit/verification',
  'POST /links/look',
  'POST /session/second-factor/challenge',
  'POST /session/passkey/challenge',
  'POST /session/passkeys/challenge',
];

/** What changes something only after much else: a password, a second factor, a link, a mail server, an empty instance. */
export const PREPARED: readonly string[] = [
  'POST /setup',
  'POST /session',
  'PUT /session/password',
  'POST /session/terms-of-service',
  'POST /session/email',
  'POST /session/verification',
  'POST /session/second-factor',
  'POST /session/passkey',
  'POST /session/authenticator/totp/confirmation',
  'DELETE /session/authenticator/totp',
  'POST /session/passkeys',
  'PATCH /session/passkeys/:passkey',
  'DELETE /session/passkeys/:passkey',
  'POST /session/recovery-codes',
  'POST /password-resets',
  'POST /links/password',
  'POST /links/email',
  'POST /mail/test',
];
