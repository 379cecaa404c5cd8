import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import { generate } from 'selfsigned';
import { SMTPServer } from 'smtp-server';
import type { SettingName } from '../../contract/settings.ts';
import { setSettings } from '../features/settings/settings.service.ts';
import type { TestApp } from './test-app.ts';

export type ReceivedMail = {
  from: string;
  to: string[];
  /** As it came over the line. */
  raw: string;
  parsed: Email;
  /** Who had signed in at the server. */
  user: string | undefined;
  encrypted: boolean;
};

/** What the server does with the mails that come; it takes them unless told. */
type Behaviour = {
  refuseSender?: string;
  refuseRecipient?: string;
  refuseMail?: string;
  /** The connection is closed when the mail is there, before it is acknowledged: the client cannot know. */
  dropsAfterMail?: boolean;
  /** It says nothing any more after the mail has come. */
  hangsAfterMail?: boolean;
};

export type MailServerOptions = {
  security?: 'none' | 'starttls' | 'tls';
  user?: { name: string; password: string };
  certificate?: TestCertificate;
};

export type TestCertificate = { key: string; cert: string };

/** An SMTP server on loopback that keeps what it is sent. */
export type TestMailServer = {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** Mails that came so far, also those that were not taken. */
  readonly seen: { count: number };
  behave: Behaviour;
  /** Resolves when so many mails have been taken. */
  receives(count: number): Promise<void>;
  close(): Promise<void>;
};

export async function startMailServer(options: MailServerOptions = {}): Promise<TestMailServer> {
  const { security = 'none', user, certificate } = options;
  const received: ReceivedMail[] = [];
  const seen = { count: 0 };
  const held = new Set<() => void>();
  const server = new SMTPServer({
    secure: security === 'tls',
    ...(certificate ?? {}),
    authOptional: user === undefined,
    allowInsecureAuth: security === 'none',
    disabledCommands: [
      ...(security === 'starttls' ? [] : ['STARTTLS']),
      ...(user === undefined ? ['AUTH'] : []),
    ],
    disableReverseLookup: true,
    onAuth(auth, _session, done) {
      if (auth.username === user?.name && auth.password === user?.password) done(null, { user: user?.name });
      else done(refusal(535, `Authentication of ${auth.username} with ${auth.password} failed`));
    },
    onMailFrom(_address, _session, done) {
      done(refusalOf(behaviour().refuseSender));
    },
    onRcptTo(_address, _session, done) {
      done(refusalOf(behaviour().refuseRecipient));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void (async () => {
          seen.count++;
          const { refuseMail, dropsAfterMail, hangsAfterMail } = behaviour();
          if (hangsAfterMail === true) {
            held.add(() => done());
            return;
          }
          if (refuseMail !== undefined) {
            done(refusalOf(refuseMail));
            return;
          }
          const raw = Buffer.concat(chunks);
          received.push({
            from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
            to: session.envelope.rcptTo.map(({ address }) => address),
            raw: raw.toString('utf8'),
            parsed: await PostalMime.parse(raw),
            user: session.user,
            encrypted: session.secure,
          });
          if (dropsAfterMail === true) {
            for (const connection of server.connections)
              Reflect.get(Object(connection), '_socket')?.destroy();
            return;
          }
          done();
        })();
      });
    },
  });
  // A client that breaks off is what some tests are about.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const test: TestMailServer = {
    port,
    received,
    seen,
    behave: {},
    async receives(count) {
      while (received.length < count) await sleep(20);
    },
    async close() {
      for (const end of held) end();
      for (const connection of server.connections) Reflect.get(Object(connection), '_socket')?.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const behaviour = () => test.behave;
  return test;
}

/** `code text`, as a server answers. */
function refusalOf(answer: string | undefined): Error | null {
  if (answer === undefined) return null;
  const [code = '', ...words] = answer.split(' ');
  return refusal(Number(code), words.join(' '));
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** A self-signed certificate for localhost. */
export async function testCertificate(name = 'localhost'): Promise<TestCertificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { key: made.private, cert: made.cert };
}

/** Lets an app send its mails over the server. */
export async function useMailServer(
  app: TestApp,
  { port }: Pick<TestMailServer, 'port'>,
  others: Partial<Record<SettingName, string>> = {},
): Promise<void> {
  const settings = {
    mailServerHost: '127.0.0.1',
    mailServerPort: port,
    mailServerSecurity: 'none',
    mailFrom: 'Taxiway <taxiway@example.org>',
    ...others,
  };
  await setSettings(app, app.operator, {
    settings: Object.entries(settings).map(([name, value]) => ({ name, value })),
  });
}
