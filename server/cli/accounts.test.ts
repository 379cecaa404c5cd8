import { beforeAll, describe, expect, it } from 'vitest';
import { accountDetails, accountItem } from '../../contract/accounts.ts';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });

const ADMIN = 'admin@example.org';
const STANDARD = 'standard@example.org';
const ACME = ['--organization', 'Acme Power'];

/** The least that the form of a person needs. */
const person = (role?: string) => [
  ...ACME,
  ...['--first-name', 'Some', '--last-name', 'Body'],
  ...(role === undefined ? [] : ['--organization-role', role]),
];

type Item = {
  userName: string;
  id: number;
  version: number;
  status: { state: string };
  credentials: { id: number; kind: string }[];
};

const show = async (command: string, name: string) => (await answerOf(command, 'show', name)) as Item;

async function refusal(...args: string[]): Promise<{ code: string; message: string }> {
  const { code, out, err } = await taxiway([...args, '--json']);
  expect(out).toBe('');
  const { error } = JSON.parse(err) as { error: { code: string; message: string } };
  expect(code).toBe(error.code === 'invalid_input' ? 2 : 1);
  return error;
}

beforeAll(async () => {
  await answerOf('administrator', 'create', '--email', 'root@example.org', '--organization', 'Home');
  await answerOf('organization', 'create', 'Acme Power', '--taxii-users', '3');
  await answerOf('source', 'create', 'Daily Feed');
  await answerOf(
    ...['member', 'add', 'Daily Feed', '--organization', 'Acme Power', '--default-role', 'User'],
  );
  await answerOf('group', 'create', 'Analysts', ...ACME);
  await answerOf('user', 'create', ADMIN, ...person('Organization Administrator'));
  await answerOf('user', 'create', STANDARD, ...person('Standard User'));
}, 60_000);

describe('taxiway user', () => {
  const name = 'jane@example.org';

  it('is created by an Organization Administrator with every field of the form, and not by a Standard User', async () => {
    const create = ['user', 'create', name, ...person('Standard User')];
    expect(await refusal(...create, '--as', STANDARD)).toMatchObject({ permission: 'account.create' });
    const { code, out } = await taxiway([
      ...create,
      ...['--group', 'Analysts', '--time-zone', 'Europe/Berlin', '--log-out-after-minutes', '30'],
      ...['--summary-email-time', '08:30', '--expires', '2036-01-31', '--mfa-reset-required'],
      ...['--no-password-reset-required', '--as', ADMIN],
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Created the user "jane@example\.org" of "Acme Power"\.\n/);
    expect(out).toMatch(/ {2}Expires +2036-01-31T00:00:00Z\n {2}Password +\S{32} {2}\(shown this once\)\n/);
    expect(out).toMatch(
      /No mail was sent: pass this on to jane@example\.org.*\n\n {2}Your account in Acme Power\n/,
    );
    expect(await answerOf('user', 'show', name)).toMatchObject({
      kind: 'user',
      organizationRole: 'Standard User',
      groups: [{ name: 'Analysts' }],
      timeZone: 'Europe/Berlin',
      logOutAfterMinutes: 30,
      summaryEmailTime: '08:30',
      expiresAt: '2036-01-31T00:00:00.000000Z',
      mfaResetRequired: true,
      passwordResetRequired: false,
    });
  });

  it('takes a typed password, which nothing prints', async () => {
    const password = 'a canary in the coal mine';
    const args = ['user', 'create', 'typed@example.org', ...person('Standard User'), '--password-stdin'];
    const { code, out } = await taxiway([...args, '--no-send-account-info-email'], `${password}\n`);
    expect(code).toBe(0);
    expect(out).toMatch(/^Created the user .*\n {2}Organization role +Standard User\n {2}Pseudonym +\S+\n$/);
    const weak = await taxiway([...args, '--json'], 'a shorter one\n');
    expect(weak.code).toBe(2);
    expect(JSON.parse(weak.err)).toMatchObject({ error: { problems: [{ path: 'password' }] } });
  });

  it('is refused with every problem at once, in terms of the options', async () => {
    const { code, out, err } = await taxiway([
      ...['user', 'create', 'no address', '--first-name', '', '--log-out-after-minutes', 'x'],
      ...['--time-zone', 'Mars/Phobos', '--expires', 'soon'],
    ]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^taxiway: [^\n]+\n$/);
    for (const problem of [
      'email: must be an e-mail address',
      '--organization: is missing',
      '--last-name: is missing',
      '--first-name: must not be empty',
      '--log-out-after-minutes: must be a whole number from 1 to 1440',
      '--time-zone: must be an IANA time zone',
      '--expires-at: must be an instant',
    ])
      expect(err).toContain(problem);
  });

  it('is edited in every field or none; what may be empty is cleared; a stale edit is refused', async () => {
    const edit = ['user', 'edit', name];
    await answerOf(...edit, '--first-name', 'Jane', '--no-groups', '--no-time-zone', '--expires', 'never');
    const { version } = await show('user', name);
    expect(await answerOf('user', 'show', name)).toMatchObject({
      firstName: 'Jane',
      groups: [],
      timeZone: null,
      expiresAt: null,
      logOutAfterMinutes: 30,
    });
    const stale = await refusal(...edit, '--last-name', 'Doe', '--if-version', String(version - 1));
    expect(stale).toMatchObject({ code: 'stale', version });
    // Reserved to Administrators and Operations Administrators.
    const reserved = ['--last-name', 'Doe', '--system-role', 'Super User', '--custom-tql-timeout-ms', '500'];
    const refused = await refusal(...edit, ...reserved, '--as', ADMIN);
    expect(refused).toMatchObject({
      code: 'forbidden',
      problems: [{ path: '--system-role' }, { path: '--custom-tql-timeout-ms' }],
    });
    expect(await show('user', name)).toMatchObject({ lastName: 'Body', version });
    expect(await refusal(...edit)).toMatchObject({ code: 'invalid_input' });
  });

  it('previews an edit without making it, and prints what followed when it is made', async () => {
    const options = [name, '--system-role', 'Super User'];
    const before = await show('user', name);
    const previewed = await taxiway(['user', 'preview', ...options]);
    expect(previewed.out).toMatch(
      /^It can be done\. This follows from it:\n {2}- Its Organization role becomes Organization Administrator, because /,
    );
    expect((await show('user', name)).version).toBe(before.version);
    expect((await taxiway(['user', 'preview', ...options, '--as', ADMIN])).code).toBe(1);
    const edited = await taxiway(['user', 'edit', ...options]);
    expect(edited.out).toContain('  - Its Organization role becomes Organization Administrator, because ');
    await answerOf('user', 'edit', name, '--system-role', 'User', '--organization-role', 'Standard User');
  });

  it('is locked, unlocked, disabled and enabled by who administers it, and not by itself or a Standard User', async () => {
    const state = async () => (await show('user', name)).status.state;
    const change = (command: string) => answerOf('user', command, name, '--as', ADMIN);
    expect(await change('lock')).toMatchObject({ userName: name, done: 'lock' });
    expect(await state()).toBe('locked');
    await change('unlock');
    await change('disable');
    expect(await state()).toBe('disabled');
    await change('enable');
    expect(await state()).toBe('active');
    // To a Standard User it does not exist.
    expect(await refusal('user', 'disable', name, '--as', STANDARD)).toMatchObject({ code: 'not_found' });
    const own = await taxiway(['user', 'lock', ADMIN, '--as', ADMIN]);
    expect(own.code).toBe(1);
    expect(own.err).toMatch(/^taxiway: Locked: you may not set it on your own account/);
    expect(await refusal('user', 'disable', 'root@example.org', '--as', ADMIN)).toMatchObject({
      code: 'not_found',
    });
  });

  it('gets a new password, which is shown once; a credential is revoked by its number', async () => {
    expect(await refusal('user', 'rotate', name, '--as', STANDARD)).toMatchObject({ code: 'not_found' });
    const rotated = await answerOf('user', 'rotate', name, '--as', ADMIN);
    expect(String(rotated.password)).toHaveLength(32);
    const { credentials } = await show('user', name);
    expect(credentials).toHaveLength(1);
    const number = String(credentials[0]?.id);
    await answerOf('user', 'revoke', name, number);
    expect((await show('user', name)).credentials).toEqual([]);
    expect(await refusal('user', 'revoke', name, number)).toMatchObject({ code: 'not_found' });
    expect((await taxiway(['user', 'rotate', name, '--overlap', '1d'])).code).toBe(2);
  });

  it('is signed out by who administers it, and not by a Standard User', async () => {
    expect(await answerOf('user', 'sessions', name, '--as', ADMIN)).toEqual({ sessions: [] });
    const { out } = await taxiway(['user', 'sign-out', name, '--as', ADMIN]);
    expect(out).toBe(`The user "${name}" is signed out: 0 sessions ended.\n`);
    expect(await refusal('user', 'sign-out', name, '--as', STANDARD)).toMatchObject({ code: 'not_found' });
  });

  it('is moved by an Administrator, and not by an Organization Administrator', async () => {
    const move = ['user', 'move', name, '--organization', 'Home'];
    expect(await refusal(...move, '--as', ADMIN)).toMatchObject({ permission: 'account.move' });
    const { out } = await taxiway([...move, '--as', 'root@example.org']);
    expect(out).toMatch(
      /^The user "jane@example\.org" belongs to "Home" now\.\n {2}- It takes a seat of "Home" /,
    );
    await answerOf('user', 'move', name, ...ACME);
  });

  it('passes on what it is responsible for, and is deleted with heirs', async () => {
    await answerOf('taxii-service', 'edit', 'intel', '--responsible', name);
    const preview = await taxiway(['user', 'delete', name, '--preview']);
    expect(preview.out).toContain('It is responsible for TAXII services, which need an heir: Intelligence.');
    expect(preview.out).toMatch(/\n {2}taxiway user delete jane@example\.org --heir taxii-services=\S+\n$/);
    expect(await answerOf('user', 'preview', name, '--delete')).toMatchObject({
      responsibilities: [{ kind: 'taxiiServices', items: [{ name: 'Intelligence' }] }],
    });
    const orphaning = await taxiway(['user', 'delete', name]);
    expect(orphaning).toMatchObject({ code: 1, out: '' });
    expect(orphaning.err).toContain('--heir WHAT=ACCOUNT');
    const heir = (of: string) => ['user', 'delete', name, '--heir', of];
    expect(await refusal(...heir('taxii-services=nobody'))).toMatchObject({
      problems: [{ path: '--heir taxii-services' }],
    });
    expect((await taxiway(heir('everything=root@example.org'))).code).toBe(2);
    const handOver = ['user', 'hand-over', name, '--taxii-services', ADMIN];
    expect(await refusal(...handOver, '--as', STANDARD)).toMatchObject({ code: 'not_found' });
    expect(await answerOf(...handOver)).toMatchObject({ passedOn: [{ heir: ADMIN, count: 1 }] });
    await answerOf('taxii-service', 'edit', 'intel', '--responsible', name);
    const deleted = await taxiway(heir(`taxii-services=${ADMIN}`));
    expect(deleted.out).toBe(
      `The user "${name}" is deleted.\n  - ${ADMIN} is responsible for its TAXII services now (1).\n`,
    );
    expect(await refusal('user', 'show', name)).toMatchObject({ code: 'not_found' });
  });

  it('who is the last to administer cannot be deleted, and the preview says so', async () => {
    expect(await answerOf('user', 'delete', ADMIN, '--preview')).toMatchObject({
      obstacles: [{ message: 'It is the last active Organization Administrator of its organization.' }],
    });
    expect(await refusal('user', 'delete', ADMIN)).toMatchObject({ code: 'conflict' });
  });
});

describe('taxiway read-only-user', () => {
  const name = 'reader@example.org';

  it('is created with one of its two roles, edited, disabled and deleted, and takes no seat', async () => {
    const create = ['read-only-user', 'create', name, ...person()];
    expect(await refusal(...create, '--organization-role', 'Sharing User', '--as', ADMIN)).toMatchObject({
      problems: [{ path: '--organization-role' }],
    });
    const created = await answerOf(...create, '--as', ADMIN);
    expect(created).toMatchObject({ kind: 'read_only', organizationRole: 'Read Only User' });
    const edit = ['edit', name, '--organization-role', 'Read Only Commenter', '--as'];
    expect(await refusal('read-only-user', ...edit, STANDARD)).toMatchObject({ code: 'not_found' });
    await answerOf('read-only-user', ...edit, ADMIN);
    const { readOnlyUsers } = await answerOf('read-only-user', 'list', '--as', ADMIN);
    expect(readOnlyUsers).toMatchObject([{ userName: name, organizationRole: 'Read Only Commenter' }]);
    const preview = await taxiway(['read-only-user', 'preview', name, '--system-role', 'User']);
    expect(preview.out).toContain('  - It takes a seat of the users.');
    await answerOf('read-only-user', 'disable', name, '--as', ADMIN);
  });

  it('says of an account of another kind which command is for it, to those who may see it', async () => {
    const other = await taxiway(['user', 'show', name, '--as', ADMIN]);
    expect(other).toMatchObject({ code: 1, out: '' });
    expect(other.err).toContain('it names a read-only user, and "taxiway read-only-user show" is for those.');
    const hidden = await taxiway(['user', 'show', name, '--as', STANDARD]);
    expect(hidden.err).toBe(`taxiway: There is no user named "${name}".\n`);
    await answerOf('read-only-user', 'delete', name, '--as', ADMIN);
  });
});

describe('taxiway api-user', () => {
  it('is created with Access ID, Secret Key and token, addressed by its Access ID, rotated, disabled and deleted', {
    timeout: 90_000,
  }, async () => {
    const create = ['api-user', 'create', ...person('Standard User'), '--token-days', '90'];
    expect(await refusal(...create, '--as', STANDARD)).toMatchObject({ permission: 'account.create' });
    const created = await answerOf(...create, '--contact', 'ops@example.org', '--as', ADMIN);
    const accessId = String(created.accessId);
    expect(accessId).toMatch(/^\d{20}$/);
    expect(String(created.token)).toMatch(/^txwt_/);
    expect(Date.parse(String(created.tokenExpiresAt))).toBeGreaterThan(Date.now() + 89 * 86_400_000);
    const { out } = await taxiway(['api-user', 'show', accessId]);
    expect(out).toMatch(/^\d{20} \(API user of "Acme Power"\)\n/);
    expect(out).toMatch(/\n {2}Contact +ops@example\.org\n/);
    expect(out).toMatch(/\n {2}\d+ +Secret Key +…\S{4} /);
    for (const secret of [created.secretKey, created.token]) expect(out).not.toContain(secret);

    const key = await answerOf('api-user', 'rotate', accessId, '--overlap', '7d', '--as', ADMIN);
    expect(key.secretKey).not.toBe(created.secretKey);
    expect(Date.parse(String(key.previousValidUntil))).toBeGreaterThan(Date.now());
    const token = await answerOf('api-user', 'rotate', accessId, '--token-days', '1');
    expect(token).toMatchObject({ previousValidUntil: null });
    expect(token).not.toHaveProperty('secretKey');
    expect(await refusal('api-user', 'rotate', accessId, '--as', STANDARD)).toMatchObject({
      code: 'not_found',
    });

    const { credentials } = (await answerOf('api-user', 'show', accessId)) as {
      credentials: { id: number; kind: string }[];
    };
    const id = String(credentials.findLast(({ kind }) => kind === 'secret_key')?.id);
    const bind = ['api-user', 'edit-credential', accessId, id];
    await answerOf(...bind, '--allow', '192.0.2.0/24', '--allow', '2001:DB8::1', '--as', ADMIN);
    await answerOf(
      ...bind,
      '--read-only',
      'yes',
      '--signed-body',
      'yes',
      '--expires-days',
      '90',
      '--as',
      ADMIN,
    );
    const bound = await taxiway(['api-user', 'show', accessId]);
    expect(bound.out).toContain('192.0.2.0/24, 2001:db8::1, reads only, signed bodies only');
    const wrong = await taxiway([...bind, '--allow', '192.0.2.0/33', '--as', ADMIN]);
    expect(wrong.err).toBe('taxiway: --allow: "192.0.2.0/33" has no valid prefix length\n');
    await answerOf(...bind, '--allow-any', '--read-only', 'no', '--never-expires', '--as', ADMIN);
    expect(await answerOf('api-user', 'show', accessId)).toMatchObject({
      credentials: expect.arrayContaining([
        expect.objectContaining({ allowedNetworks: null, readOnly: false, expiresAt: null }),
      ]),
    });
    expect(await refusal(...bind, '--as', STANDARD)).toMatchObject({ code: 'invalid_input' });
    expect(await refusal(...bind, '--allow-any', '--as', STANDARD)).toMatchObject({ code: 'not_found' });

    const edit = ['api-user', 'edit', accessId, '--include-in-observations', '--no-contact-email'];
    await answerOf(...edit, '--as', ADMIN);
    expect(await answerOf('api-user', 'show', accessId)).toMatchObject({
      includeInObservations: true,
      contactEmail: null,
    });
    const disabled = await taxiway(['api-user', 'disable', accessId, '--as', ADMIN]);
    expect(disabled.out).toMatch(/ is disabled\.\n {2}- \d of its credentials cannot be used any more/);
    // It has no Locked.
    expect((await taxiway(['api-user', 'lock', accessId])).code).toBe(2);
    const deleted = await answerOf('api-user', 'delete', accessId, '--as', ADMIN);
    expect(deleted).toMatchObject({ userName: accessId, done: 'delete' });
  });
});

describe('taxiway taxii-user', () => {
  it('is created within its limit, narrowed, widened and renamed; its lists and pages show no secret', async () => {
    const create = ['taxii-user', 'create', 'siem', ...ACME, '--only', 'Daily Feed', '--api-key'];
    expect(await refusal(...create, '--as', STANDARD)).toMatchObject({ permission: 'account.create' });
    const created = await answerOf(...create, '--as', ADMIN);
    expect(await answerOf('taxii-user', 'show', 'siem')).toMatchObject({
      onlyOwners: [{ name: 'Daily Feed' }],
      pseudonym: created.pseudonym,
    });
    // "The pseudonym is fixed": there is no option for it.
    expect((await taxiway(['taxii-user', 'edit', 'siem', '--pseudonym', 'mole'])).code).toBe(2);
    const edit = ['taxii-user', 'edit', 'siem', '--no-only-owners', '--contact', 'ops@example.org'];
    expect(await refusal(...edit, '--as', STANDARD)).toMatchObject({ code: 'not_found' });
    await answerOf(...edit, '--as', ADMIN);
    expect(await answerOf('taxii-user', 'show', 'siem')).toMatchObject({
      onlyOwners: null,
      contactEmail: 'ops@example.org',
    });
    expect(await refusal('taxii-user', 'edit', 'siem', '--user-name', 'x', '--as', ADMIN)).toMatchObject({
      problems: [{ path: '--user-name' }],
    });
    for (const view of [['list'], ['show', 'siem', '--json']]) {
      const { out } = await taxiway(['taxii-user', ...view]);
      expect(out).toContain('siem');
      for (const secret of [created.password, created.apiKey]) expect(out).not.toContain(secret);
    }
    const preview = await taxiway(['taxii-user', 'delete', 'siem', '--preview', '--as', ADMIN]);
    expect(preview.out).toContain('  - 2 credentials and 0 sessions end at once.');
    await answerOf('organization', 'limits', 'Acme Power', '--taxii-users', '1');
    const more = ['taxii-user', 'create', 'more', ...ACME, '--as', ADMIN];
    expect(await refusal(...more)).toMatchObject({ code: 'limit_reached', max: 1, used: 1 });
  });
});

describe('lists of accounts', () => {
  it('show to a person and to a program what the asker may see, filtered, sorted and limited', async () => {
    const all = (await answerOf('user', 'list')) as { users: Item[]; more: boolean };
    expect(all.users.map(({ userName }) => userName)).toEqual([
      ADMIN,
      'root@example.org',
      STANDARD,
      'typed@example.org',
    ]);
    for (const item of all.users) expect(() => accountItem.parse(item)).not.toThrow();
    expect(await answerOf('user', 'list', '--sort', '-userName', '--limit', '1')).toMatchObject({
      users: [{ userName: 'typed@example.org' }],
      more: true,
    });
    expect(await answerOf('user', 'list', '--state', 'locked')).toEqual({ users: [], more: false });
    const found = await taxiway(['user', 'list', '--search', 'STANDARD', '--organization', 'Acme Power']);
    expect(found.out).toMatch(
      /^USER NAME +NAME +ORGANIZATION +ORGANIZATION ROLE +SECOND FACTOR +SYSTEM ROLE +STATE +LAST USED\nstandard@example\.org +Some Body +Acme Power +Standard User +no +User +active +never\n$/,
    );
    const item: unknown = await answerOf('user', 'show', STANDARD);
    expect(() => accountDetails.parse(item)).not.toThrow();
  });

  it('are filtered by what is pending, expires or was not used', async () => {
    const names = async (...args: string[]) => {
      const { users } = (await answerOf('user', 'list', '--organization', 'Acme Power', ...args)) as {
        users: Item[];
      };
      return users.map(({ userName }) => userName);
    };
    expect(await names('--pending', 'invitation')).toEqual([]);
    expect(await names('--pending', 'action')).toContain(STANDARD);
    expect(await names('--no-used')).toContain(STANDARD);
    expect(await names('--used')).not.toContain(STANDARD);
    expect(await names('--unused-for-days', '1')).toEqual([]);
    expect(await names('--expires-within-days', '1')).toEqual([]);
    const machines = await answerOf('taxii-user', 'list', '--credential-expires-within-days', '30');
    expect(machines).toMatchObject({ more: false });
    expect(await refusal('user', 'list', '--unused-for-days', '9999')).toMatchObject({
      problems: [{ path: '--unused-for-days' }],
    });
  });

  it('show an Organization Administrator its own organization without System roles, and a Standard User nothing', async () => {
    const { out } = await taxiway(['user', 'list', '--as', ADMIN]);
    expect(out).toMatch(/^USER NAME +NAME +ORGANIZATION +ORGANIZATION ROLE +SECOND FACTOR +STATE /);
    expect(out).not.toContain('root@example.org');
    const { users } = (await answerOf('user', 'list', '--as', ADMIN)) as { users: Item[] };
    expect(users.filter((user) => 'systemRole' in user)).toEqual([]);
    expect(await refusal('user', 'list', '--system-role', 'Administrator', '--as', ADMIN)).toMatchObject({
      problems: [{ path: '--system-role' }],
    });
    expect(await refusal('user', 'list', '--organization', 'Home', '--as', ADMIN)).toMatchObject({
      code: 'not_found',
    });
    expect(await refusal('user', 'list', '--as', STANDARD)).toMatchObject({ permission: 'account.view' });
  });
});

describe('the help of account commands', () => {
  it.each(['user', 'read-only-user', 'api-user', 'taxii-user'])(
    'has every field of %s, and an example',
    async (group) => {
      const edit = await taxiway([group, 'edit', '--help']);
      expect(edit.code).toBe(0);
      expect(edit.out).toContain('--expires, --expires-at <when>');
      expect(edit.out.includes('--locked')).toBe(group !== 'api-user');
      expect(edit.out.includes('--time-zone')).toBe(!['api-user', 'taxii-user'].includes(group));
      expect(edit.out.includes('--only-owners')).toBe(group === 'taxii-user');
      expect(edit.out).toMatch(new RegExp(`Example:\\n {2}taxiway ${group} edit `));
    },
  );
});
