import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';
import { startMailServer, type TestMailServer } from '../testing/mail-server.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });
const PASSWORD = 'canary of a mail password';
let mails: TestMailServer;

beforeAll(async () => {
  mails = await startMailServer({ user: { name: 'taxiway', password: PASSWORD } });
}, 60_000);
afterAll(async () => await mails.close());

it('mail is set up, tested and listed on the command line, the password given on standard input and never shown', async () => {
  const fresh = await taxiway(['doctor']);
  expect(fresh.out).toContain('there is no');
  expect((await taxiway(['mail', 'test', 'ana@example.org'])).err).toContain('Mail is not configured');
  for (const [name = '', value = ''] of [
    ['mailServerHost', '127.0.0.1'],
    ['mailServerPort', String(mails.port)],
    ['mailServerSecurity', 'none'],
    ['mailServerUser', 'taxiway'],
    ['mailFrom', 'Taxiway <taxiway@example.org>'],
  ])
    expect((await taxiway(['settings', 'set', name, value])).err).toBe('');

  const typed = await taxiway(['settings', 'set', 'mailServerPassword', PASSWORD]);
  expect([typed.code, typed.err]).toEqual([
    2,
    'taxiway: mailServerPassword: is a secret: leave the value out, and give it on standard input\n',
  ]);
  expect((await taxiway(['mail', 'test', 'ana@example.org'])).err).toContain('refused the user name');

  const set = await taxiway(['settings', 'set', 'mailServerPassword'], `${PASSWORD}\n`);
  expect([set.code, set.out.split('\n')[0]]).toEqual([0, 'mailServerPassword is set, and not shown.']);
  const list = await taxiway(['settings', 'list']);
  expect(list.out).toMatch(/^mailServerPassword +\(set\) +now$/m);
  for (const { out, err } of [set, list, await taxiway(['audit', 'list', '--json'])])
    expect(out + err).not.toContain('canary');

  const tested = await taxiway(['mail', 'test', 'ana@example.org']);
  expect([tested.code, tested.err]).toEqual([0, '']);
  expect(mails.received).toMatchObject([{ to: ['ana@example.org'], user: 'taxiway' }]);

  await answerOf('organization', 'create', 'Acme Power');
  const created = await taxiway([
    ...['user', 'create', 'ben@example.org', '--organization', 'Acme Power'],
    ...['--first-name', 'Ben', '--last-name', 'Byron', '--organization-role', 'Standard User'],
  ]);
  expect(created.out + created.err).toContain('A mail is on its way to ben@example.org.');
  expect((await taxiway(['mail', 'list', '--state', 'waiting'])).out).toMatch(
    /^ID +CREATED +STATE .*\n1 +\S+ +waiting +account_information +ben@example\.org +0 +\S+Z\s*$/,
  );
  expect((await taxiway(['mail', 'retry', '1'])).out).toContain(
    'The mail to ben@example.org is tried again.',
  );
  expect((await taxiway(['doctor'])).out).toContain('configured, and no mail of the last 30 days failed');
}, 120_000);
