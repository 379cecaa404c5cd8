import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_COLUMNS } from '../../../contract/bulk.ts';
import type { Caller } from '../../context.ts';
import { parseCsv } from '../../csv.ts';
import { fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
} from '../../testing/builders.ts';
import { csvOf, exported } from '../../testing/bulk.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { createReadOnlyUser } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { listAllowedOwners } from '../accounts/accounts.store.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { importAccounts } from './import.service.ts';

const MANY = { users: 2000, apiUsers: 2000, taxiiUsers: 2000 };

describe.each(ENGINES)('exporting accounts on %s', (engine) => {
  let app: TestApp;
  let elsewhere: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    elsewhere = await newOrganization(app, MANY);
  });
  afterAll(async () => await app?.close());

  /** An organization with accounts of every kind. */
  const populated = async () => {
    const organization = await newOrganization(app, MANY);
    const by = organization.administrator;
    const groups = ['Analysts', 'Night; shift', '=1+1'].map((name) => `${name} ${fresh('g')}`);
    for (const name of groups) await createUserGroup(app, by, { organization: organization.id, name });
    await newUser(app, organization, {
      groups,
      timeZone: 'Europe/Berlin',
      logOutAfterMinutes: 30,
      summaryEmailTime: '08:30',
      expiresAt: '2099-01-31T12:30:00.123456Z',
      customTqlTimeoutMs: 5000,
      lastName: '-Dash, "quoted"',
    });
    const reader = { email: `${fresh('reader')}@example.com`, firstName: '@at', lastName: "'apostrophe" };
    await createReadOnlyUser(app, by, { organization: organization.id, ...reader });
    await newApiUser(app, organization, { includeInObservations: true, contactEmail: 'ops@example.com' });
    const siem = await createTaxiiUser(app, by, {
      organization: organization.id,
      userName: `=${fresh('siem')}`,
      onlyOwners: [organization.id],
    });
    await editAccount(app, by, { account: siem.id, changes: { locked: true } });
    return organization;
  };
  const columnsOf = (csv: string) => parseCsv(csv)[0]?.cells ?? [];

  it('gives back the accounts in the columns of an import, which finds each of them unchanged', async () => {
    const organization = await populated();
    const administrator = await newPerson(app, 'Administrator', elsewhere);
    for (const by of [organization.administrator, administrator, app.operator] as Caller[]) {
      const csv = await exported(app, by, { organization: organization.id, format: 'csv' });
      const report = await importAccounts(app, by, { organization: organization.id, csv });
      expect(report.counts).toEqual({ create: 0, update: 0, unchanged: 5, error: 0 });
    }
  });

  it('names on an allow-list only owners that the asker can see, and the list stays as it is when it comes back', async () => {
    const organization = await newOrganization(app, MANY);
    const [seen, hidden] = await Promise.all(
      ['Seen; circle', 'Hidden circle'].map(async (name) => {
        const owner = await createOwner(app, app.operator, {
          kind: 'community',
          name: `${name} ${fresh('c')}`,
        });
        await addMember(app, app.operator, {
          owner: owner.id,
          organization: organization.id,
          defaultRole: 'Editor',
        });
        return owner;
      }),
    );
    if (seen === undefined || hidden === undefined) throw new Error('are there');
    const all = [organization.id, seen.id, hidden.id];
    const { id, userName } = await createTaxiiUser(app, organization.administrator, {
      organization: organization.id,
      userName: fresh('narrow'),
      onlyOwners: all,
    });
    const colleague = await newPerson(app, 'Organization Administrator', organization);
    await giveCommunityRole(app, colleague, hidden, 'Banned');
    const allowed = async () =>
      (await listAllowedOwners(app.db.read, [id])).map(({ owner_id }) => owner_id).sort((a, b) => a - b);
    const own = { organization: organization.id };
    const exportOf = async (by: Caller, format: 'csv' | 'json') =>
      await exported(app, by, { ...own, format });
    expect(await exportOf(organization.administrator, 'csv')).toContain(hidden.name);
    for (const format of ['csv', 'json'] as const) {
      const text = await exportOf(colleague, format);
      expect(text).not.toContain(hidden.name);
      expect(text).toContain(`owner/${hidden.id}`);
    }
    // Either file, by either of them.
    for (const from of [organization.administrator, colleague]) {
      const csv = await exportOf(from, 'csv');
      const { counts } = await importAccounts(app, from, { ...own, csv });
      expect(counts).toMatchObject({ update: 0, error: 0 });
    }
    const report = await importAccounts(app, organization.administrator, {
      ...own,
      csv: await exportOf(colleague, 'csv'),
    });
    expect(report.counts).toMatchObject({ update: 0, error: 0 });
    const dryRun = await importAccounts(app, colleague, {
      ...own,
      csv: await exportOf(colleague, 'csv'),
      dryRun: true,
    });
    expect(JSON.stringify(dryRun)).not.toContain(hidden.name);
    expect(await allowed()).toEqual(all.sort((a, b) => a - b));
    // An edit of the list keeps what stands there by its id, and drops what does not.
    const row = (onlyOwners: string) => csvOf([{ kind: 'taxii', userName, onlyOwners }]);
    await importAccounts(app, colleague, { ...own, csv: row(`${organization.name}; owner/${hidden.id}`) });
    expect(await allowed()).toEqual([organization.id, hidden.id].sort((a, b) => a - b));
    // Nor does an id open what the organization has nothing to do with.
    const foreign = await createOwner(app, app.operator, {
      kind: 'community',
      name: fresh('Foreign circle'),
    });
    const { details } = await refusalOf(
      importAccounts(app, colleague, { ...own, csv: row(`${organization.name}; owner/${foreign.id}`) }),
    );
    expect(JSON.stringify(details)).not.toContain(foreign.name);
    expect(details.problems).toMatchObject([{ path: 'row 2.onlyOwners' }]);
  });

  it('the System role only for those who may see it', async () => {
    const organization = await populated();
    const own = { organization: organization.id, format: 'csv' } as const;
    const all = Object.keys(ACCOUNT_COLUMNS);
    const csv = await exported(app, organization.administrator, own);
    expect(columnsOf(csv)).toEqual(all.filter((column) => column !== 'systemRole'));
    const operations = await newPerson(app, 'Operations Administrator', elsewhere);
    expect(columnsOf(await exported(app, operations, own))).toEqual(all);
    const json = await exported(app, organization.administrator, { ...own, format: 'json' });
    expect(json).not.toContain('systemRole');
    const { details } = await refusalOf(
      exported(app, organization.administrator, { ...own, systemRole: 'Administrator' }),
    );
    expect(details.problems?.map(({ path }) => path)).toEqual(['systemRole']);
  });

  it('item 73: escapes every cell that a spreadsheet would run', async () => {
    const organization = await populated();
    const csv = await exported(app, app.operator, { organization: organization.id, format: 'csv' });
    expect(csv).toContain("'=siem");
    expect(csv).toContain(",'@at,'apostrophe,");
    expect(csv).not.toMatch(/(^|,)"?[=+@\t-]/m);
  });

  it('gives JSON with lists and switches as what they are, and null for what an account does not have', async () => {
    const organization = await populated();
    const input = { organization: organization.id, format: 'json', kind: 'taxii' } as const;
    const accounts = JSON.parse(await exported(app, organization.administrator, input)) as unknown[];
    expect(accounts).toEqual([
      expect.objectContaining({
        kind: 'taxii',
        locked: true,
        onlyOwners: [organization.name],
        groups: null,
        pseudonym: null,
      }),
    ]);
    const none = { ...input, kind: 'read_only', search: 'nobody at all' } as const;
    expect(JSON.parse(await exported(app, organization.administrator, none))).toEqual([]);
  });

  it('comes filtered and sorted as the list does, every account once, however many there are', async () => {
    const organization = await newOrganization(app, MANY);
    const rows = Array.from({ length: 1100 }, (_, index) => ({
      kind: 'taxii',
      userName: `${fresh('many')}`,
      disabled: index % 2 === 0 ? 'yes' : '',
    }));
    await importAccounts(app, organization.administrator, {
      organization: organization.id,
      csv: csvOf(rows),
    });
    const names = async (query: object) =>
      (
        JSON.parse(
          await exported(app, organization.administrator, {
            organization: organization.id,
            format: 'json',
            ...query,
          }),
        ) as { userName: string }[]
      ).map(({ userName }) => userName);
    const all = await names({ kind: 'taxii', sort: '-userName' });
    expect(all).toEqual(
      rows
        .map(({ userName }) => userName)
        .toSorted()
        .toReversed(),
    );
    expect(await names({ kind: 'taxii', state: 'disabled' })).toHaveLength(550);
  });

  it('tells the audit trail who exported what', async () => {
    const organization = await newOrganization(app);
    await exported(app, organization.administrator, {
      organization: organization.id,
      format: 'csv',
      kind: 'user',
    });
    expect((await auditTrail(app, organization.id)).at(-1)).toMatchObject({
      action: 'account.export',
      outcome: 'done',
      details: { format: 'csv', kind: 'user' },
    });
  });

  it('"To view information on user accounts other than your own …": nobody else exports any', async () => {
    const organization = await newOrganization(app);
    const input = { organization: organization.id, format: 'csv' } as const;
    const member = await newPerson(app, 'Standard User', organization);
    const reader = await newPerson(app, 'Read Only User', organization);
    expect((await refusalOf(exported(app, member, input))).code).toBe('forbidden');
    expect((await refusalOf(exported(app, reader, input))).code).toBe('forbidden');
    expect((await refusalOf(exported(app, elsewhere.administrator, input))).code).toBe('not_found');
  });

  it('whatever was imported is exported, and found unchanged when it is imported again', async () => {
    const organization = await newOrganization(app, MANY);
    const input = { organization: organization.id };
    for (const name of ['a', 'b;c', '=d']) await createUserGroup(app, app.operator, { ...input, name });
    const name = fc
      .string({
        unit: fc.constantFrom(...'aé =+-@\'";,\t漢😀'.split('').filter((c) => c !== '\t')),
        minLength: 1,
        maxLength: 12,
      })
      .filter((text) => text.trim() !== '' && text.isWellFormed());
    const flag = fc.constantFrom('', 'yes', 'false');
    const common = {
      disabled: flag,
      expiresAt: fc.constantFrom('', '2099-12-31T23:59:59Z', '2099-01-01T00:00:00.5Z'),
    };
    const person = {
      ...common,
      firstName: name,
      lastName: name,
      locked: flag,
      timeZone: fc.constantFrom('', 'UTC', 'Asia/Tokyo'),
      logOutAfterMinutes: fc.constantFrom('', '1', '1440'),
      groups: fc.subarray(['a', 'b\\;c', '=d']).map((groups) => groups.join(';')),
      mfaResetRequired: flag,
    };
    const row = fc.oneof(
      fc.record({
        kind: fc.constant('user'),
        organizationRole: fc.constantFrom('Standard User', 'Sharing User'),
        ...person,
      }),
      fc.record({
        kind: fc.constant('read_only'),
        organizationRole: fc.constantFrom('', 'Read Only Commenter'),
        ...person,
      }),
      fc.record({
        kind: fc.constant('taxii'),
        onlyOwners: fc.constantFrom('', organization.name),
        locked: flag,
        ...common,
      }),
      fc.record({
        kind: fc.constant('api'),
        firstName: name,
        lastName: name,
        organizationRole: fc.constant('App Developer'),
        exceedApiLinkLimit: flag,
        ...common,
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
        const named = rows.map((each) => ({
          ...each,
          userName: each.kind === 'api' ? '' : `${fresh('p')}@example.com`,
        }));
        const made = await importAccounts(app, app.operator, { ...input, csv: csvOf(named) });
        expect(made.counts.create).toBe(rows.length);
        const csv = await exported(app, app.operator, { ...input, format: 'csv' });
        const again = await importAccounts(app, app.operator, { ...input, csv });
        expect(again.counts).toEqual({ create: 0, update: 0, unchanged: again.rows.length, error: 0 });
        const second = await exported(app, app.operator, { ...input, format: 'csv' });
        expect(second).toBe(csv);
      }),
      { numRuns: 25 },
    );
  });
});
