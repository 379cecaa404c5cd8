import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportReport } from '../../../contract/bulk.ts';
import type { Caller } from '../../context.ts';
import { accountRow, everythingStored, fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { csvOf } from '../../testing/bulk.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { editLicence } from '../instance/licence.service.ts';
import { importAccounts } from './import.service.ts';

describe.each(ENGINES)('importing accounts on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let elsewhere: typeof organization;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    elsewhere = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
  });
  afterAll(async () => await app?.close());

  const run = async (
    csv: string,
    { by = organization.administrator as Caller, dryRun = false, into = organization } = {},
  ) => await importAccounts(app, by, { organization: into.id, csv, dryRun });
  const outcomes = (report: ImportReport) => report.rows.map(({ outcome }) => outcome);
  const user = (changes: Record<string, string> = {}): Record<string, string> => ({
    kind: 'user',
    userName: `${fresh('person')}@example.com`,
    firstName: 'Ada',
    lastName: 'Byron',
    organizationRole: 'Standard User',
    ...changes,
  });
  /** The problems of a refused import, by row. */
  const problemsOf = async (...args: Parameters<typeof run>) => {
    const { code, details } = await refusalOf(run(...args));
    const report = details.report as ImportReport;
    return { code, report, problems: report.rows.map(({ problems }) => problems) };
  };

  it('invites a person whose row says so, in place of a password', async () => {
    const report = await run(csvOf([{ ...user(), invite: 'yes' }]));
    expect(report.rows[0]?.secrets).toEqual({
      invitation: expect.stringMatching(/\/link#txwl_[\w-]{43}$/) as string,
    });
  });

  it('creates all four kinds, each with what is generated for it, shown this once', async () => {
    const group = await createUserGroup(app, organization.administrator, {
      organization: organization.id,
      name: fresh('Night; shift'),
    });
    const [person, reader, siem] = [user(), user({ kind: 'read_only', organizationRole: '' }), fresh('siem')];
    const csv = csvOf([
      { ...person, groups: group.name.replaceAll(';', '\\;'), expiresAt: '2099-01-31T00:00:00Z' },
      reader,
      {
        kind: 'api',
        firstName: 'Feed',
        lastName: 'Reader',
        organizationRole: 'App Developer',
        tokenExpirationDays: '30',
      },
      { kind: 'taxii', userName: siem, contactEmail: 'ops@example.com', apiKey: 'yes', disabled: 'TRUE' },
    ]);
    const report = await run(csv);
    expect(report).toMatchObject({ dryRun: false, refused: false, counts: { create: 4, error: 0 } });
    expect(report.rows.map(({ secrets }) => Object.keys(secrets ?? {}))).toEqual([
      ['password'],
      ['password'],
      ['secretKey', 'token'],
      ['password', 'apiKey'],
    ]);
    expect(report.rows[2]?.userName).toMatch(/^\d{20}$/);
    const stored = async (name: string | undefined) => await findAccount(app.db.read, name ?? '');
    expect(await stored(person.userName)).toMatchObject({
      kind: 'user',
      system_role: 'User',
      password_reset_required: 1,
      expires_at: Date.UTC(2099, 0, 31) * 1000,
    });
    expect(await stored(reader.userName)).toMatchObject({
      kind: 'read_only',
      organization_role: 'Read Only User',
    });
    expect((await stored(siem))?.disabled_at).not.toBeNull();
    const everything = await everythingStored(app);
    for (const { secrets } of report.rows)
      for (const secret of Object.values(secrets ?? {})) expect(everything).not.toContain(secret);
    expect(app.logged.join()).not.toContain(report.rows[0]?.secrets?.password);
  });

  it('"Seats it would take": a dry run says what the import would do, and does nothing', async () => {
    const small = await newOrganization(app, { users: 3, taxiiUsers: 1 });
    const rows = [
      user(),
      user({ kind: 'read_only', organizationRole: '' }),
      { kind: 'taxii', userName: fresh('siem') },
    ];
    const before = await everythingStored(app);
    const report = await run(csvOf(rows), { by: small.administrator, dryRun: true, into: small });
    expect(await everythingStored(app)).toBe(before);
    expect(report).toMatchObject({ dryRun: true, refused: false, counts: { create: 3 } });
    expect(report.rows.some((row) => 'secrets' in row)).toBe(false);
    expect(
      report.seats.map(({ limit, wanted, organization: own }) => [limit, wanted, own.used, own.left]),
    ).toEqual([
      ['users', 1, 1, 2],
      ['apiUsers', 0, 0, 5],
      ['taxiiUsers', 1, 0, 1],
    ]);
    const real = await run(csvOf(rows), { by: small.administrator, into: small });
    expect(outcomes(real)).toEqual(outcomes(report));
  });

  it('changes nothing when it is repeated, and edits by the rules of an edit what is new', async () => {
    const rows = [user(), { kind: 'taxii', userName: fresh('siem') }, user()];
    await run(csvOf(rows));
    expect(outcomes(await run(csvOf(rows)))).toEqual(['unchanged', 'unchanged', 'unchanged']);
    const before = await findAccount(app.db.read, rows[0]?.userName ?? '');
    const report = await run(csvOf([{ ...rows[0], lastName: 'Lovelace', disabled: 'yes' }, { ...rows[1] }]));
    expect(outcomes(report)).toEqual(['update', 'unchanged']);
    const after = await accountRow(app, before?.id ?? 0);
    expect(after).toMatchObject({ last_name: 'Lovelace', version: (before?.version ?? 0) + 1 });
    expect(after.disabled_at).not.toBeNull();
  });

  it('finds a user name in whatever case, and does not change what a row leaves empty', async () => {
    const { userName, id } = await newUser(app, organization, { expiresAt: '2099-01-01T00:00:00Z' });
    const report = await run(
      csvOf([{ kind: 'user', userName: userName.toUpperCase(), expiresAt: '', firstName: 'Ada' }]),
    );
    expect(outcomes(report)).toEqual(['unchanged']);
    expect((await accountRow(app, id)).expires_at).not.toBeNull();
  });

  it('edits API users by their Access ID, and creates one for each row without', async () => {
    const { accessId } = await newApiUser(app, organization);
    const csv = csvOf([
      {
        kind: 'api',
        userName: accessId,
        firstName: 'Feed',
        disabled: 'yes',
        lastName: '',
        organizationRole: '',
      },
      { kind: 'api', firstName: 'New', lastName: 'One', organizationRole: 'Standard User' },
    ]);
    expect(outcomes(await run(csv))).toEqual(['update', 'create']);
    expect(outcomes(await run(csv))).toEqual(['unchanged', 'create']);
    const { problems } = await problemsOf(
      csvOf([
        {
          kind: 'api',
          userName: '12345678901234567890',
          firstName: 'A',
          lastName: 'B',
          organizationRole: 'Standard User',
        },
      ]),
    );
    expect(problems).toMatchObject([
      [{ path: 'userName', message: expect.stringContaining('leave it empty') }],
    ]);
  });

  it('is all or nothing: one wrong row, and nothing is changed; the report names the problems of every row', async () => {
    const good = user();
    const { id } = await newUser(app, organization);
    const { code, report, problems } = await problemsOf(
      csvOf([
        good,
        user({ userName: 'nobody', firstName: '', organizationRole: 'King' }),
        user({ groups: 'No such group' }),
        { ...good },
        { kind: 'taxii', userName: fresh('siem'), service: 'nowhere', disabled: 'perhaps' },
        { kind: 'taxii', userName: fresh('siem'), service: 'nowhere' },
        { kind: 'taxii', userName: fresh('siem'), onlyOwners: elsewhere.name },
        user({ pseudonym: '' }),
      ]),
    );
    expect(code).toBe('unprocessable');
    expect(report.refused).toBe(true);
    expect(problems.map((each) => each.map(({ path }) => path))).toEqual([
      [],
      ['userName', 'firstName', 'organizationRole'],
      ['groups'],
      ['userName'],
      ['disabled'],
      ['service'],
      ['onlyOwners'],
      [],
    ]);
    expect(problems[1]?.[1]?.message).toBe('is missing');
    expect(problems[3]?.[0]?.message).toBe('stands in row 2 already');
    expect(outcomes(report)).toEqual([
      'create',
      'error',
      'error',
      'error',
      'error',
      'error',
      'error',
      'create',
    ]);
    expect(report.rows.some((row) => 'secrets' in row)).toBe(false);
    expect(await findAccount(app.db.read, good.userName ?? '')).toBeUndefined();
    expect((await accountRow(app, id)).version).toBe(1);
  });

  it('a dry run of a file that would be refused says so with the same report', async () => {
    const csv = csvOf([user(), user({ organizationRole: 'King' })]);
    const { report } = await problemsOf(csv);
    expect(await run(csv, { dryRun: true })).toEqual({ ...report, dryRun: true });
  });

  it('item 88: a user name of another organization is in use, and no word says where', async () => {
    const foreign = await newUser(app, elsewhere);
    const told = (await auditTrail(app, elsewhere.id)).length;
    const { problems } = await problemsOf(csvOf([user({ userName: foreign.userName.toUpperCase() })]));
    expect(problems).toEqual([
      [{ path: 'userName', message: `The user name "${foreign.userName}" is already in use.` }],
    ]);
    expect(await accountRow(app, foreign.id)).toMatchObject({ version: 1, first_name: 'Ada' });
    expect(await auditTrail(app, elsewhere.id)).toHaveLength(told);
  });

  it('refuses a row for an account of another kind', async () => {
    const siem = await createTaxiiUser(app, organization.administrator, {
      organization: organization.id,
      userName: `${fresh('siem')}@example.com`,
    });
    const { problems } = await problemsOf(csvOf([user({ userName: siem.userName })]));
    expect(problems).toEqual([[{ path: 'kind', message: 'the account is a TAXII user' }]]);
  });

  it('item 79: refuses an Organization Administrator a System role, also one that the account has', async () => {
    const { userName } = await newUser(app, organization);
    const csv = csvOf([
      user({ systemRole: 'User' }),
      user({ userName, systemRole: 'User' }),
      user({ userName: (await newUser(app, organization)).userName, systemRole: 'Administrator' }),
      user({ customTqlTimeoutMs: '5000', pseudonym: fresh('ghost') }),
    ]);
    const { code, problems } = await problemsOf(csv);
    expect(code).toBe('unprocessable');
    expect(problems.map((each) => each.map(({ path }) => path).toSorted())).toEqual([
      ['systemRole'],
      ['systemRole'],
      ['systemRole'],
      ['customTqlTimeoutMs', 'pseudonym'],
    ]);
    const operations = await newPerson(app, 'Operations Administrator', elsewhere);
    const { problems: above } = await problemsOf(csv, { by: operations });
    expect(above).toMatchObject([
      [],
      [],
      [{ path: 'systemRole', message: 'ranks above your own System role' }],
      [],
    ]);
    const administrator = await newPerson(app, 'Administrator', elsewhere);
    expect(outcomes(await run(csv, { by: administrator }))).toEqual([
      'create',
      'unchanged',
      'update',
      'create',
    ]);
    expect(outcomes(await run(csv, { by: administrator }))).toEqual(Array(4).fill('unchanged'));
  });

  it('items 80 and 83: lets nobody edit an account that ranks above their own, nor disable themselves', async () => {
    const boss = await newPerson(app, 'Administrator', organization);
    const own = organization.administrator;
    const { problems } = await problemsOf(
      csvOf([
        user({ userName: boss.userName, organizationRole: '', lastName: 'Changed' }),
        user({
          userName: own.userName,
          firstName: 'Some',
          lastName: 'Body',
          organizationRole: '',
          disabled: 'yes',
        }),
      ]),
    );
    expect(problems.map((each) => each.map(({ path }) => path))).toEqual([
      ['firstName', 'lastName'],
      ['disabled'],
    ]);
  });

  it('item 82: does not take the last Organization Administrator of an organization', async () => {
    const small = await newOrganization(app);
    const csv = csvOf([{ kind: 'user', userName: small.administrator.userName, locked: 'yes' }]);
    const { problems } = await problemsOf(csv, { by: app.operator, into: small });
    expect(problems).toMatchObject([[{ path: '', message: expect.stringContaining('last active') }]]);
  });

  it('a Read Only User who becomes a user takes a seat, and the report says what that entails', async () => {
    const administrator = await newPerson(app, 'Administrator', elsewhere);
    const reader = user({ kind: 'read_only', organizationRole: '' });
    await run(csvOf([reader]));
    const csv = csvOf([{ ...reader, systemRole: 'User', organizationRole: 'Standard User' }]);
    const report = await run(csv, { by: administrator });
    expect(report.rows[0]?.consequences.map(({ code }) => code)).toContain('seat_taken');
    expect(report.seats[0]?.wanted).toBe(1);
    expect(outcomes(await run(csv, { by: administrator }))).toEqual(['unchanged']);
  });

  it('item 91: takes as many seats as there are, or none', async () => {
    const small = await newOrganization(app, { users: 3, taxiiUsers: 2 });
    const by = small.administrator;
    const three = [1, 2, 3].map(() => ({ kind: 'taxii', userName: fresh('siem') }));
    const refusal = await refusalOf(run(csvOf([...three, user(), user(), user()]), { by, into: small }));
    expect(refusal).toMatchObject({
      code: 'limit_reached',
      details: { limit: 'users', wanted: 3, used: 1, max: 3 },
    });
    expect((refusal.details.report as ImportReport).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('3 more are wanted, 2 are left'),
      expect.stringContaining('3 more are wanted, 2 are left'),
    ]);
    expect((await run(csvOf(three), { by, into: small, dryRun: true })).refused).toBe(true);
    expect(await findAccount(app.db.read, three[0]?.userName ?? '')).toBeUndefined();
    expect(outcomes(await run(csvOf(three.slice(1)), { by, into: small }))).toEqual(['create', 'create']);
  });

  it('stops at the limit of the licence, and at kinds that it does not allow', async () => {
    const limited = await openTestApp(engine);
    try {
      const own = await newOrganization(limited, { users: 10, apiUsers: 10, taxiiUsers: 10 });
      await editLicence(limited, limited.operator, { limits: { taxiiUsers: 1 }, apiUsersAllowed: false });
      const input = (rows: Record<string, string>[]) => ({ organization: own.id, csv: csvOf(rows) });
      const two = [1, 2].map(() => ({ kind: 'taxii', userName: fresh('siem') }));
      expect((await refusalOf(importAccounts(limited, own.administrator, input(two)))).details).toMatchObject(
        {
          scope: 'licence',
          wanted: 2,
          max: 1,
        },
      );
      const api = {
        kind: 'api',
        userName: '',
        firstName: 'A',
        lastName: 'B',
        organizationRole: 'Standard User',
      };
      const { details } = await refusalOf(importAccounts(limited, own.administrator, input([api])));
      expect((details.report as ImportReport).rows[0]?.problems).toMatchObject([
        { path: 'kind', message: expect.stringContaining('does not allow API users') },
      ]);
    } finally {
      await limited.close();
    }
  });

  it('of two imports of one file at the same time one creates each account, and the other finds it unchanged', async () => {
    const csv = csvOf([user(), { kind: 'taxii', userName: fresh('siem') }, user()]);
    const other = await app.reopen();
    try {
      const input = { organization: organization.id, csv };
      const reports = await Promise.all([
        importAccounts(app, organization.administrator, input),
        importAccounts(other, organization.administrator, input),
        importAccounts(app, organization.administrator, input),
      ]);
      const all = reports.map((report) => new Set(outcomes(report))).map((set) => [...set].join());
      expect(all.toSorted()).toEqual(['create', 'unchanged', 'unchanged']);
    } finally {
      await other.close();
    }
  });

  it('items 90 and 91: of imports and single creations that come at once as many take seats as there are', async () => {
    const small = await newOrganization(app, { taxiiUsers: 3 });
    const by = small.administrator;
    const imports = Array.from({ length: 4 }, () =>
      run(csvOf([1, 2].map(() => ({ kind: 'taxii', userName: fresh('siem') }))), { by, into: small }),
    );
    const single = Array.from({ length: 4 }, () =>
      createTaxiiUser(app, by, { organization: small.id, userName: fresh('siem') }),
    );
    const results = await Promise.allSettled([...imports, ...single]);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'limit_reached' });
    const made = await app.db.read
      .selectFrom('accounts')
      .select('id')
      .where('organization_id', '=', small.id)
      .where('kind', '=', 'taxii')
      .execute();
    expect(made).toHaveLength(3);
  });

  it('only those who may create accounts in the organization import any', async () => {
    const csv = csvOf([user()]);
    const member = await newPerson(app, 'Standard User', organization);
    const reader = await newPerson(app, 'Read Only User', organization);
    for (const dryRun of [true, false]) {
      expect((await refusalOf(run(csv, { by: member, dryRun }))).code).toBe('forbidden');
      expect((await refusalOf(run(csv, { by: reader, dryRun }))).code).toBe('forbidden');
      expect((await refusalOf(run(csv, { by: elsewhere.administrator, dryRun }))).code).toBe('not_found');
    }
    expect((await refusalOf(run('not even CSV', { by: member }))).code).toBe('forbidden');
    const accounts = await newPerson(app, 'Accounts Administrator', elsewhere);
    expect(outcomes(await run(csv, { by: accounts }))).toEqual(['create']);
  });

  it('tells the audit trail of each account as where it is made alone, and of the import', async () => {
    const own = await newOrganization(app);
    const by = own.administrator;
    const siem = fresh('siem');
    const report = await run(csvOf([user(), { kind: 'taxii', userName: siem }]), { by, into: own });
    await run(csvOf([{ kind: 'taxii', userName: siem, locked: 'yes' }]), { by, into: own });
    await run(csvOf([{ kind: 'taxii', userName: siem, locked: 'no' }]), { by, into: own, dryRun: true });
    await refusalOf(run(csvOf([user({ systemRole: 'Administrator' })]), { by, into: own }));
    const events = (await auditTrail(app, own.id)).filter((event) => event.action !== 'organization.create');
    expect(events.map(({ action, outcome, target_kind }) => [action, outcome, target_kind])).toEqual([
      ['user.create', 'done', 'user'],
      ['taxiiUser.create', 'done', 'taxii_user'],
      ['account.import', 'done', 'organization'],
      ['account.lock', 'done', 'taxii_user'],
      ['account.import', 'done', 'organization'],
      ['account.import', 'refused', 'organization'],
    ]);
    expect(events[2]?.details).toEqual({ create: 2, update: 0, unchanged: 0, error: 0 });
    expect(events[5]?.details).toMatchObject({ code: 'forbidden', problems: [{ path: 'row 2.systemRole' }] });
    for (const { secrets } of report.rows)
      for (const secret of Object.values(secrets ?? {})) expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('does not take what a spreadsheet would run for what it is, nor stumble over BOM, CRLF and quotes', async () => {
    const userName = `${fresh('quoted')}@example.com`;
    const csv = `\ufeffkind,userName,firstName,lastName,organizationRole\r\nuser,${userName},"'=1+1","O""Neil, Jr.",Standard User\r\n\r\n`;
    expect(outcomes(await run(csv))).toEqual(['create']);
    expect(await findAccount(app.db.read, userName)).toMatchObject({
      first_name: '=1+1',
      last_name: 'O"Neil, Jr.',
    });
  });

  it('takes at most 10,000 rows and 20 MB, and says of a file that is no such list what is wrong with it', async () => {
    const row = 'taxii,siem\n';
    expect(await refusalOf(run(`kind,userName\n${row.repeat(10_001)}`))).toMatchObject({ code: 'too_large' });
    expect(await refusalOf(run(`kind,userName\n${'x'.repeat(20_000_000)}`))).toMatchObject({
      code: 'too_large',
    });
    for (const csv of [
      '',
      'kind;userName\ntaxii;siem',
      'kind,userName,kind\n',
      'kind,userName\n"taxii',
      'userName\nsiem',
    ])
      expect((await refusalOf(run(csv))).code, csv).toBe('invalid_input');
    expect(await run('kind,userName\n')).toMatchObject({ refused: false, rows: [] });
  });

  it('lets others have their turn while it runs', async () => {
    const csv = csvOf(Array.from({ length: 200 }, () => ({ kind: 'taxii', userName: fresh('siem') })));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await run(csv, { dryRun: true });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('an account that was renamed or deleted meanwhile is none of those that a row finds', async () => {
    const { id, userName } = await newUser(app, organization);
    await editAccount(app, app.operator, {
      account: id,
      changes: { userName: `${fresh('new')}@example.com` },
    });
    expect(outcomes(await run(csvOf([user({ userName })])))).toEqual(['create']);
    expect((await findAccount(app.db.read, userName))?.id).not.toBe(id);
  });
});
