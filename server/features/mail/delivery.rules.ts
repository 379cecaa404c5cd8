import type { Micros } from '../../protocols/timestamp.ts';

const MINUTE = 60_000_000;
const FIRST_PAUSE: Micros = MINUTE / 2;
const LONGEST_PAUSE: Micros = 4 * 60 * MINUTE;
const GIVEN_UP_AFTER: Micros = 3 * 24 * 60 * MINUTE;
const ANSWER_LENGTH = 300;

/** What nodemailer says of a failure; see its `ERROR_CODES`. */
export type DeliveryError = {
  code: string | undefined;
  /** The command of SMTP that was refused: `RCPT TO`. */
  command: string | undefined;
  responseCode: number | undefined;
  response: string | undefined;
  message: string;
};

/** `permanent`: the mail server will never take this mail for this recipient. */
export type Failure = { error: string; permanent: boolean };

/** Why a mail was not sent, in words for whoever looks after the instance, without secrets. */
export function explainFailure(error: DeliveryError, server: { host: string; port: number }): Failure {
  const where = `${server.host}, port ${server.port}`;
  const said = answerOf(error);
  const permanent = error.command === 'RCPT TO' && (error.responseCode ?? 0) >= 500;
  const words = (): string => {
    switch (error.code) {
      case 'EDNS':
        return `The mail server ${server.host} is not known: no address was found for the name.`;
      case 'ETIMEDOUT':
      case 'EABORT':
        return `The mail server at ${where} did not answer in time.`;
      case 'EAUTH':
        // The answer is left out: to what was sent just before, a server may answer by repeating it.
        return `The mail server refused the user name or the password${error.responseCode === undefined ? '' : ` (${error.responseCode})`}, or offers no way to sign in.`;
      case 'ETLS':
        return `The connection to ${where} could not be encrypted: ${plainLine(error.message)}. See the setting mailServerSecurity.`;
      case 'EENVELOPE':
        return error.command === 'MAIL FROM'
          ? `The mail server refused the sender (mailFrom)${said}`
          : `The mail server refused the recipient${said}`;
      case 'EMESSAGE':
        return `The mail server refused the mail${said}`;
      case 'EPROTOCOL':
        return `What answers at ${where} is not a mail server that is ready${said}`;
      default:
        return /certificate|self-signed|altname|issuer/i.test(error.message)
          ? `The certificate of ${where} is not trusted: ${plainLine(error.message)}.`
          : `The connection to ${where} failed: ${plainLine(error.message)}.`;
    }
  };
  return { error: words(), permanent };
}

function answerOf({ response }: DeliveryError): string {
  return response === undefined || response === '' ? '.' : `: ${plainLine(response)}`;
}

/** Text of a stranger: one line, and not a long one. */
export function plainLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, ANSWER_LENGTH);
}

/** When a mail is tried again after its `attempts`-th failure (1 = the first); undefined: it is given up. */
export function nextAttempt(created: Micros, now: Micros, attempts: number): Micros | undefined {
  if (now - created >= GIVEN_UP_AFTER) return undefined;
  return now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempts - 1, 30));
}
