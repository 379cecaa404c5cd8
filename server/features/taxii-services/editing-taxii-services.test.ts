import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EditTaxiiServiceInput } from '../../../contract/taxii-services.ts';
import { inTransaction } from '../../db/transaction.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import {
  createTaxiiService,
  deleteTaxiiService,
  editTaxiiService,
  getTaxiiService,
  listTaxiiServices,
} from './taxii-services.service.ts';
import { listServicesOf, passServices } from './taxii-services.store.ts';

let number = 0;

describe.each(ENGINES)('a TAXII service on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    other = await newOrganization(app);
    administrator = await newPerson(app, 'Administrator', other);
  });
  afterAll(async () => await app?.close());

  const create = async (changes: { organizations?: string[]; responsible?: string | number } = {}) => {
    number++;
    return await createTaxiiService(app, administrator, {
      name: `Feed ${number}`,
      path: `feeds/feed-${number}`,
      ...changes,
    });
  };
  const edit = async (
    service: { id: number },
    changes: EditTaxiiServiceInput['changes'],
    caller: Someone = administrator,
  ) => await editTaxiiService(app, caller, { service: service.id, changes });
  const newUser = async (service: string, home = organization) =>
    await createTaxiiUser(app, app.operator, {
      userName: `siem-${++number}`,
      organization: home.name,
      service,
    });
  const missing = (id: number) => ({
    code: 'not_found',
    details: { message: `There is no TAXII service with the id ${id}.` },
  });

  describe('is shown', () => {
    it('by id, name or path, with what may be done with it', async () => {
      const { warnings, ...service } = await create();
      expect(warnings).toEqual([]);
      for (const reference of [service.id, service.name.toUpperCase(), `/${service.path}/`])
        expect(await getTaxiiService(app, administrator, reference)).toEqual(service);
    });

    it('to an Organization Administrator whose organization may use it, without who else may and who answers for it', async () => {
      const service = await create({ organizations: [organization.name, other.name] });
      const seen = await getTaxiiService(app, organization.administrator, service.id);
      expect(seen).toMatchObject({
        allOrganizations: false,
        organizations: [{ id: organization.id, name: organization.name }],
        abilities: { edit: false, delete: false },
      });
      expect(seen).not.toHaveProperty('responsible');
      expect(seen).not.toHaveProperty('taxiiUsers');
    });

    it('not to an Organization Administrator whose organization may not use it, as if it did not exist', async () => {
      const { id } = await create({ organizations: [other.name] });
      for (const each of [id, 999_999]) {
        const { administrator: stranger } = organization;
        expect(await refusalOf(getTaxiiService(app, stranger, each))).toEqual(missing(each));
        expect(await refusalOf(edit({ id: each }, { strict: true }, stranger))).toEqual(missing(each));
        expect(await refusalOf(deleteTaxiiService(app, stranger, each))).toEqual(missing(each));
      }
    });

    it.each(['Standard User', 'Read Only User'] as const)(
      'not to the %s, as if it did not exist',
      async (person) => {
        const caller = await newPerson(app, person, organization);
        expect(await refusalOf(getTaxiiService(app, caller, 1))).toEqual(missing(1));
      },
    );

    it('in the list page by page, and to an administrator for one organization', async () => {
      const mine = await create({ organizations: [organization.name] });
      const theirs = await create({ organizations: [other.name] });
      const ids: number[] = [];
      let after: string | undefined;
      do {
        const page = await listTaxiiServices(app, administrator, {
          limit: 2,
          organization: organization.id,
          ...(after === undefined ? {} : { after }),
        });
        expect(page.items.length).toBeLessThanOrEqual(2);
        ids.push(...page.items.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(ids).toContain(mine.id);
      expect(ids).not.toContain(theirs.id);
      const newest = await listTaxiiServices(app, administrator, { limit: 1, sort: '-id' });
      expect(newest.items[0]?.id).toBe(theirs.id);
      // Whether an organization exists that the asker may not see is not told.
      const asked = listTaxiiServices(app, organization.administrator, { organization: other.id });
      expect((await refusalOf(asked)).code).toBe('not_found');
    });
  });

  describe('is edited', () => {
    it('by an Administrator in every field, with the values before and after in one event', async () => {
      const service = await create();
      const user = await newPerson(app, 'Standard User', organization);
      const edited = await editTaxiiService(app, administrator, {
        service: service.id,
        version: 1,
        changes: {
          name: `Other ${number}`,
          title: 'Title',
          description: 'What it is for',
          organizations: [organization.id],
          defaultPageSize: 10,
          maxPageSize: 20,
          maxPageBytes: 200_000,
          maxContentLength: 5000,
          strict: true,
          responsible: user.userName,
        },
      });
      expect(edited).toEqual({
        ...service,
        version: 2,
        name: `Other ${number}`,
        title: 'Title',
        description: 'What it is for',
        allOrganizations: false,
        organizations: [{ id: organization.id, name: organization.name }],
        defaultPageSize: 10,
        maxPageSize: 20,
        maxPageBytes: 200_000,
        maxContentLength: 5000,
        strict: true,
        responsible: { id: user.accountId, name: user.userName },
        warnings: [],
      });
      const events = (await auditTrail(app)).filter(
        (event) => event.action === 'taxiiService.edit' && event.target_id === String(service.id),
      );
      expect(events).toHaveLength(1);
      expect(events[0]?.details).toMatchObject({
        name: { before: service.name, after: `Other ${number}` },
        organizations: { before: 'all', after: [organization.name] },
        defaultPageSize: { before: 1000, after: 10 },
        responsible: { before: administrator.accountId, after: user.accountId },
      });
      expect(events[0]?.details).not.toHaveProperty('path');
      const back = await edit(service, { organizations: null, description: null, responsible: null });
      expect(back).toMatchObject({
        allOrganizations: true,
        organizations: [],
        description: null,
        responsible: null,
        version: 3,
      });
    });

    it('without a change, it keeps its version and leaves no event', async () => {
      const service = await create();
      expect(await edit(service, { name: service.name, strict: false })).toEqual({
        ...service,
        warnings: [],
      });
      const events = (await auditTrail(app)).filter((event) => event.target_id === String(service.id));
      expect(events.map(({ action }) => action)).toEqual(['taxiiService.create']);
    });

    it('not by whoever saw an older version of it', async () => {
      const service = await create();
      await edit(service, { title: 'New' });
      const late = editTaxiiService(app, administrator, {
        service: service.id,
        version: 1,
        changes: { title: 'Late' },
      });
      expect(await refusalOf(late)).toMatchObject({ code: 'stale', details: { version: 2 } });
      expect((await getTaxiiService(app, administrator, service.id)).title).toBe('New');
    });

    it.each([
      'Operations Administrator',
      'Accounts Administrator',
      'Community Leader',
      'Super User',
      'Organization Administrator',
    ] as const)('and deleted not by the %s, who sees it', async (person) => {
      const service = await create();
      const caller = await newPerson(app, person, organization);
      expect(await refusalOf(edit(service, { title: 'Mine' }, caller))).toEqual({
        code: 'forbidden',
        details: { permission: 'taxiiService.edit' },
      });
      expect(await refusalOf(deleteTaxiiService(app, caller, service.id))).toEqual({
        code: 'forbidden',
        details: { permission: 'taxiiService.delete' },
      });
      expect((await getTaxiiService(app, caller, service.id)).title).toBe(service.title);
    });

    it.each<[string, EditTaxiiServiceInput['changes'], string]>([
      ['a default page beyond the largest', { defaultPageSize: 10_000, maxPageSize: 10 }, 'defaultPageSize'],
      ['a largest page below the stored default', { maxPageSize: 10 }, 'defaultPageSize'],
      ['a path that no API root may have', { path: 'taxii2' }, 'path'],
      ['nothing to change', {}, 'changes'],
      ['a title of blanks', { title: ' ' }, 'changes.title'],
    ])('not to %s', async (_, changes, path) => {
      const service = await create();
      expect(await refusalOf(edit(service, changes))).toMatchObject({
        code: 'invalid_input',
        details: { problems: [{ path }] },
      });
    });

    it('not to a name or a path that another has, and to its own in another letter case', async () => {
      const [one, two] = [await create(), await create()];
      for (const changes of [{ name: one.name.toUpperCase() }, { path: one.path.toUpperCase() }])
        expect((await refusalOf(edit(two, changes))).code).toBe('name_taken');
      expect((await edit(two, { name: two.name.toUpperCase() })).name).toBe(two.name.toUpperCase());
    });

    it('to another path with a warning that names how many clients it concerns', async () => {
      const service = await create();
      const path = `moved/feed-${++number}`;
      expect((await edit(service, { path: `/${path}/` })).warnings).toEqual([
        `Clients that are configured with /${service.path}/ no longer reach it there: 0 TAXII users are bound to this service.`,
      ]);
      await newUser(path);
      expect(await edit(service, { path: service.path })).toMatchObject({
        path: service.path,
        warnings: [
          `Clients that are configured with /${path}/ no longer reach it there: 1 TAXII user is bound to this service.`,
        ],
      });
    });

    it('to other organizations with a warning for those who can no longer connect', async () => {
      const service = await create();
      await newUser(service.path);
      await newUser(service.path, other);
      expect((await edit(service, { organizations: [other.name] })).warnings).toEqual([
        '1 TAXII user can no longer connect: their organization may not use this service.',
      ]);
    });

    it('not to an organization that does not exist', async () => {
      const service = await create();
      expect((await refusalOf(edit(service, { organizations: ['Nothing'] }))).code).toBe('not_found');
      expect((await getTaxiiService(app, administrator, service.id)).allOrganizations).toBe(true);
    });
  });

  describe('has a responsible account', () => {
    it('that is chosen at its creation', async () => {
      const user = await newPerson(app, 'Standard User', organization);
      const service = await create({ responsible: user.accountId });
      expect(service.responsible).toEqual({ id: user.accountId, name: user.userName });
      expect(await listServicesOf(app.db.read, user.accountId)).toEqual([
        { id: service.id, name: service.name },
      ]);
    });

    it('that is a user, and no other kind of account', async () => {
      const service = await create();
      const taxii = await newUser(service.path);
      const reader = await newPerson(app, 'Read Only User', organization);
      for (const id of [taxii.id, reader.accountId]) {
        expect(await refusalOf(edit(service, { responsible: id }))).toEqual({
          code: 'invalid_input',
          details: {
            message: 'responsible: must be a user',
            problems: [{ path: 'responsible', message: 'must be a user' }],
          },
        });
      }
    });

    it.each([
      ['disabled', { disabled_at: 1 }],
      ['locked', { locked_at: 1 }],
      ['expired', { expires_at: 1 }],
    ])('that is not %s', async (state, columns) => {
      const service = await create();
      const user = await newPerson(app, 'Standard User', organization);
      await inTransaction(app.db, (tx) =>
        tx.updateTable('accounts').set(columns).where('id', '=', user.accountId).execute(),
      );
      const refusal = await refusalOf(edit(service, { responsible: user.accountId }));
      expect(refusal.details.message).toBe(`responsible: must be active, and is ${state}`);
    });

    it('that exists and is not deleted', async () => {
      const service = await create();
      const user = await newPerson(app, 'Standard User', organization);
      await deleteAccount(app, app.operator, { account: user.accountId });
      for (const reference of [user.accountId, user.userName, 999_999, 'nobody'])
        expect((await refusalOf(edit(service, { responsible: reference }))).code).toBe('not_found');
    });

    it('whose services are passed on to an heir', async () => {
      const [from, to] = [
        await newPerson(app, 'Standard User', organization),
        await newPerson(app, 'Standard User', organization),
      ];
      const services = [
        await create({ responsible: from.accountId }),
        await create({ responsible: from.userName }),
      ];
      const passed = await inTransaction(app.db, (tx) => passServices(tx, from.accountId, to.accountId));
      expect(passed).toBe(2);
      for (const { id } of services) {
        expect(await getTaxiiService(app, administrator, id)).toMatchObject({
          version: 2,
          responsible: { id: to.accountId },
        });
      }
    });

    it('that is never one deleted at the same moment', async () => {
      const outcomes = new Set<string>();
      for (let round = 0; round < 12; round++) {
        const service = await create();
        const user = await newPerson(app, 'Standard User', organization);
        const naming = () => edit(service, { responsible: user.accountId });
        const deleting = () => deleteAccount(app, app.operator, { account: user.accountId });
        const [first, second] = round % 2 === 0 ? [naming, deleting] : [deleting, naming];
        const settled = await Promise.allSettled([first(), second()]);
        for (const each of settled) {
          if (each.status === 'rejected')
            expect(['not_found', 'heirs_required']).toContain(Reflect.get(each.reason, 'code'));
        }
        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const row = await app.db.read
          .selectFrom('taxii_services')
          .leftJoin('accounts', 'accounts.id', 'responsible_account_id')
          .select(['accounts.deleted_at', 'responsible_account_id'])
          .where('taxii_services.id', '=', service.id)
          .executeTakeFirstOrThrow();
        expect(row.deleted_at).toBeNull();
        outcomes.add(row.responsible_account_id === user.accountId ? 'named' : 'deleted');
      }
      // Both ways came about, so that both were tried.
      expect([...outcomes].sort()).toEqual(['deleted', 'named']);
    });
  });

  describe('is deleted', () => {
    it('by an Administrator, and then its name and path are free', async () => {
      const service = await create({ organizations: [organization.name] });
      await deleteTaxiiService(app, administrator, service.name);
      expect(await refusalOf(getTaxiiService(app, administrator, service.id))).toEqual(missing(service.id));
      const again = await createTaxiiService(app, administrator, { name: service.name, path: service.path });
      expect(again.id).toBeGreaterThan(service.id);
      const events = (await auditTrail(app)).filter((event) => event.action === 'taxiiService.delete');
      expect(events.at(-1)).toMatchObject({
        target_id: String(service.id),
        target_name: service.name,
        outcome: 'done',
      });
    });

    it('not while TAXII users are bound to it, who are counted; deleted ones do not count', async () => {
      const service = await create();
      const users = [await newUser(service.path), await newUser(service.path)];
      expect(await getTaxiiService(app, administrator, service.id)).toMatchObject({ taxiiUsers: 2 });
      expect(await refusalOf(deleteTaxiiService(app, administrator, service.id))).toEqual({
        code: 'conflict',
        details: {
          message: `2 TAXII users are bound to the TAXII service "${service.name}": delete them, or bind them to another one.`,
          taxiiUsers: 2,
        },
      });
      for (const { id } of users) await deleteAccount(app, app.operator, { account: id });
      expect(await getTaxiiService(app, administrator, service.id)).toMatchObject({ taxiiUsers: 0 });
      await deleteTaxiiService(app, administrator, service.id);
    });

    it('or gets a TAXII user at the same moment, new or of another service, and not both', async () => {
      for (let round = 0; round < 8; round++) {
        const service = await create();
        const user = await newUser('intel');
        const binding =
          round % 2 === 0
            ? () => newUser(service.path)
            : () => editAccount(app, app.operator, { account: user.id, changes: { service: service.id } });
        const settled = await Promise.allSettled([
          deleteTaxiiService(app, administrator, service.id),
          binding(),
        ]);
        expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        for (const each of settled) {
          if (each.status === 'rejected')
            expect(['conflict', 'not_found']).toContain(Reflect.get(each.reason, 'code'));
        }
      }
    });

    it('not where it is the only one', async () => {
      const own = await openTestApp(engine);
      try {
        const refusal = await refusalOf(deleteTaxiiService(own, own.operator, 'intel'));
        expect(refusal.code).toBe('conflict');
        expect(refusal.details.message).toContain('the only TAXII service');
      } finally {
        await own.close();
      }
    });
  });
});
