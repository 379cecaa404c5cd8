import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type MailServerOptions,
  startMailServer,
  type TestCertificate,
  type TestMailServer,
  testCertificate,
} from '../../testing/mail-server.ts';
import { nextAttempt } from './delivery.rules.ts';
import { deliver, type MailServer } from './delivery.ts';

const PASSWORD = 'canary of a mail password';
const USER = { name: 'taxiway', password: PASSWORD };
const MAIL = {
  subject: 'A test',
  text: 'A test.\n',
  html: '<p>A test.</p>',
  to: 'ana@example.org',
  messageId: '<taxiway.1.1@example.org>',
  writtenAt: Date.parse('2026-07-01T12:34:56Z') * 1000,
};

describe('handing a mail to the server', () => {
  let trusted: TestCertificate;
  let strange: TestCertificate;
  let mails: TestMailServer;
  beforeAll(async () => {
    trusted = await testCertificate();
    strange = await testCertificate();
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), trusted.cert]);
  });
  afterEach(async () => await mails?.close());

  const to = (changes: Partial<MailServer> = {}): MailServer => ({
    host: 'localhost',
    port: mails.port,
    security: 'none',
    user: '',
    password: '',
    from: { name: 'Taxiway', address: 'taxiway@example.org' },
    replyTo: '',
    ...changes,
  });
  const start = async (options: MailServerOptions = {}) => {
    mails = await startMailServer(options);
  };
  const patience = { connectionMs: 300, silenceMs: 300, totalMs: 600 };

  it.each(['starttls', 'tls'] as const)(
    'is encrypted with %s, and signs in with user name and password',
    async (security) => {
      await start({ security, user: USER, certificate: trusted });
      const outcome = await deliver(to({ security, user: USER.name, password: PASSWORD }), MAIL);
      expect(outcome).toEqual({ answer: expect.stringContaining('250') });
      expect(mails.received).toMatchObject([{ user: USER.name, encrypted: true }]);
    },
  );

  it.each(['starttls', 'tls'] as const)(
    'is refused with %s where nobody vouches for the certificate, before anything is told',
    async (security) => {
      await start({ security, user: USER, certificate: strange });
      const outcome = await deliver(to({ security, user: USER.name, password: PASSWORD }), MAIL);
      expect(outcome).toMatchObject({ permanent: false, error: expect.stringMatching(/certificate/) });
      expect(mails.seen.count).toBe(0);
    },
  );

  it.each(['starttls', 'tls'] as const)(
    'is refused with %s where the certificate is that of another host',
    async (security) => {
      await start({ security, certificate: trusted });
      const outcome = await deliver(to({ host: '127.0.0.1', security }), MAIL);
      expect(outcome).toMatchObject({ error: expect.stringMatching(/altnames|certificate/) });
      expect(mails.seen.count).toBe(0);
    },
  );

  it('is not unencrypted with a server that offers no encryption, where encryption is wanted', async () => {
    await start({ security: 'none' });
    expect(await deliver(to({ security: 'starttls' }), MAIL)).toMatchObject({
      error: expect.stringContaining('could not be encrypted'),
    });
    expect(await deliver(to({ security: 'tls' }), MAIL)).toMatchObject({ permanent: false });
    expect(mails.seen.count).toBe(0);
  });

  it('sends no password unencrypted, except to this machine', async () => {
    await start({ user: USER });
    const wanted = { user: USER.name, password: PASSWORD };
    expect(await deliver(to({ ...wanted, host: 'mail.example.org' }), MAIL)).toMatchObject({
      error: expect.stringContaining('A password is not sent unencrypted'),
    });
    expect(await deliver(to(wanted), MAIL)).toHaveProperty('answer');
  });

  it('a wrong password is told in plain words, without what the server says, which may repeat it', async () => {
    await start({ user: USER });
    const outcome = await deliver(to({ user: USER.name, password: `${PASSWORD} typed wrong` }), MAIL);
    expect(outcome).toEqual({
      error: 'The mail server refused the user name or the password (535), or offers no way to sign in.',
      permanent: false,
    });
  });

  it('a password that the master key does not open is told, and nothing is tried', async () => {
    await start();
    expect(await deliver(to({ password: undefined }), MAIL)).toMatchObject({
      error: expect.stringContaining('set mailServerPassword anew'),
    });
    expect(mails.seen.count).toBe(0);
  });

  it('answers go to another address where that is wanted', async () => {
    await start();
    await deliver(to({ replyTo: 'help@example.org' }), MAIL);
    expect(mails.received[0]?.parsed.replyTo).toEqual([{ name: '', address: 'help@example.org' }]);
  });

  it.each([
    [{ refuseSender: '550 not you' }, 'The mail server refused the sender (mailFrom): 550 not you', false],
    [{ refuseRecipient: '550 nobody' }, 'The mail server refused the recipient: 550 nobody', true],
    [{ refuseRecipient: '450 later' }, 'The mail server refused the recipient: 450 later', false],
    [{ refuseMail: '554 spam' }, 'The mail server refused the mail: 554 spam', false],
  ])('a server that behaves as %j is told of as %j', async (behaviour, error, permanent) => {
    await start();
    mails.behave = behaviour;
    expect(await deliver(to(), MAIL)).toEqual({ error, permanent });
  });

  it('ends with a server that takes a mail and says nothing more, also with one that dribbles', async () => {
    await start();
    mails.behave = { hangsAfterMail: true };
    expect(await deliver(to(), MAIL, undefined, patience)).toEqual({
      error: `The mail server at localhost, port ${mails.port} did not answer in time.`,
      permanent: false,
    });
    const dribbling = await listenWith((socket) => {
      socket.write('220 hello\r\n');
      const drip = setInterval(() => socket.write('250-and so on\r\n'), 50);
      socket.on('close', () => clearInterval(drip)).on('error', () => undefined);
    });
    const { port } = dribbling.address() as AddressInfo;
    expect(await deliver(to({ host: '127.0.0.1', port }), MAIL, undefined, patience)).toMatchObject({
      error: expect.stringContaining('did not answer in time'),
    });
    dribbling.close();
  });

  it('ends with what accepts connections and never greets, and with what is no mail server', async () => {
    await start();
    const silent = await listenWith(() => undefined);
    const other = await listenWith((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const portOf = (server: Server) => (server.address() as AddressInfo).port;
    const host = '127.0.0.1';
    expect(await deliver(to({ host, port: portOf(silent) }), MAIL, undefined, patience)).toMatchObject({
      error: expect.stringContaining('did not answer in time'),
    });
    expect(await deliver(to({ host, port: portOf(other) }), MAIL, undefined, patience)).toMatchObject({
      error: expect.stringMatching(/is not a mail server that is ready: HTTP\/1\.1 400 Bad Request$/),
    });
    silent.close();
    other.close();
  });

  it('a host whose name nobody knows is told by name', async () => {
    await start();
    const outcome = await deliver(to({ host: 'mail.invalid' }), MAIL, undefined, patience);
    expect(outcome).toMatchObject({ permanent: false, error: expect.stringContaining('mail.invalid') });
  });
});

async function listenWith(serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('the pause before a mail is tried again', () => {
  it('never ends before it begins, and there is none after three days', () => {
    const hour = 3_600_000_000;
    for (let attempts = 1; attempts < 200; attempts++) {
      const next = nextAttempt(0, hour, attempts) ?? 0;
      expect(next).toBeGreaterThan(hour);
      expect(next).toBeLessThanOrEqual(5 * hour);
    }
    expect(nextAttempt(0, 72 * hour, 1)).toBeUndefined();
    expect(nextAttempt(0, 72 * hour - 1, 1)).toBeDefined();
  });
});
