import { createTransport } from 'nodemailer';
import { type MailAddress, mailAddress } from '../../../contract/mail-address.ts';
import { emailAddress } from '../../../contract/names.ts';
import type { SettingValue } from '../../../contract/settings.ts';
import type { App } from '../../context.ts';
import type { Database } from '../../db/open.ts';
import { openSetting } from '../settings/setting-secrets.ts';
import { readSetting } from '../settings/settings.store.ts';
import { type DeliveryError, explainFailure, type Failure, plainLine } from './delivery.rules.ts';
import type { RenderedMail } from './messages.rules.ts';

/** Where mails are handed to. */
export type MailServer = {
  host: string;
  port: number;
  security: SettingValue<'mailServerSecurity'>;
  user: string;
  /** Empty: none is set. Undefined: the one that is set cannot be decrypted. */
  password: string | undefined;
  from: MailAddress;
  replyTo: string;
};

/** A mail with what stands in its header. */
export type Outgoing = RenderedMail & {
  to: string;
  /** Unique, and the same at every attempt: whoever gets the mail twice can tell. */
  messageId: string;
  /** Wall-clock time in microseconds. */
  writtenAt: number;
};

/** `totalMs`: well below the time that a mail is claimed for. */
const PATIENCE = { connectionMs: 10_000, silenceMs: 30_000, totalMs: 60_000 };

/** The mail server of the settings; undefined: mail is not configured. */
export async function readMailServer(
  app: Pick<App, 'keys'>,
  db: Database['read'],
): Promise<MailServer | undefined> {
  const host = await readSetting(db, 'mailServerHost');
  const from = mailAddress(await readSetting(db, 'mailFrom'));
  if (host === '' || from === undefined) return undefined;
  const sealed = await readSetting(db, 'mailServerPassword');
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: await readSetting(db, 'mailServerPort'),
    security: await readSetting(db, 'mailServerSecurity'),
    user: await readSetting(db, 'mailServerUser'),
    password: sealed === '' ? '' : openSetting(app.keys, 'mailServerPassword', sealed),
    from,
    replyTo: await readSetting(db, 'mailReplyTo'),
  };
}

/**
 * Hands a mail to the server. Network: never inside a transaction. Ends after a minute at the latest, and at once with
 * `stop`, in which case the server may have taken the mail nevertheless.
 */
export async function deliver(
  server: MailServer,
  mail: Outgoing,
  stop?: AbortSignal,
  patience = PATIENCE,
): Promise<{ answer: string } | Failure> {
  const { host, port, security, user, password, from, replyTo } = server;
  // A text is taken for a list of addresses, also in the envelope.
  if (!emailAddress.safeParse(mail.to).success)
    return { error: 'The recipient is not an e-mail address.', permanent: true };
  if (password === undefined)
    return {
      error:
        'The password of the mail server cannot be decrypted with the master key: set mailServerPassword anew.',
      permanent: false,
    };
  if (security === 'none' && user !== '' && !isThisMachine(host))
    return {
      error:
        'A password is not sent unencrypted: set mailServerSecurity to starttls or tls, or remove mailServerUser.',
      permanent: false,
    };
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' },
    ...(user === '' ? {} : { auth: { user, pass: password } }),
    allowInternalNetworkInterfaces: true,
    dnsTimeout: patience.connectionMs,
    connectionTimeout: patience.connectionMs,
    greetingTimeout: patience.connectionMs,
    socketTimeout: patience.silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const late = AbortSignal.timeout(patience.totalMs);
  try {
    const { response } = await transport.sendMail({
      // As objects: none of them is parsed as a list of addresses.
      from,
      to: { name: '', address: mail.to },
      ...(replyTo === '' ? {} : { replyTo: { name: '', address: replyTo } }),
      envelope: { from: from.address, to: [mail.to] },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      date: new Date(mail.writtenAt / 1000),
      // RFC 3834: nobody's absence note answers it.
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: stop === undefined ? late : AbortSignal.any([late, stop]),
    });
    return { answer: plainLine(response) };
  } catch (error) {
    return explainFailure(failureOf(error), server);
  } finally {
    transport.close();
  }
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
}

function failureOf(error: unknown): DeliveryError {
  const field = (name: string): unknown => Reflect.get(Object(error), name);
  const text = (name: string) => {
    const value = field(name);
    return typeof value === 'string' ? value : undefined;
  };
  const code = field('responseCode');
  return {
    code: text('code'),
    command: text('command'),
    response: text('response'),
    responseCode: typeof code === 'number' ? code : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
}
