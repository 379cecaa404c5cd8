import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../csv.ts';
import { openCommandLine } from '../testing/command-line.ts';

const { file, taxiway, answerOf } = openCommandLine();
const CSV =
  'kind,userName,firstName,lastName,organizationRole\r\nuser,jane@example.org,Jane,Doe,Standard User\r\ntaxii,siem,,,\r\n';

describe('an account that somebody else may have', () => {
  const who = 'lost@example.org';
  const form = ['--organization', 'Lost', '--organization-role', 'Standard User'];
  beforeAll(async () => {
    await answerOf('organization', 'create', 'Lost');
    await answerOf('user', 'create', who, ...form, '--first-name', 'L', '--last-name', 'O');
  });

  it('is locked down with a reason, and what lets it back in is told', async () => {
    const { code, err } = await taxiway(['account', 'lockdown', who]);
    expect(code).toBe(2);
    expect(err).toContain('--reason');
    const done = await taxiway(['account', 'lockdown', who.toUpperCase(), '--reason', 'laptop stolen']);
    expect(done.code).toBe(0);
    expect(done.out).toBe(
      [
        `The user "${who}" is locked down: it is disabled.`,
        'This has ended:',
        '  - password',
        'To let it back in:',
        `  taxiway user enable ${who}`,
        `  taxiway account password-reset ${who}`,
        '',
      ].join('\n'),
    );
    for (const line of done.out.split('\n').slice(-3, -1))
      expect((await taxiway(line.trim().split(' ').slice(1))).code).toBe(0);
    const about = (await answerOf('audit', 'list', '--about', who)) as { events: { action: string }[] };
    expect(about.events.map(({ action }) => action)).toEqual([
      'account.sendPasswordReset',
      'account.enable',
      'account.lockdown',
      'user.create',
    ]);
    expect(await taxiway(['audit', 'list', '--about', 'nobody'])).toMatchObject({ code: 1 });
    expect(
      await taxiway(['account', 'lockdown', who, '--reason', 'again', '--if-version', '1', '--json']),
    ).toMatchObject({ code: 1, err: expect.stringContaining('stale') as string });
  });

  it('is shown with since when, by whom and why it is out of use, and no advice that would be refused', async () => {
    const invited = 'never-came@example.org';
    await answerOf('user', 'create', invited, ...form, '--first-name', 'N', '--last-name', 'C', '--invite');
    await answerOf('account', 'lockdown', invited, '--reason', 'left\n  System role  User\u202e');
    const { out } = await taxiway(['user', 'show', invited]);
    expect(out).toMatch(
      /\n {2}Status +Disabled by a lockdown\.\n {2}Since +\d{4}-[^\n]+Z\n {2}By +operator \(/,
    );
    expect(out).toMatch(/\n {2}Reason given +left System role User\ufffd\n/);
    expect(out).toMatch(/\n {2}Invitation +its link has expired or was ended\n/);
    await answerOf('user', 'enable', invited);
    const enabled = await taxiway(['user', 'show', invited]);
    expect(enabled.out).not.toMatch(/Since|Reason given/);
    expect(enabled.out).toContain(`was ended: taxiway account invite ${invited}\n`);
  });
});

describe('many accounts on the command line', () => {
  const acme = ['--organization', 'Acme Power'];
  beforeAll(async () => {
    await answerOf('organization', 'create', 'Acme Power');
    writeFileSync(file('people.csv'), CSV);
  });

  it('are tried first: the dry run tells of every row and of the seats, and changes nothing', async () => {
    const { code, out } = await taxiway(['account', 'import', file('people.csv'), ...acme, '--dry-run']);
    expect(code).toBe(0);
    expect(out).toContain('2 rows for "Acme Power": 2 to create');
    expect(out).toMatch(/2 +2 +user +jane@example.org +create/);
    expect(out).toContain('Seats of TAXII users: takes 1; 5 of 5 are left in the organization');
    expect(out).not.toContain('password');
  });

  it('are refused together, with what is wrong with each row, and the command ends with 1', async () => {
    const csv = `${CSV}king,x,,,\r\ntaxii,s2,Siem,,\r\n`;
    for (const extra of [[], ['--dry-run']]) {
      const { code, out, err } = await taxiway(['account', 'import', '-', ...acme, ...extra], csv);
      expect(code).toBe(1);
      expect(out).toMatch(/4 +4 +x +error +kind: must be one of: user, read_only, api, taxii/);
      expect(out).toMatch(/5 +5 +taxii +s2 +error +firstName: is fixed or does not exist/);
      expect(err).toMatch(/^taxiway: .*refused/);
    }
    const failed = await taxiway(['account', 'import', '-', ...acme, '--json'], csv);
    expect(JSON.parse(failed.out)).toMatchObject({ refused: true, counts: { error: 2 } });
    expect(JSON.parse(failed.err)).toMatchObject({ error: { code: 'unprocessable' } });
    expect(failed.err).not.toContain('"rows"');
  });

  it('are imported; what is generated goes to a file of its own, or is printed once', async () => {
    const secrets = file('secrets.csv');
    const args = ['account', 'import', file('people.csv'), ...acme];
    const { code, out } = await taxiway([...args, '--secrets', secrets]);
    expect(code).toBe(0);
    expect(out).toContain('Imported 2 rows into "Acme Power": 2 created');
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const [heading, jane] = parseCsv(readFileSync(secrets, 'utf8')).map(({ cells }) => cells);
    expect(heading?.slice(0, 3)).toEqual(['kind', 'userName', 'password']);
    expect(jane?.slice(0, 2)).toEqual(['user', 'jane@example.org']);
    expect(jane?.[2]).toMatch(/^[\w-]{32}$/);
    expect(out).not.toContain(jane?.[2]);
    expect((await taxiway([...args, '--secrets', secrets])).err).toContain(
      'exists already, and is not replaced',
    );
    expect((await taxiway(args)).out).toContain('0 created, 0 edited, 2 unchanged');
    const printed = await taxiway(['account', 'import', '-', ...acme], 'kind,userName\ntaxii,printed\n');
    expect(printed.out).toMatch(
      /Generated, and shown this once:\n\n.*,invitation\ntaxii,printed,[\w-]{32},,,,\n/,
    );
  });

  it('are exported as an import takes them, or as JSON', async () => {
    const { out } = await taxiway(['account', 'export', ...acme]);
    expect(out.startsWith('kind,userName,firstName')).toBe(true);
    const again = await taxiway(['account', 'import', '-', ...acme], out);
    expect(again.out).toContain('0 created, 0 edited, 3 unchanged');
    const json = await taxiway(['account', 'export', ...acme, '--format', 'json', '--kind', 'taxii']);
    expect((JSON.parse(json.out) as { userName: string }[]).map(({ userName }) => userName)).toEqual([
      'printed',
      'siem',
    ]);
    const target = file('out.csv');
    expect((await answerOf('account', 'export', ...acme, '--output', target)).octets).toBe(
      statSync(target).size,
    );
  });

  it('a file that cannot be read, or is not UTF-8, is said to be so', async () => {
    writeFileSync(file('latin.csv'), Buffer.from('kind,userName\ntaxii,m\xfcnchen\n', 'latin1'));
    expect(await taxiway(['account', 'import', file('latin.csv'), ...acme])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not UTF-8'),
    });
    expect((await taxiway(['account', 'import', file('none.csv'), ...acme])).err).toContain('ENOENT');
  });

  it('--as a Standard User may do neither', async () => {
    const as = ['--as', 'jane@example.org'];
    const imported = await taxiway(['account', 'import', file('people.csv'), ...acme, ...as]);
    expect(imported).toMatchObject({ code: 1, err: expect.stringContaining('account.create') });
    const exported = await taxiway(['account', 'export', ...acme, ...as]);
    expect(exported).toMatchObject({ code: 1, out: '', err: expect.stringContaining('account.view') });
  });
});
