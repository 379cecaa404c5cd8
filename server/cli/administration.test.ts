import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });
const ADMINISTRATOR = 'ana@example.org';
let collectionId: unknown;

beforeAll(async () => {
  ({ collectionId } = await answerOf('organization', 'create', 'Acme Power', '--taxii-users', '3'));
  const { code, err } = await taxiway(
    ['administrator', 'create', '--email', ADMINISTRATOR, '--organization', 'Acme Power', '--password-stdin'],
    'a long enough password 1\n',
  );
  expect([code, err]).toEqual([0, '']);
}, 60_000);

describe('on the command line', () => {
  it('system settings are listed, shown, set and reset', async () => {
    const { code, out } = await taxiway(['settings', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^SETTING +VALUE +DEFAULT +ENFORCED\naccountsAdministratorManagesMembers +on +now\n/);
    expect(await answerOf('settings', 'set', 'sessionIdleMinutes', '15')).toMatchObject({ value: 15 });
    expect((await taxiway(['settings', 'show', 'sessionIdleMinutes'])).out).toMatch(
      /^sessionIdleMinutes is 15 min\.\n(.*\n)* +Default +30 min\n +Allowed +1 to 1440\n +Changed +\S+ by operator/,
    );
    expect(await answerOf('settings', 'set', 'accountsAdministratorManagesMembers', 'off')).toMatchObject({
      value: false,
    });
    expect(await answerOf('settings', 'reset', 'sessionIdleMinutes')).toMatchObject({
      value: 30,
      isDefault: true,
    });
  });

  it.each([
    [['settings', 'set', 'sessionIdleMinutes', 'many'], 2, 'sessionIdleMinutes: must be a whole number'],
    [['settings', 'set', 'twoFactorAuthenticationRequired', '1'], 2, 'must be on or off'],
    [['licence', 'set'], 2, 'name at least one thing to set'],
    [
      ['group', 'show', 'Nobody', '--organization', 'Acme Power'],
      1,
      'There is no user group named "Nobody".',
    ],
    [['taxii-service', 'delete', 'intel'], 1, 'is the only TAXII service'],
    [['taxii-service', 'edit', 'intel'], 2, 'names no change'],
  ])('%j is refused in one line', async (args, code, words) => {
    const result = await taxiway(args);
    expect(result.err).toMatch(/^taxiway: [^\n]+\n$/);
    expect(result.err).toContain(words);
    expect(result.code).toBe(code);
  });

  it('the licence is shown and set, with what remains', async () => {
    expect(await answerOf('licence', 'set', '--users', '0', '--allow-api-users', 'no')).toMatchObject({
      limits: { users: 0, taxiiUsers: 10_000 },
      overUse: { users: 1 },
      apiUsersAllowed: false,
    });
    const { out } = await taxiway(['licence', 'show']);
    expect(out).toMatch(/^ACCOUNTS +ALLOWED +USED +REMAINING\nUsers +0 +1 +none, 1 too many\n/);
    expect(out).toContain('API users may not be created.');
  });

  it('a user group is created, filled, renamed, described, listed and deleted', async () => {
    const home = ['--organization', 'Acme Power'] as const;
    await answerOf('group', 'create', 'Night shift', ...home, '--member', ADMINISTRATOR);
    const { out } = await taxiway(['group', 'show', 'night SHIFT', ...home]);
    expect(out).toBe(
      `The user group "Night shift" of "Acme Power" has 1 member.\n  ${ADMINISTRATOR} (First Administrator)\n`,
    );
    expect(await answerOf('group', 'remove', 'Night shift', ADMINISTRATOR, ...home)).toMatchObject({
      members: [],
    });
    await answerOf('group', 'add', 'Night shift', ADMINISTRATOR, ...home);
    await answerOf('group', 'rename', 'Night shift', 'Late shift', ...home);
    await answerOf('group', 'describe', 'Late shift', 'Six to midnight', ...home);
    expect((await taxiway(['group', 'list', ...home])).out).toMatch(/\nLate shift +1 +Six to midnight\n$/);
    await answerOf('group', 'delete', 'Late shift', ...home);
  });

  it('a TAXII service is configured, with a warning for its clients, and deleted', async () => {
    await answerOf(
      'taxii-service',
      'create',
      'Partners',
      '--path',
      'partners',
      '--responsible',
      ADMINISTRATOR,
    );
    const edited = await answerOf(
      ...['taxii-service', 'edit', 'partners', '--path', 'other', '--organization', 'Acme Power'],
      ...['--max-page-size', '2000', '--strict', 'yes', '--description', 'For partners'],
    );
    expect(edited).toMatchObject({
      path: 'other',
      maxPageSize: 2000,
      strict: true,
      organizations: [{ name: 'Acme Power' }],
      responsible: { name: ADMINISTRATOR },
      warnings: [expect.stringContaining('/partners/')],
    });
    await answerOf('taxii-service', 'delete', 'Partners');
    expect(await answerOf('taxii-service', 'list')).toMatchObject({ services: [{ path: 'intel' }] });
  });

  it('a collection is shown and configured', async () => {
    const id = String(collectionId);
    const options = ['--writable', 'yes', '--responsible', ADMINISTRATOR, '--description', 'All of it'];
    expect(await answerOf('collection', 'edit', id, ...options)).toMatchObject({
      owner: 'Acme Power',
      writable: true,
      strict: false,
      description: 'All of it',
      responsible: { name: ADMINISTRATOR },
    });
    expect((await taxiway(['collection', 'show', id])).out).toMatch(
      /^The collection of "Acme Power"\n(.*\n)* +Writes +allowed\n(.*\n)* +Responsible +ana@example\.org\n$/,
    );
    expect(await answerOf('collection', 'list', '--owner', 'Acme Power')).toMatchObject({
      collections: [{ id, owner: 'Acme Power', ownerKind: 'organization' }],
    });
  });
});
