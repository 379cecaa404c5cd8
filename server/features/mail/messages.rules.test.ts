import { describe, expect, it } from 'vitest';
import {
  accountExpired,
  accountExpiring,
  accountInformation,
  accountThrottled,
  authenticatorAdded,
  authenticatorRemoved,
  authenticatorReset,
  emailChangeConfirm,
  emailChanged,
  factorGuessed,
  invitation,
  keyExpired,
  keyExpiring,
  type Message,
  passwordChanged,
  passwordReset,
  renderMail,
  shownInstant,
  signInAfterFailures,
  testMessage,
} from './messages.rules.ts';

const at = Date.parse('2026-07-01T12:34:56Z') * 1000;
const EVIL = `<img src=x onerror=alert(1)> "&'\r\nBcc: everybody@example.org\r\n\r\n<script>`;
const happened = { at, address: '192.0.2.7', timeZone: 'Europe/Berlin' };
const link = 'https://intel.example.org/link#secret-token';
const ends = { expiresAt: at, timeZone: 'Europe/Berlin' };

/** Every message of the product, with a name in it that is meant to do harm. */
const MESSAGES: Record<string, Message> = {
  accountInformation: accountInformation({
    firstName: EVIL,
    email: 'ana@example.org',
    organization: EVIL,
    passwordResetRequired: true,
    link,
  }),
  invitation: invitation({ ...ends, firstName: EVIL, organization: EVIL, link }),
  passwordReset: passwordReset({ ...ends, link }),
  passwordChanged: passwordChanged({ ...happened, by: EVIL }),
  passwordChangedByOneself: passwordChanged({ ...happened, by: null }),
  signInAfterFailures: signInAfterFailures({ ...happened, count: 3 }),
  accountThrottled: accountThrottled({ ...happened, count: 12 }),
  factorGuessed: factorGuessed({ ...happened, count: 6 }),
  authenticatorReset: authenticatorReset({ ...happened, by: EVIL }),
  authenticatorAdded: authenticatorAdded({ ...happened, what: `the passkey "${EVIL}"` }),
  authenticatorRemoved: authenticatorRemoved({ ...happened, what: `the passkey "${EVIL}"` }),
  emailChangeConfirm: emailChangeConfirm({ ...ends, newEmail: 'new@example.org', link }),
  emailChanged: emailChanged({ ...happened, newEmail: 'new@example.org', confirmed: true }),
  emailChangeAsked: emailChanged({ ...happened, newEmail: 'new@example.org', confirmed: false }),
  keyExpiring: keyExpiring({
    ...ends,
    account: EVIL,
    organization: EVIL,
    what: 'API key',
    hint: 'abcd',
    days: 7,
  }),
  keyExpired: keyExpired({ ...ends, account: EVIL, organization: EVIL, what: 'token', hint: null }),
  accountExpiring: accountExpiring({ ...ends, account: EVIL, organization: EVIL, days: 1 }),
  accountExpired: accountExpired({ ...ends, account: EVIL, organization: EVIL }),
  test: testMessage('https://intel.example.org'),
};

describe.each(Object.entries(MESSAGES))('the mail %s', (_name, message) => {
  const { subject, text, html } = renderMail(message);

  it('items 45 and 72: holds names as text: nothing in them ends a line of the header, begins a paragraph, or is markup', () => {
    expect(subject).toMatch(/^[^\x00-\x1f\x7f]+$/);
    expect(text.trimEnd().split('\n\n')).toHaveLength(
      message.paragraphs.length + (message.link === undefined ? 0 : 2),
    );
    expect(text).toMatch(/^[^\x00-\x09\x0b-\x1f\x7f]+$/);
    const tags = [...html.matchAll(/<\/?([a-z!]+)/g)].map(([, tag]) => tag);
    expect(new Set(tags)).toEqual(
      new Set([
        '!doctype',
        'html',
        'head',
        'meta',
        'title',
        'body',
        'p',
        ...(message.link === undefined ? [] : ['a']),
      ]),
    );
    expect(html.replaceAll(/<[^>]+>/g, '')).not.toMatch(/[<>"]/);
  });

  it('says the same as text and as HTML', () => {
    const words = (part: string) =>
      part
        .replace(/<head>.*<\/head>/s, '')
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
        .replaceAll(/[\s:]+/g, ' ')
        .trim();
    expect(words(html)).toBe(text.replaceAll(/[\s:]+/g, ' ').trim());
    expect(subject.length).toBeGreaterThan(5);
  });

  it('has the link whole, where there is one', () => {
    if (message.link === undefined) return;
    expect(text).toContain(`\n\n${message.link.url}\n`);
    expect(html).toContain(`href="${message.link.url}"`);
  });
});

describe('what mails say', () => {
  it('instants are in the zone of the reader, with its name; in UTC where none is known', () => {
    expect(shownInstant(at, 'Europe/Berlin')).toBe('1 July 2026 at 14:34:56 CEST (Europe/Berlin)');
    expect(shownInstant(at, 'Asia/Kolkata')).toMatch(/^1 July 2026 at 18:04:56 .*\(Asia\/Kolkata\)$/);
    expect(shownInstant(at, null)).toBe('1 July 2026 at 12:34:56 UTC');
    expect(shownInstant(at, 'Nowhere/Known')).toBe('2026-07-01T12:34:56.000000Z');
  });

  it('security notices tell what, when, from where, and what to do', () => {
    const { text } = renderMail(signInAfterFailures({ ...happened, count: 3 }));
    expect(text).toContain('on 1 July 2026 at 14:34:56 CEST (Europe/Berlin), from the address 192.0.2.7');
    expect(text).toContain('after 3 failed attempts');
    expect(text).toContain('If that was not you');
  });

  it('account information has no password, and says that a new one is asked for only where it is', () => {
    const account = { firstName: 'Ana', email: 'ana@example.org', organization: 'Acme', link };
    expect(renderMail(accountInformation({ ...account, passwordResetRequired: true })).text).toContain(
      'asked to choose a new one',
    );
    expect(renderMail(accountInformation({ ...account, passwordResetRequired: false })).text).not.toContain(
      'asked to choose a new one',
    );
  });
});
