import { mailAddress } from './mail-address.ts';
import { emailAddress } from './names.ts';
import type { SettingDefinition } from './setting-definition.ts';

const NEXT_MAIL = 'with the next mail that is sent, also those that wait';
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** The settings of the mail server. Mail is configured once there are a host and a sender. */
export const MAIL_SETTINGS = {
  mailServerHost: {
    group: 'Mail',
    title: 'Mail server',
    kind: 'text',
    default: '',
    maxLength: 253,
    form: { fits: isHost, words: 'the name or address of a host, such as mail.example.org' },
    meaning:
      'The mail server (SMTP) that mails are handed to; empty: no mail is sent. Another host needs the password anew.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailServerPort: {
    group: 'Mail',
    title: 'Port',
    kind: 'number',
    default: 587,
    min: 1,
    max: 65_535,
    unit: null,
    meaning: 'The port of the mail server: usually 587 with starttls, 465 with tls, 25 without.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailServerSecurity: {
    group: 'Mail',
    title: 'Encryption',
    kind: 'choice',
    default: 'starttls',
    values: ['starttls', 'tls', 'none'],
    meaning:
      'How the connection to the mail server is encrypted: starttls (begun in the clear, then always encrypted), tls (from the start), or none. The certificate must be valid for the host. Without encryption no password is sent, except to this machine itself.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailServerUser: {
    group: 'Mail',
    title: 'User name at the mail server',
    kind: 'text',
    default: '',
    maxLength: 254,
    meaning: 'The user name at the mail server; empty: it asks for none.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailServerPassword: {
    group: 'Mail',
    title: 'Password at the mail server',
    kind: 'secret',
    default: '',
    maxLength: 500,
    meaning: 'The password at the mail server. It is kept encrypted and not shown.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailFrom: {
    group: 'Mail',
    title: 'Sender',
    kind: 'text',
    default: '',
    maxLength: 320,
    form: {
      fits: (text) => mailAddress(text) !== undefined,
      words: 'an e-mail address, or a name with one, such as Taxiway <taxiway@example.org>',
    },
    meaning: 'Whom mails are from: an e-mail address, with a name or without; empty: no mail is sent.',
    effect: NEXT_MAIL,
    enforced: true,
  },
  mailReplyTo: {
    group: 'Mail',
    title: 'Answers go to',
    kind: 'text',
    default: '',
    maxLength: 254,
    form: { fits: (text) => emailAddress.safeParse(text).success, words: 'an e-mail address' },
    meaning: 'Where answers to mails go; empty: to whom they are from.',
    effect: NEXT_MAIL,
    enforced: true,
  },
} as const satisfies Record<string, SettingDefinition>;

/** A name of the DNS or an IP address; `[::1]` and `::1` both mean the IPv6 one. */
function isHost(text: string): boolean {
  if (/^\[?[0-9a-f:.]+\]?$/i.test(text) && text.includes(':')) return true;
  return text.split('.').every((label) => HOST_LABEL.test(label));
}
