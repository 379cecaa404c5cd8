import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { act } from '../../action.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { rotateTaxiiUserCredential } from '../../testing/account-changes.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findAccount, updateAccount } from '../accounts/accounts.store.ts';
import { createAuthentication } from '../authentication/authentication.service.ts';
import { createOrganization, setLimits } from '../owners/owners.service.ts';
import { coalesceAuditEvent, listAuditEvents, MAX_SEPARATE } from './audit.store.ts';

let number = 0;

describe.each(ENGINES)('the audit trail on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());

  const create = (userName = `siem-${++number}`, caller = organization.administrator) =>
    createTaxiiUser(app, caller, { userName, organization: organization.name });
  const refusals = async () => (await auditTrail(app)).filter((event) => event.outcome === 'refused');

  describe('and the change it tells of', () => {
    it('are both there after the commit', async () => {
      const before = (await auditTrail(app)).length;
      const { id, userName } = await create();
      const events = (await auditTrail(app)).slice(before);
      expect(events).toMatchObject([
        {
          action: 'taxiiUser.create',
          outcome: 'done',
          organization_id: organization.id,
          target_kind: 'taxii_user',
          target_id: String(id),
          target_name: userName,
        },
      ]);
    });

    it('are neither there when something fails after the change', async () => {
      const before = await auditTrail(app);
      const change = act(app, app.operator, 'organization.create', async ({ tx, access, audit }) => {
        access.require('organization.create', {});
        await updateAccount(tx, organization.administrator.accountId, { first_name: 'Changed' });
        await audit({
          organizationId: null,
          targetKind: 'user',
          targetId: null,
          targetName: null,
          details: {},
        });
        throw new Error('induced');
      });
      await expect(change).rejects.toThrow('induced');
      expect(await auditTrail(app)).toEqual(before);
      const account = await findAccount(app.db.read, organization.administrator.userName);
      expect(account?.first_name).toBe('Some');
    });

    it('item 115: are neither there when the database refuses the event', async () => {
      const refuse =
        engine === 'postgres'
          ? [
              `create function refuse_event() returns trigger language plpgsql as $$ begin raise exception 'no more events'; end $$`,
              'create trigger refuse before insert on audit_events for each row execute function refuse_event()',
            ]
          : [
              "create trigger refuse before insert on audit_events begin select raise(abort, 'no more events'); end",
            ];
      const run = async (...statements: string[]) =>
        await inTransaction(app.db, async (tx) => {
          for (const statement of statements) await sql.raw(statement).execute(tx);
        });
      const before = await auditTrail(app);
      const name = `Organization without event ${++number}`;
      await run(...refuse);
      try {
        await expect(createOrganization(app, app.operator, { name })).rejects.toThrow('no more events');
      } finally {
        await run(engine === 'postgres' ? 'drop trigger refuse on audit_events' : 'drop trigger refuse');
      }
      expect(await auditTrail(app)).toEqual(before);
      expect(
        (await refusalOf(setLimits(app, app.operator, { organization: name, limits: { users: 1 } }))).code,
      ).toBe('not_found');
      await createOrganization(app, app.operator, { name });
    });

    it('are neither there when the event cannot be written', async () => {
      const rename = async (from: string, to: string) =>
        await inTransaction(app.db, async (tx) => {
          await sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(tx);
        });
      const userName = `siem-${++number}`;
      await rename('audit_events', 'elsewhere');
      try {
        await expect(create(userName)).rejects.toThrow('audit_events');
      } finally {
        await rename('elsewhere', 'audit_events');
      }
      expect(await findAccount(app.db.read, userName)).toBeUndefined();
      expect((await auditTrail(app)).map((event) => event.target_name)).not.toContain(userName);
    });
  });

  describe('of a refused attempt', () => {
    it('tells who was refused what, after the change was rolled back', async () => {
      const standard = await newPerson(app, 'Standard User', organization);
      const userName = `siem-${++number}`;
      await refusalOf(create(userName, standard));
      expect((await refusals()).at(-1)).toMatchObject({
        action: 'taxiiUser.create',
        outcome: 'refused',
        organization_id: organization.id,
        actor_account_id: standard.accountId,
        actor_name: standard.userName,
        details: { code: 'forbidden', permission: 'account.create' },
        source_address: '192.0.2.7',
        count: 1,
      });
      expect(await findAccount(app.db.read, userName)).toBeUndefined();
    });

    it('counts equal ones within a minute as one event', async () => {
      const standard = await newPerson(app, 'Standard User', organization);
      const before = (await refusals()).length;
      for (let attempt = 0; attempt < 5; attempt++) await refusalOf(create('some-siem', standard));
      const events = (await refusals()).slice(before);
      expect(events.map((event) => event.count)).toEqual([5]);
      app.clock.advance(61);
      await refusalOf(create('some-siem', standard));
      expect((await refusals()).slice(before).map((event) => event.count)).toEqual([5, 1]);
    });

    it('of one person are told separately thirty times a minute, and further ones counted on one event', async () => {
      const standard = await newPerson(app, 'Standard User', organization);
      const neighbour = await newPerson(app, 'Standard User', organization);
      const refusalsOf = async ({ accountId }: Someone) =>
        (await refusals()).filter((event) => event.actor_account_id === accountId);
      const others = await app.reopen();
      const attempts = (name: string, caller: Someone) =>
        Array.from({ length: 50 }, (_, index) =>
          refusalOf(
            createTaxiiUser(
              index % 2 === 0 ? app : others,
              index % 3 === 0 ? { ...caller, address: '192.0.2.8' } : caller,
              {
                userName: `${name}-${index}`,
                organization: organization.name,
              },
            ),
          ),
        );
      await Promise.all(attempts('many', standard));
      await refusalOf(
        setLimits(app, standard, { organization: organization.name, limits: { taxiiUsers: 1 } }),
      );
      const events = await refusalsOf(standard);
      expect(events).toHaveLength(MAX_SEPARATE + 1);
      expect(events.filter((event) => event.count === 1)).toHaveLength(MAX_SEPARATE);
      expect(events.find((event) => event.action === 'refusals.further')).toMatchObject({
        outcome: 'refused',
        actor_account_id: standard.accountId,
        actor_name: standard.userName,
        target_kind: 'refusal',
        target_name: null,
        source_address: null,
        details: {},
        count: 21,
      });
      // Equal ones are counted where they stand, and nobody else is kept from being told of.
      await refusalOf(create('some-siem', neighbour));
      await refusalOf(create('some-siem', neighbour));
      expect(await refusalsOf(neighbour)).toMatchObject([{ action: 'taxiiUser.create', count: 2 }]);
      app.clock.advance(61);
      await refusalOf(create('after-a-minute', standard));
      const later = await refusalsOf(standard);
      expect(later).toHaveLength(MAX_SEPARATE + 2);
      expect(later.at(-1)).toMatchObject({ action: 'taxiiUser.create', count: 1 });
      await others.close();
    });

    it('of nobody who is known are counted so for each address', async () => {
      const failure = (address: string, index: number) =>
        inTransaction(app.db, (tx) =>
          coalesceAuditEvent(tx, {
            at: app.clock.now(),
            organizationId: null,
            actorAccountId: null,
            actorName: '(key)',
            actorOrganizationId: null,
            actorSystemRole: null,
            action: 'authenticate',
            outcome: 'failed',
            targetKind: 'credential',
            targetId: index,
            targetName: null,
            details: {},
            sourceAddress: address,
            requestId: null,
          }),
        );
      for (let index = 0; index < 40; index++) await failure('198.51.100.1', index);
      await failure('198.51.100.2', 1);
      const events = await auditTrail(app);
      const from = (address: string) => events.filter((event) => event.source_address === address);
      expect(from('198.51.100.1')).toHaveLength(MAX_SEPARATE + 1);
      expect(from('198.51.100.1').at(-1)).toMatchObject({ action: 'refusals.further', count: 10 });
      expect(from('198.51.100.2')).toMatchObject([{ action: 'authenticate', count: 1 }]);
    });

    it('keeps those of another person, from another address, or with another reason apart', async () => {
      const one = await newPerson(app, 'Standard User', organization);
      const other = await newPerson(app, 'Standard User', organization);
      const before = (await refusals()).length;
      await refusalOf(create('some-siem', one));
      await refusalOf(create('some-siem', other));
      await refusalOf(create('some-siem', { ...one, address: '192.0.2.8' }));
      const stranger = (await newOrganization(app)).administrator;
      await refusalOf(create('some-siem', stranger));
      expect((await refusals()).slice(before).map((event) => event.count)).toEqual([1, 1, 1, 1]);
    });

    it('tells of a taken name and of a reached limit, but not of a typing error', async () => {
      const { userName } = await create();
      const before = (await refusals()).length;
      await refusalOf(create(userName));
      await refusalOf(create(''));
      const small = await newOrganization(app, { taxiiUsers: 0 });
      await refusalOf(
        createTaxiiUser(app, small.administrator, { userName: 'x-siem', organization: small.name }),
      );
      expect((await refusals()).slice(before).map((event) => event.details.code)).toEqual([
        'name_taken',
        'limit_reached',
      ]);
    });
  });

  it('shows an organization its own events only, and the instance all of them', async () => {
    const other = await newOrganization(app);
    const standard = await newPerson(app, 'Standard User', other);
    await refusalOf(create('some-siem', standard));
    await create();
    const seen = await listAuditEvents(app.db.read, other.id, { limit: 1000 });
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen.map((event) => event.organization_id))).toEqual(new Set([other.id]));
    // What members of it attempted elsewhere is theirs; what others did is not.
    expect(seen.map((event) => event.actor_name)).toContain(standard.userName);
    expect(seen.map((event) => event.actor_name)).not.toContain(organization.administrator.userName);
    const everything = await listAuditEvents(app.db.read, 'instance', { limit: 1000 });
    expect(everything.length).toBeGreaterThan(seen.length);
    const newestFirst = [...everything].sort((a, b) => b.at - a.at || b.id - a.id);
    expect(everything.map((event) => event.id)).toEqual(newestFirst.map((event) => event.id));
    expect(await listAuditEvents(app.db.read, 'instance', { limit: 2 })).toEqual(everything.slice(0, 2));
  });

  it('never holds a secret: generated, typed, rotated, mistyped or refused', async () => {
    const typed = 'canary-typed-phrase';
    const userName = `siem-${++number}`;
    const user = await createTaxiiUser(app, organization.administrator, {
      userName,
      organization: organization.name,
      password: typed,
      apiKey: true,
    });
    const rotated = await rotateTaxiiUserCredential(app, organization.administrator, {
      userName,
      credential: 'password',
    });
    const authentication = createAuthentication(app);
    const from = { address: '192.0.2.99', requestId: 'r' };
    for (const attempt of [
      { scheme: 'basic', userName, password: 'canary-mistyped-phrase' },
      { scheme: 'key', key: 'canary-guessed-key' },
    ] as const)
      await refusalOf(authentication.verify(attempt, from));
    await refusalOf(
      createTaxiiUser(app, organization.administrator, {
        userName,
        organization: organization.name,
        password: 'canary-refused-phrase',
      }),
    );
    await refusalOf(
      createTaxiiUser(app, organization.administrator, {
        userName,
        organization: organization.name,
        password: 'canary',
      }),
    );
    const rows = await app.db.read.selectFrom('audit_events').selectAll().execute();
    const text = JSON.stringify([rows, app.logged]);
    expect(text).toContain(userName);
    expect(text).not.toContain('canary');
    for (const secret of [user.apiKey, rotated.password]) expect(text).not.toContain(secret);
  });

  it('item 118: no line end or escape sequence of an input makes a line of its own in the log', async () => {
    const forged = 'x\r\n{"level":"error","msg":"forged"}\n\u001b[31mred\u2028y\u0085z';
    const logged = app.logged.length;
    await refusalOf(
      setLimits(app, organization.administrator, { organization: forged, limits: { users: 1 } }),
    );
    app.log.warn({ organization: forged, err: new AppError('conflict', { message: forged }) }, forged);
    const lines = app.logged.slice(logged);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line.trimEnd()).not.toMatch(/[\r\n\u001b]/);
      expect(JSON.parse(line)).not.toMatchObject({ msg: 'forged' });
    }
    const last = (await auditTrail(app)).at(-1);
    expect(last).toMatchObject({ action: 'organization.limits', outcome: 'refused' });
    expect(String(last?.details.message)).toContain(forged);
  });

  it('is asked to the operator’s name where the operator acts', async () => {
    const name = `Organization by operator ${++number}`;
    const { id } = await createOrganization(app, app.operator, { name });
    expect(await auditTrail(app, id)).toMatchObject([
      { actor_account_id: null, actor_name: 'operator (test)', source_address: null, request_id: null },
    ]);
  });
});

describe.each(ENGINES)('a use case on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  it('that asked for no permission is an internal error and changes nothing', async () => {
    const before = await auditTrail(app);
    const forgetful = act(app, app.operator, 'forgetful', async ({ audit }) => {
      await audit({ organizationId: null, targetKind: 'x', targetId: null, targetName: null, details: {} });
    });
    expect((await refusalOf(forgetful)).code).toBe('internal');
    expect(await auditTrail(app)).toEqual(before);
  });

  it('passes a refusal on even where it cannot be audited, and logs that for somebody to act', async () => {
    const refusal = act(app, app.operator, 'broken', async ({ access }) => {
      access.can('instance.operate', {});
      // JSON cannot write a bigint: the event of this refusal fails.
      throw new AppError('conflict', { big: 1n });
    });
    await expect(refusal).rejects.toMatchObject({ code: 'conflict' });
    expect(app.logged.join()).toContain('a refusal could not be audited');
  });
});
