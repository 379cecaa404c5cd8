import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';

/** A mail as it is meant. Each paragraph is one line of text; names in it may hold anything, and stay text. */
export type Message = {
  /** What it is, for the outbox: `password_reset`. */
  purpose: string;
  subject: string;
  paragraphs: string[];
  link?: { url: string; label: string };
};

export type RenderedMail = { subject: string; text: string; html: string };

/** Whom an instant is shown to: in the zone of the person (IANA name), else in UTC. */
type Reader = { timeZone: string | null };
/** Something that happened, when, and from which address where that is known. */
type Happened = Reader & { at: Micros; address: string | null };

const NOT_YOU =
  'If that was not you, sign in and change your password at once, end your other sessions, and tell your administrator.';

/** The mail as plain text and as HTML, with the same words. Nothing of it can end a line or open a tag. */
export function renderMail({ subject, paragraphs, link }: Message): RenderedMail {
  const lines = paragraphs.map(oneLine);
  const text = [...lines, ...(link === undefined ? [] : [`${oneLine(link.label)}:`, oneLine(link.url)])];
  const html = lines.map((line) => `<p>${escapeHtml(line)}</p>`);
  if (link !== undefined) {
    const url = escapeHtml(oneLine(link.url));
    html.push(`<p><a href="${url}">${escapeHtml(oneLine(link.label))}</a></p>`, `<p>${url}</p>`);
  }
  return {
    subject: oneLine(subject),
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(oneLine(subject))}</title></head>\n<body>\n${html.join('\n')}\n</body></html>\n`,
  };
}

/** Line ends and other control characters become blanks: item 45. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** An instant for a person: `21 November 2026 at 13:34 CET (Europe/Berlin)`. */
export function shownInstant(at: Micros, timeZone: string | null): string {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      dateStyle: 'long',
      timeStyle: 'long',
      timeZone: timeZone ?? 'UTC',
    });
    const shown = format.format(new Date(at / 1000));
    return timeZone === null ? shown : `${shown} (${timeZone})`;
  } catch {
    return formatTimestamp(at); // a zone that this runtime does not know
  }
}

const happened = ({ at, address, timeZone }: Happened): string =>
  `on ${shownInstant(at, timeZone)}${address === null ? '' : `, from the address ${address}`}`;

/** To a new person. The password is told another way. */
export function accountInformation(account: {
  firstName: string;
  email: string;
  organization: string;
  passwordResetRequired: boolean;
  /** Where to sign in. */
  link: string;
}): Message {
  const { firstName, email, organization } = account;
  const next = account.passwordResetRequired ? ' You will be asked to choose a new one.' : '';
  return {
    purpose: 'account_information',
    subject: `Your account in ${organization}`,
    paragraphs: [
      `Hello ${firstName},`,
      `an account was created for you in the organization "${organization}". Sign in with your e-mail address, ${email}, and the password that you are given separately.${next}`,
    ],
    link: { url: account.link, label: 'Sign in' },
  };
}

export function invitation(
  invited: Reader & { firstName: string; organization: string; link: string; expiresAt: Micros },
): Message {
  return {
    purpose: 'invitation',
    subject: `You are invited to ${invited.organization}`,
    paragraphs: [
      `Hello ${invited.firstName},`,
      `an account was created for you in the organization "${invited.organization}". Follow the link to choose your password and sign in for the first time.`,
      `The link works once, until ${shownInstant(invited.expiresAt, invited.timeZone)}. Whoever has it can take the account: do not pass it on.`,
      'If you did not expect this, ignore this mail: nothing happens.',
    ],
    link: { url: invited.link, label: 'Choose your password' },
  };
}

export function passwordReset(asked: Reader & { link: string; expiresAt: Micros }): Message {
  return {
    purpose: 'password_reset',
    subject: 'Choose a new password',
    paragraphs: [
      'Somebody asked for a new password for your account. Follow the link to choose one.',
      `The link works once, until ${shownInstant(asked.expiresAt, asked.timeZone)}.`,
      'If that was not you, ignore this mail: your password stays as it is.',
    ],
    link: { url: asked.link, label: 'Choose a new password' },
  };
}

/** `by`: who changed it, where that was not its person. */
export function passwordChanged(change: Happened & { by: string | null }): Message {
  return {
    purpose: 'password_changed',
    subject: 'Your password was changed',
    paragraphs: [
      `The password of your account was changed ${happened(change)}${change.by === null ? '' : `, by ${change.by}`}.`,
      change.by === null
        ? 'If that was not you, ask for a new password at once and tell your administrator.'
        : 'If you did not expect this, tell your administrator.',
    ],
  };
}

/** After a sign-in that followed `count` failed ones. */
export function signInAfterFailures(signIn: Happened & { count: number }): Message {
  const attempts = signIn.count === 1 ? 'one failed attempt' : `${signIn.count} failed attempts`;
  return {
    purpose: 'sign_in_after_failures',
    subject: 'A sign-in after failed attempts',
    paragraphs: [`Somebody signed in to your account ${happened(signIn)}, after ${attempts}.`, NOT_YOU],
  };
}

/** When too many failed attempts make an account wait. */
export function accountThrottled(attempt: Happened & { count: number }): Message {
  return {
    purpose: 'account_throttled',
    subject: 'Many failed attempts to sign in to your account',
    paragraphs: [
      `There were ${attempt.count} failed attempts to sign in to your account, the last ${happened(attempt)}. Further attempts have to wait for a while.`,
      'If that was you, wait a while and try again, or ask for a new password. If not, there is nothing that you must do: nobody got in. Tell your administrator if it goes on.',
    ],
  };
}

/** When somebody who knows the password shows wrong second factors. */
export function factorGuessed(attempt: Happened & { count: number }): Message {
  return {
    purpose: 'second_factor_guessed',
    subject: 'Somebody knows your password and tries your second factor',
    paragraphs: [
      `There were ${attempt.count} failed attempts to show the second factor of your account, the last ${happened(attempt)}, by somebody who gave the right password.`,
      'If that was you, wait a while and try again. If not, nobody got in, but somebody knows your password: choose another one at once, and tell your administrator.',
    ],
  };
}

export function authenticatorReset(reset: Happened & { by: string }): Message {
  return {
    purpose: 'authenticator_reset',
    subject: 'Your second factor was reset',
    paragraphs: [
      `The second factor of your account was reset by ${reset.by} on ${shownInstant(reset.at, reset.timeZone)}. Authenticator app, passkeys and recovery codes do not work any more, and all sessions were ended.`,
      'If you did not ask for this, tell your administrator at once.',
    ],
  };
}

/** `what`: with its article: "an authenticator app", "the passkey "Phone"", "new recovery codes". */
export function authenticatorAdded(added: Happened & { what: string }): Message {
  return {
    purpose: 'authenticator_added',
    subject: 'A second factor was added to your account',
    paragraphs: [`Your account was given ${added.what} ${happened(added)}.`, NOT_YOU],
  };
}

export function authenticatorRemoved(removed: Happened & { what: string }): Message {
  return {
    purpose: 'authenticator_removed',
    subject: 'A second factor was removed from your account',
    paragraphs: [`Your account lost ${removed.what} ${happened(removed)}.`, NOT_YOU],
  };
}

/** To the new address. */
export function emailChangeConfirm(
  change: Reader & { newEmail: string; link: string; expiresAt: Micros },
): Message {
  return {
    purpose: 'email_change_confirm',
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      `Somebody asked to change the e-mail address of an account to ${change.newEmail}. Follow the link to confirm it; from then on you sign in with it.`,
      `The link works once, until ${shownInstant(change.expiresAt, change.timeZone)}.`,
      'If that was not you, ignore this mail: nothing changes.',
    ],
    link: { url: change.link, label: 'Confirm the e-mail address' },
  };
}

/** To the old address, when a change is asked for, and when it was confirmed. */
export function emailChanged(change: Happened & { newEmail: string; confirmed: boolean }): Message {
  const { newEmail, confirmed } = change;
  return {
    purpose: 'email_changed',
    subject: confirmed ? 'Your e-mail address was changed' : 'Your e-mail address is about to be changed',
    paragraphs: [
      confirmed
        ? `The e-mail address of your account was changed to ${newEmail} ${happened(change)}. You sign in with the new one from now on.`
        : `Somebody who is signed in to your account asked to change its e-mail address to ${newEmail}, ${happened(change)}. It changes once that address is confirmed.`,
      confirmed ? 'If that was not you, tell your administrator at once.' : NOT_YOU,
    ],
  };
}

export type ExpiringCredential = Reader & {
  /** Whose it is, as it is shown. */
  account: string;
  organization: string;
  /** "API key", "Secret Key", "token", "password". */
  what: string;
  /** Its last characters, where it has them. */
  hint: string | null;
  expiresAt: Micros;
};

const named = ({ what, hint, account, organization }: ExpiringCredential): string =>
  `the ${what}${hint === null ? '' : ` that ends with "${hint}"`} of ${account} in the organization "${organization}"`;

export function keyExpiring(key: ExpiringCredential & { days: number }): Message {
  return {
    purpose: 'key_expiring',
    subject: `The ${key.what} of ${key.account} expires ${within(key.days)}`,
    paragraphs: [
      `On ${shownInstant(key.expiresAt, key.timeZone)}, ${named(key)} expires. From then on it is refused.`,
      'Replace it before then, with an overlap in which both work, and give the new one to whatever uses the old one.',
    ],
  };
}

export function keyExpired(key: ExpiringCredential): Message {
  return {
    purpose: 'key_expired',
    subject: `The ${key.what} of ${key.account} has expired`,
    paragraphs: [
      `On ${shownInstant(key.expiresAt, key.timeZone)}, ${named(key)} expired. It is refused now.`,
      'If it is still needed, make a new one and give it to whatever used the old one.',
    ],
  };
}

export type ExpiringAccount = Reader & { account: string; organization: string; expiresAt: Micros };

export function accountExpiring(expiring: ExpiringAccount & { days: number }): Message {
  const { account, organization, expiresAt, timeZone, days } = expiring;
  return {
    purpose: 'account_expiring',
    subject: `The account ${account} expires ${within(days)}`,
    paragraphs: [
      `On ${shownInstant(expiresAt, timeZone)}, the account ${account} in the organization "${organization}" expires. From then on nothing can sign in with it.`,
      'If it is needed for longer, an administrator of the organization can give it a later end.',
    ],
  };
}

export function accountExpired({ account, organization, expiresAt, timeZone }: ExpiringAccount): Message {
  return {
    purpose: 'account_expired',
    subject: `The account ${account} has expired`,
    paragraphs: [
      `On ${shownInstant(expiresAt, timeZone)}, the account ${account} in the organization "${organization}" expired. Nothing can sign in with it now.`,
      'If it is still needed, an administrator of the organization can give it a later end.',
    ],
  };
}

const within = (days: number): string => (days <= 1 ? 'within a day' : `within ${days} days`);

export function testMessage(base: string): Message {
  return {
    purpose: 'test',
    subject: 'Taxiway can send mail',
    paragraphs: [`This is a test: the instance ${base} can send mail with its settings.`],
  };
}
