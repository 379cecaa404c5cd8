import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTING_NAMES, SETTINGS, settingType } from '../../../contract/settings.ts';
import { inTransaction } from '../../db/transaction.ts';
import { listTaxiiUsers } from '../../testing/account-changes.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { actAs } from '../accounts/acting.service.ts';
import { openSetting } from './setting-secrets.ts';
import { getSetting, listSettings, resetSetting, setSetting, setSettings } from './settings.service.ts';
import { readSetting } from './settings.store.ts';

describe('the table of system settings', () => {
  it.each(SETTING_NAMES)(
    'has a default of %s that the setting itself allows, and says what it means',
    (name) => {
      // A secret is put back, and never set to nothing.
      expect(settingType(name).safeParse(SETTINGS[name].default).success).toBe(
        SETTINGS[name].kind !== 'secret',
      );
      expect(SETTINGS[name].meaning).toMatch(/^[A-Z].+\.$/);
      expect(SETTINGS[name].effect.length).toBeGreaterThan(5);
    },
  );

  it('has the names that the field knows', () => {
    expect(SETTING_NAMES).toEqual(
      expect.arrayContaining([
        'twoFactorAuthenticationRequired',
        'termsOfServiceRequireNewUserToAccept',
        'tqlQueryTimeout',
      ]),
    );
  });
});

describe.each(ENGINES)('a system setting on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    administrator = await newPerson(app, 'Administrator', organization);
  });
  afterAll(async () => await app?.close());

  const events = async (name: string) =>
    (await auditTrail(app)).filter((event) => event.target_kind === 'setting' && event.target_name === name);

  it('has its default at first, and the list tells type, bounds, unit, meaning and effect', async () => {
    const list = await listSettings(app, administrator);
    expect(list.map(({ name }) => name)).toEqual(SETTING_NAMES);
    expect(list.find(({ name }) => name === 'tqlQueryTimeout')).toEqual({
      name: 'tqlQueryTimeout',
      group: 'Queries',
      title: 'TQL query timeout',
      value: 30_000,
      default: 30_000,
      isDefault: true,
      type: 'number',
      choices: null,
      maxLength: null,
      min: 100,
      max: 3_600_000,
      unit: 'ms',
      meaning: SETTINGS.tqlQueryTimeout.meaning,
      effect: SETTINGS.tqlQueryTimeout.effect,
      enforced: false,
      version: 0,
      changedAt: null,
      changedBy: null,
      abilities: { edit: true },
    });
    expect(await readSetting(app.db.read, 'tqlQueryTimeout')).toBe(30_000);
  });

  describe('is seen', () => {
    it('by the Operations Administrator, who may not edit it', async () => {
      const caller = await newPerson(app, 'Operations Administrator', organization);
      expect((await listSettings(app, caller))[0]).toMatchObject({ abilities: { edit: false } });
      expect(await getSetting(app, caller, 'sessionIdleMinutes')).toMatchObject({ value: 30 });
      const change = setSetting(app, caller, { name: 'sessionIdleMinutes', value: 10 });
      expect(await refusalOf(change)).toEqual({
        code: 'forbidden',
        details: { permission: 'settings.edit' },
      });
      expect((await refusalOf(resetSetting(app, caller, { name: 'sessionIdleMinutes' }))).code).toBe(
        'forbidden',
      );
      expect(await readSetting(app.db.read, 'sessionIdleMinutes')).toBe(30);
    });

    it.each([
      'Accounts Administrator',
      'Community Leader',
      'Super User',
      'Organization Administrator',
      'Standard User',
      'Read Only User',
    ] as const)('not by the %s, and changed by it neither', async (person) => {
      const caller = await newPerson(app, person, organization);
      expect((await refusalOf(listSettings(app, caller))).code).toBe('forbidden');
      expect((await refusalOf(getSetting(app, caller, 'sessionIdleMinutes'))).code).toBe('forbidden');
      // Whether there is such a setting is not told either.
      expect((await refusalOf(getSetting(app, caller, 'nothing'))).code).toBe('forbidden');
      const change = setSetting(app, caller, { name: 'sessionIdleMinutes', value: 10 });
      expect((await refusalOf(change)).code).toBe('forbidden');
      expect(
        (await refusalOf(setSettings(app, caller, { settings: [{ name: 'sessionIdleMinutes', value: 10 }] })))
          .code,
      ).toBe('forbidden');
      expect(await readSetting(app.db.read, 'sessionIdleMinutes')).toBe(30);
    });
  });

  it('is set by an Administrator, and leaves an event of the instance with the value before and after', async () => {
    const changed = await setSetting(app, administrator, { name: 'passwordHistory', value: 5, version: 0 });
    expect(changed).toMatchObject({
      value: 5,
      isDefault: false,
      version: 1,
      changedBy: administrator.userName,
    });
    expect(changed.changedAt).toMatch(/^\d{4}-.+Z$/);
    expect(await getSetting(app, administrator, 'passwordHistory')).toEqual(changed);
    expect(await readSetting(app.db.read, 'passwordHistory')).toBe(5);
    expect(await events('passwordHistory')).toMatchObject([
      {
        action: 'settings.set',
        outcome: 'done',
        actor_name: administrator.userName,
        organization_id: null,
        details: { before: 0, after: 5 },
      },
    ]);
  });

  it('that has the value already stays as it is, and leaves no event', async () => {
    const first = await setSetting(app, app.operator, { name: 'passwordMinLength', value: 14 });
    expect(await setSetting(app, app.operator, { name: 'passwordMinLength', value: 14 })).toEqual(first);
    expect(await events('passwordMinLength')).toHaveLength(1);
  });

  it('is not set by whoever saw an older version of it', async () => {
    await setSetting(app, administrator, { name: 'sessionAbsoluteHours', value: 8, version: 0 });
    const late = setSetting(app, administrator, { name: 'sessionAbsoluteHours', value: 24, version: 0 });
    expect(await refusalOf(late)).toMatchObject({ code: 'stale', details: { version: 1 } });
    const reset = resetSetting(app, administrator, { name: 'sessionAbsoluteHours', version: 0 });
    expect((await refusalOf(reset)).code).toBe('stale');
    expect(await readSetting(app.db.read, 'sessionAbsoluteHours')).toBe(8);
  });

  it('goes back to its default, under a version that was never used', async () => {
    await setSetting(app, administrator, { name: 'passwordMaxAgeDays', value: 90 });
    const reset = await resetSetting(app, administrator, { name: 'passwordMaxAgeDays', version: 1 });
    expect(reset).toMatchObject({ value: 0, isDefault: true, version: 2 });
    expect(await readSetting(app.db.read, 'passwordMaxAgeDays')).toBe(0);
    const late = setSetting(app, administrator, { name: 'passwordMaxAgeDays', value: 30, version: 1 });
    expect((await refusalOf(late)).code).toBe('stale');
    expect((await events('passwordMaxAgeDays')).map(({ details }) => details)).toEqual([
      { before: 0, after: 90 },
      { before: 90, after: 0 },
    ]);
  });

  it('is set with others all together, or not at all', async () => {
    const several = (version: number) =>
      setSettings(app, administrator, {
        settings: [
          { name: 'tqlQueryTimeout', value: 5000, version: 0 },
          { name: 'passwordMinCharacterClasses', value: 3, version },
        ],
      });
    expect((await refusalOf(several(7))).code).toBe('stale');
    expect(await readSetting(app.db.read, 'tqlQueryTimeout')).toBe(30_000);
    expect(await events('tqlQueryTimeout')).toEqual([]);
    expect(await several(0)).toMatchObject([{ value: 5000 }, { value: 3 }]);
    expect(await readSetting(app.db.read, 'tqlQueryTimeout')).toBe(5000);
    const twice = setSettings(app, administrator, {
      settings: [
        { name: 'tqlQueryTimeout', value: 1000 },
        { name: 'tqlQueryTimeout', value: 2000 },
      ],
    });
    expect((await refusalOf(twice)).code).toBe('invalid_input');
  });

  it.each([
    ['sessionIdleMinutes', 0, 'must be a whole number from 1 to 1440'],
    ['sessionIdleMinutes', 1.5, 'must be a whole number from 1 to 1440'],
    ['sessionIdleMinutes', true, 'must be a whole number from 1 to 1440'],
    ['passwordMinLength', 7, 'must be a whole number from 8 to 128'],
    ['twoFactorAuthenticationRequired', 1, 'must be true or false'],
  ])('%s is refused the value %s', async (name, value, message) => {
    expect(await refusalOf(setSetting(app, administrator, { name, value }))).toMatchObject({
      code: 'invalid_input',
      details: { problems: [{ path: name, message }] },
    });
  });

  it.each(['nothing', 'constructor', '__proto__', 'TQLQUERYTIMEOUT'])(
    'named %s does not exist',
    async (name) => {
      const missing = {
        code: 'not_found',
        details: { message: `There is no system setting named "${name}".` },
      };
      expect(await refusalOf(getSetting(app, administrator, name))).toEqual(missing);
      expect(await refusalOf(setSetting(app, administrator, { name, value: true }))).toEqual(missing);
      expect(await refusalOf(resetSetting(app, administrator, { name }))).toEqual(missing);
    },
  );

  it('stored with a value that the table no longer allows counts as its default', async () => {
    await inTransaction(app.db, async (tx) => {
      await tx
        .insertInto('system_settings')
        .values([
          { name: 'ofAnOlderVersion', value: '1', version: 1, changed_at: 1, changed_by: 'x' },
          {
            name: 'termsOfServiceRequireNewUserToAccept',
            value: '"yes"',
            version: 4,
            changed_at: 1,
            changed_by: 'x',
          },
        ])
        .execute();
    });
    expect(await readSetting(app.db.read, 'termsOfServiceRequireNewUserToAccept')).toBe(false);
    expect(await getSetting(app, administrator, 'termsOfServiceRequireNewUserToAccept')).toMatchObject({
      value: false,
      isDefault: true,
      version: 4,
    });
    expect((await listSettings(app, administrator)).map(({ name }) => name)).toEqual(SETTING_NAMES);
  });

  it('accountsAdministratorManagesMembers off takes the accounts of organizations from Accounts Administrators at once', async () => {
    const accounts = await newPerson(app, 'Accounts Administrator', await newOrganization(app));

    const asks = async () =>
      await listTaxiiUsers(app, await actAs(app, app.operator, accounts.userName), organization.name);
    expect(await asks()).toEqual([]);
    await setSetting(app, administrator, { name: 'accountsAdministratorManagesMembers', value: false });
    expect((await refusalOf(asks())).code).toBe('forbidden');
    await resetSetting(app, administrator, { name: 'accountsAdministratorManagesMembers' });
    expect(await asks()).toEqual([]);
  });

  it('changed by several at once from one version is changed by one of them', async () => {
    const { version } = await getSetting(app, administrator, 'sessionIdleMinutes');
    const outcomes = await Promise.allSettled(
      [11, 12, 13, 14, 15].map((value) =>
        setSetting(app, administrator, { name: 'sessionIdleMinutes', value, version }),
      ),
    );
    const codes = outcomes.map((o) => (o.status === 'fulfilled' ? 'changed' : Reflect.get(o.reason, 'code')));
    expect(codes.sort()).toEqual(['changed', 'stale', 'stale', 'stale', 'stale']);
    expect((await getSetting(app, administrator, 'sessionIdleMinutes')).version).toBe(version + 1);
  });

  describe('that is a secret', () => {
    const PASSWORD = 'canary of a mail password';
    const name = 'mailServerPassword';

    it('is stored encrypted, and neither shown, listed, told to the audit trail nor logged', async () => {
      const set = await setSetting(app, administrator, { name, value: PASSWORD });
      expect(set).toMatchObject({ value: null, default: null, isDefault: false, type: 'secret' });
      expect(await getSetting(app, administrator, name)).toEqual(set);
      const stored = await readSetting(app.db.read, name);
      expect(openSetting(app.keys, name, stored)).toBe(PASSWORD);
      const row = await app.db.read
        .selectFrom('system_settings')
        .select('value')
        .where('name', '=', name)
        .executeTakeFirst();
      expect((await events(name)).map(({ details }) => details)).toEqual([{ before: 'none', after: 'set' }]);
      for (const text of [
        row?.value,
        JSON.stringify(await listSettings(app, administrator)),
        JSON.stringify(await auditTrail(app)),
      ]) {
        expect(text?.length).toBeGreaterThan(1);
        expect(text).not.toContain(PASSWORD);
      }
      expect(app.logged.join()).not.toContain(PASSWORD);
    });

    it('cannot be put into the place of another', async () => {
      const stored = await readSetting(app.db.read, name);
      expect(openSetting(app.keys, 'mailServerUser', stored)).toBeUndefined();
    });

    it('is refused as nothing, without being repeated in the error', async () => {
      const refused = async (value: string | number) =>
        await refusalOf(setSetting(app, administrator, { name, value }));
      expect((await refused('')).details).toMatchObject({
        message: 'mailServerPassword: must not be empty: reset the setting to have none',
      });
      expect(JSON.stringify(await refused(`${PASSWORD}\n`))).not.toContain(PASSWORD);
      expect((await refused(5)).code).toBe('invalid_input');
    });

    it('is forgotten with another mail server, so that nobody has it sent to a server of their own', async () => {
      await setSetting(app, administrator, { name: 'mailServerHost', value: 'mail.example.org' });
      await setSetting(app, administrator, { name, value: PASSWORD });
      await setSetting(app, administrator, { name: 'mailServerHost', value: 'mail.example.org' });
      expect(await getSetting(app, administrator, name)).toMatchObject({ isDefault: false });
      await setSetting(app, administrator, { name: 'mailServerHost', value: 'mail.example.net' });
      expect(await getSetting(app, administrator, name)).toMatchObject({ isDefault: true });
      await setSettings(app, administrator, {
        settings: [
          { name, value: PASSWORD },
          { name: 'mailServerHost', value: 'mail.example.com' },
        ],
      });
      expect(await getSetting(app, administrator, name)).toMatchObject({ isDefault: false });
      await resetSetting(app, administrator, { name: 'mailServerHost' });
      expect(await getSetting(app, administrator, name)).toMatchObject({ isDefault: true });
    });
  });

  it.each([
    ['mailServerHost', 'mail.example.org'],
    ['mailServerHost', '192.0.2.7'],
    ['mailServerHost', '[2001:db8::1]'],
    ['mailServerHost', ''],
    ['mailServerSecurity', 'tls'],
    ['mailFrom', 'taxiway@example.org'],
    ['mailFrom', 'Taxiway of Acme <taxiway@example.org>'],
    ['mailFrom', '"Acme, Inc." <taxiway@example.org>'],
    ['mailReplyTo', 'help@example.org'],
  ])('%s is given the value %j', async (name, value) => {
    expect(await setSetting(app, administrator, { name, value })).toMatchObject({ value });
  });

  it.each([
    ['mailServerHost', 'mail.example.org:25', 'must be the name or address of a host'],
    ['mailServerHost', 'mail server', 'must be the name or address of a host'],
    ['mailServerHost', 5, 'must be a text'],
    ['mailServerSecurity', 'ssl', 'must be one of starttls, tls, none'],
    ['mailServerSecurity', '', 'must be one of'],
    ['mailFrom', 'somebody', 'must be an e-mail address, or a name with one'],
    ['mailFrom', 'a@example.org, b@example.org', 'must be an e-mail address'],
    ['mailFrom', 'Me <a@example.org> <b@example.org>', 'must be an e-mail address'],
    ['mailFrom', 'Me <a@example.org>\r\nBcc: b@example.org', 'must not contain line breaks'],
    ['mailReplyTo', 'Me <a@example.org>', 'must be an e-mail address'],
    ['mailServerUser', 'x'.repeat(255), 'must have at most 254 characters'],
  ])('item 45: %s is refused the value %j', async (name, value, words) => {
    const { code, details } = await refusalOf(setSetting(app, administrator, { name, value }));
    expect([code, details.message]).toEqual(['invalid_input', expect.stringContaining(words)]);
  });
});
