import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListAuditInput } from '../../../contract/audit.ts';
import { act, readingAs } from '../../action.ts';
import type { Caller } from '../../context.ts';
import { parseCsv } from '../../csv.ts';
import { canonicalJson } from '../../db/audit-chain.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { exportAudit, listActivity, listAudit } from './audit.service.ts';
import { appendAuditEvents } from './audit.store.ts';

describe.each(ENGINES)('reading the audit trail on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  let superUser: Someone;
  let instanceAdministrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    other = await newOrganization(app);
    superUser = await newPerson(app, 'Super User', other);
    instanceAdministrator = await newPerson(app, 'Administrator', other);
  });
  afterAll(async () => await app?.close());

  /** A change to a thing of the organization, as any use case makes one. */
  const change = async (caller: Caller, name: string, of: { id: number } | null = organization) => {
    app.clock.advance(1);
    await act(app, caller, 'thing.change', async ({ access, audit }) => {
      access.can('organization.view', {});
      await audit({
        organizationId: of?.id ?? null,
        targetKind: 'thing',
        targetId: name,
        targetName: name,
        details: { before: 'some "text"', after: '=1+1' },
      });
    });
  };
  const list = (caller: Caller, input: ListAuditInput) => listAudit(app, caller, input);
  const mine = (input: ListAuditInput = {}) =>
    list(organization.administrator, { organization: organization.id, ...input });
  const piecesOf = async (exported: Promise<AsyncIterable<string>>) => {
    const pieces: string[] = [];
    for await (const piece of await exported) pieces.push(piece);
    return pieces;
  };
  type Line = Record<'actor' | 'actorSystemRole' | 'details', unknown> & {
    event: Record<string, unknown>;
    salts: Record<string, string>;
    previousHash: string;
    hash: string;
  };
  const linesOf = async (caller: Caller, input: ListAuditInput = {}) => {
    const text = await chunks(
      exportAudit(app, caller, { organization: organization.id, ...input, format: 'jsonl' }),
    );
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  };
  const chunks = async (exported: Promise<AsyncIterable<string>>) => (await piecesOf(exported)).join('');

  it('item 119: shows an Organization Administrator the events of the organization, and of no other', async () => {
    await change(organization.administrator, 'ours');
    await change(other.administrator, 'theirs', other);
    await change(app.operator, 'of the instance', null);
    const { items } = await mine({ limit: 1000 });
    expect(items.map((event) => event.targetName)).toContain('ours');
    expect(new Set(items.map((event) => event.organizationId))).toEqual(new Set([organization.id]));
    const foreign = list(organization.administrator, { organization: other.id });
    expect((await refusalOf(foreign)).code).toBe('not_found');
    const unknown = await refusalOf(list(organization.administrator, { organization: 4711 }));
    expect(unknown.code).toBe('not_found');
    expect((await refusalOf(list(organization.administrator, {}))).code).toBe('forbidden');
    const page = await mine({ limit: 1 });
    const stolen = list(other.administrator, { organization: other.id, after: page.next ?? '' });
    // The position of a page is no right: it shows no foreign event.
    expect(new Set((await stolen).items.map((event) => event.organizationId))).toEqual(new Set([other.id]));
  });

  it('item 119: is refused to a Standard User, by name or by id, and so is the export', async () => {
    const standard = await newPerson(app, 'Standard User', organization);
    for (const reference of [organization.id, organization.name]) {
      expect((await refusalOf(list(standard, { organization: reference }))).code).toBe('forbidden');
      const taken = exportAudit(app, standard, { organization: reference, format: 'csv' });
      expect((await refusalOf(taken)).code).toBe('forbidden');
    }
    // Item 114: that is told, too, with what it was about.
    expect((await mine({ outcome: 'refused', actor: standard.userName })).items).toMatchObject([
      { action: 'audit.export', targetKind: 'organization', targetName: organization.name, count: 2 },
      { action: 'audit.list', targetKind: 'organization', targetId: String(organization.id), count: 2 },
    ]);
  });

  it('shows an Administrator everything, with what belongs to no organization', async () => {
    const { items } = await list(instanceAdministrator, { limit: 1000 });
    const names = items.map((event) => event.targetName);
    expect(names).toEqual(expect.arrayContaining(['ours', 'theirs', 'of the instance']));
    expect(items.find((event) => event.targetName === 'ours')?.organization).toBe(organization.name);
    for (const person of ['Accounts Administrator', 'Super User', 'Community Leader'] as const)
      expect((await refusalOf(list(await newPerson(app, person, other), {}))).code).toBe('forbidden');
  });

  it('lists page by page, the newest first, without losing or repeating one while others are added', async () => {
    for (let number = 0; number < 7; number++) await change(organization.administrator, `page ${number}`);
    const all = (await mine({ limit: 1000 })).items;
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page = await mine({ limit: 2, ...(after === undefined ? {} : { after }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((event) => event.id));
      after = page.next ?? undefined;
      await change(organization.administrator, 'added meanwhile');
    } while (after !== undefined);
    expect(seen).toEqual(all.map((event) => event.id));
    expect((await refusalOf(mine({ after: 'made up' }))).code).toBe('invalid_input');
  });

  it('filters by actor, action, outcome, target and time, and by several at once', async () => {
    const person = await newPerson(app, 'Organization Administrator', organization);
    const start = new Date(app.clock.now() / 1000 + 1).toISOString();
    await change(person, 'filtered');
    await change(organization.administrator, 'filtered');
    const end = new Date(app.clock.now() / 1000 + 1000).toISOString();
    app.clock.advance(10);
    await refusalOf(list(person, {}));
    const count = async (input: ListAuditInput) => (await mine({ limit: 1000, ...input })).items.length;
    expect(await count({ actor: person.accountId })).toBe(2);
    expect(await count({ actor: person.userName.toUpperCase() })).toBe(2);
    expect(await count({ actor: person.userName, action: 'thing.change' })).toBe(1);
    expect(await count({ actor: person.userName, outcome: 'refused' })).toBe(1);
    expect(await count({ actor: person.userName, outcome: 'done' })).toBe(1);
    expect(await count({ targetKind: 'thing', targetId: 'filtered' })).toBe(2);
    expect(await count({ targetKind: 'nothing' })).toBe(0);
    expect((await refusalOf(mine({ targetId: 'filtered' }))).code).toBe('invalid_input');
    expect(await count({ since: start, until: end })).toBe(2);
    expect(await count({ since: start, until: end, actor: person.accountId })).toBe(1);
    expect(await count({ until: '2001-01-01T00:00:00Z' })).toBe(0);
    expect((await refusalOf(mine({ since: 'yesterday' }))).code).toBe('invalid_input');
    expect((await refusalOf(mine({ since: '2026-13-45T00:00:00Z' }))).code).toBe('invalid_input');
    expect((await refusalOf(mine({ whose: 'mine' } as ListAuditInput))).code).toBe('invalid_input');
  });

  describe('about one account', () => {
    /** An event at an account of that kind, as any use case makes one. */
    const changeAccount = async (
      caller: Caller,
      accountId: number,
      targetKind = 'user',
      of: { id: number } = organization,
    ) => {
      app.clock.advance(1);
      await act(app, caller, 'account.edit', async ({ access, audit }) => {
        access.can('organization.view', {});
        await audit({
          organizationId: of.id,
          targetKind,
          targetId: accountId,
          targetName: 'somebody',
          details: {},
        });
      });
    };

    it('is what was done to it and what was done by it, each once, in order and page by page', async () => {
      const person = await newPerson(app, 'Organization Administrator', organization);
      const { administrator } = organization;
      await changeAccount(administrator, person.accountId, 'read_only_user');
      await change(person, 'by the person');
      await changeAccount(person, person.accountId);
      await changeAccount(administrator, person.accountId, 'user');
      // What has the same id is not the account.
      await changeAccount(administrator, person.accountId, 'community');
      await changeAccount(administrator, (await newPerson(app, 'Standard User', organization)).accountId);
      const about = person.accountId;
      const { items } = await mine({ about });
      expect(items.map(({ action, targetKind }) => `${action} ${targetKind}`)).toEqual([
        'account.edit user',
        'account.edit user',
        'thing.change thing',
        'account.edit read_only_user',
      ]);
      expect((await mine({ about: person.userName.toUpperCase() })).items).toEqual(items);
      const seen: number[] = [];
      let after: string | undefined;
      do {
        const page = await mine({ about, limit: 1, ...(after === undefined ? {} : { after }) });
        seen.push(...page.items.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(items.map(({ id }) => id));
      expect((await mine({ about, action: 'thing.change' })).items).toHaveLength(1);
      const csv = await chunks(
        exportAudit(app, administrator, { organization: organization.id, about, format: 'csv' }),
      );
      expect(parseCsv(csv)).toHaveLength(items.length + 1);
    });

    it('does not tell what somebody of another organization did, to whoever may not know', async () => {
      const stranger = await newPerson(app, 'Super User', other);
      await change(stranger, 'by a stranger');
      await changeAccount(organization.administrator, stranger.accountId, 'user', other);
      expect((await mine({ about: stranger.accountId })).items).toEqual([]);
      const seen = await list(instanceAdministrator, {
        organization: organization.id,
        about: stranger.accountId,
      });
      expect(seen.items.map(({ targetId }) => targetId)).toEqual(['by a stranger']);
      const everywhere = await list(instanceAdministrator, { about: stranger.userName });
      expect(everywhere.items).toHaveLength(2);
      expect((await refusalOf(mine({ about: stranger.userName }))).code).toBe('not_found');
      expect((await refusalOf(mine({ about: 'nobody@example.com' }))).code).toBe('not_found');
    });

    it('is for those who may read the trail, and stands alone', async () => {
      const member = await newPerson(app, 'Standard User', organization);
      const own = { organization: organization.id, about: member.accountId };
      expect((await refusalOf(list(member, own))).code).toBe('forbidden');
      expect((await refusalOf(list(other.administrator, own))).code).toBe('not_found');
      for (const more of [{ actor: 1 }, { targetKind: 'user' }, { targetKind: 'user', targetId: '1' }])
        expect((await refusalOf(mine({ about: 1, ...more }))).code).toBe('invalid_input');
    });
  });

  describe('of what a Super User did in another organization', () => {
    it('does not tell its members who he is, in lists, filters and exports', async () => {
      await change(superUser, 'by a guest');
      const [event] = (await mine({ targetKind: 'thing', targetId: 'by a guest' })).items;
      expect(event).toMatchObject({ actorName: 'A Super User', actorAccountId: null, sourceAddress: null });
      expect((await mine({ actor: superUser.accountId })).items).toEqual([]);
      expect((await mine({ actor: superUser.userName })).items).toEqual([]);
      const { administrator } = organization;
      for (const format of ['csv', 'jsonl'] as const) {
        const text = await chunks(exportAudit(app, administrator, { organization: organization.id, format }));
        expect(text).toContain('A Super User');
        expect(text).not.toContain(superUser.userName);
      }
      const activity = await listActivity(app, administrator, { organization: organization.id, limit: 1000 });
      expect(activity.items.find((item) => item.targetName === 'by a guest')?.who).toBe('A Super User');
    });

    it('tells it to Administrators, Operations Administrators, the operator, and to himself', async () => {
      const operations = await newPerson(app, 'Operations Administrator', other);
      for (const caller of [instanceAdministrator, operations, app.operator, superUser]) {
        const filter = { organization: organization.id, targetKind: 'thing', targetId: 'by a guest' };
        expect((await list(caller, filter)).items[0]?.actorName).toBe(superUser.userName);
        expect((await list(caller, { ...filter, actor: superUser.userName })).items).toHaveLength(1);
      }
      const another = await newPerson(app, 'Super User', other);
      const seen = await list(another, {
        organization: organization.id,
        targetKind: 'thing',
        targetId: 'by a guest',
      });
      expect(seen.items[0]?.actorName).toBe('A Super User');
    });

    it('tells the name in his own organization', async () => {
      await change(superUser, 'at home', other);
      const seen = await list(other.administrator, {
        organization: other.id,
        targetKind: 'thing',
        targetId: 'at home',
      });
      expect(seen.items[0]?.actorName).toBe(superUser.userName);
    });
  });

  describe('of what people of other organizations did in this one', () => {
    let director: Someone;
    const about = { targetKind: 'thing', targetId: 'by a director' };
    beforeAll(async () => {
      director = await newPerson(app, 'Standard User', other);
      await change(director, 'by a director');
    });

    it('shows its members a pseudonym, and neither user name, account nor address, in lists, exports and activity', async () => {
      const [event] = (await mine(about)).items;
      const pseudonym = event?.actorName ?? '';
      expect(pseudonym).toMatch(/^person-\d+$/);
      expect(event).toMatchObject({ actorAccountId: null, sourceAddress: null });
      const { administrator } = organization;
      const activity = await listActivity(app, administrator, { organization: organization.id, limit: 1000 });
      expect(activity.items.find((item) => item.targetName === 'by a director')?.who).toBe(pseudonym);
      const csv = await chunks(
        exportAudit(app, administrator, { organization: organization.id, ...about, format: 'csv' }),
      );
      const [heading, row] = parseCsv(csv).map((each) => each.cells);
      const cell = (column: string) => row?.[heading?.indexOf(column) ?? -1];
      expect([cell('actorName'), cell('actorAccountId'), cell('sourceAddress')]).toEqual([pseudonym, '', '']);
      const [line] = await linesOf(administrator, about);
      expect(line?.actor).toEqual({
        accountId: null,
        name: pseudonym,
        organizationId: null,
        sourceAddress: null,
      });
      for (const text of [csv, JSON.stringify([event, activity, line])])
        expect(text).not.toContain(director.userName);
    });

    it('does not confirm them when somebody looks for them by name or by account', async () => {
      const { administrator } = organization;
      for (const actor of [director.userName, director.accountId]) {
        expect((await mine({ actor })).items).toEqual([]);
        expect(await linesOf(administrator, { actor })).toEqual([]);
        // Item 119: nor is there a difference to an actor that does not exist.
        expect(await mine({ actor })).toEqual(await mine({ actor: 'nobody@example.com' }));
      }
    });

    it('tells who it was to those who see the whole instance, and to himself', async () => {
      for (const caller of [instanceAdministrator, app.operator]) {
        const seen = await list(caller, { organization: organization.id, actor: director.accountId });
        expect(seen.items).toMatchObject([{ actorName: director.userName, sourceAddress: '192.0.2.7' }]);
      }
      const accounts = await newPerson(app, 'Accounts Administrator', other);
      const [masked] = (await list(accounts, { organization: organization.id, ...about })).items;
      expect(masked?.actorName).toMatch(/^person-\d+$/);
    });
  });

  describe('of System roles', () => {
    const about = { targetKind: 'user', targetId: '4712' };
    const told = (items: readonly { details: unknown }[]) => items.map((item) => item.details);
    const details = {
      systemRole: { before: 'User', after: 'Operations Administrator' },
      consequences: ['Its Organization role becomes X, because its System role becomes Y.'],
      locked: true,
    };
    const masked = { systemRole: '(masked)', consequences: '(masked)', locked: true };
    const record = async (targetId: string, caller: Caller = app.operator) => {
      app.clock.advance(1);
      await act(app, caller, 'account.edit', async ({ access, audit }) => {
        access.can('organization.view', {});
        await audit({
          organizationId: organization.id,
          targetKind: 'user',
          targetId,
          targetName: null,
          details,
        });
      });
    };

    it('tells nothing to those who may not see them, in lists and exports', async () => {
      await record(about.targetId, organization.administrator);
      const accounts = await newPerson(app, 'Accounts Administrator', other);
      const member = await newPerson(app, 'Organization Administrator', organization);
      for (const caller of [member, accounts, superUser]) {
        const scope = { organization: organization.id, ...about };
        expect(told((await list(caller, scope)).items)).toEqual([masked]);
        const [line] = await linesOf(caller, about);
        expect(line).toMatchObject({ actorSystemRole: null, details: masked });
        expect(Object.keys(line?.salts ?? {})).not.toContain('actorSystemRole');
        expect(Object.keys(line?.salts ?? {})).not.toContain('details');
        const csv = await chunks(exportAudit(app, caller, { ...scope, format: 'csv' }));
        expect(csv).toContain('(masked)');
        expect(csv).not.toContain('Operations Administrator');
      }
    });

    it('tells them to those who may see them, and to everybody those of the own account', async () => {
      for (const caller of [instanceAdministrator, app.operator]) {
        expect(told((await list(caller, { organization: organization.id, ...about })).items)).toEqual([
          details,
        ]);
        const [line] = await linesOf(caller, about);
        expect(line).toMatchObject({ actorSystemRole: 'User', details });
      }
      const { administrator } = organization;
      await record(String(administrator.accountId));
      const own = await mine({ targetKind: 'user', targetId: String(administrator.accountId) });
      expect(told(own.items)).toEqual([details]);
    });
  });

  describe('exported', () => {
    it('item 73: as CSV it holds nothing that a spreadsheet runs', async () => {
      await change(organization.administrator, '=HYPERLINK("http://x")');
      const text = await chunks(
        exportAudit(app, organization.administrator, { organization: organization.id, format: 'csv' }),
      );
      expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
      const [heading, ...rows] = parseCsv(text);
      expect(heading?.cells.slice(0, 4)).toEqual(['at', 'organization', 'sequence', 'actorName']);
      expect(new Set(rows.map((row) => row.cells.length))).toEqual(new Set([heading?.cells.length]));
      expect(rows.map((row) => row.cells[9])).toContain('=HYPERLINK("http://x")');
      expect(rows.map((row) => Number(row.cells[2]))).toEqual(rows.map((_, index) => index + 1));
    });

    it('as JSON Lines each line proves itself and what it shows, which needs nothing of ours', async () => {
      await change(superUser, 'for the proof');
      const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
      const parts = ['actor', 'actorSystemRole', 'details'] as const;
      const readers: [Caller, boolean][] = [
        [app.operator, true],
        [organization.administrator, false],
      ];
      for (const [reader, seesAll] of readers) {
        const lines = await linesOf(reader);
        expect(lines.length).toBeGreaterThan(10);
        let previous = '0'.repeat(64);
        let hidden = 0;
        for (const line of lines) {
          expect(line.previousHash).toBe(previous);
          expect(sha256(`${line.previousHash}${canonicalJson(line.event)}`)).toBe(line.hash);
          for (const part of parts) {
            const salt = line.salts[part];
            if (salt === undefined) hidden++;
            else expect(sha256(`${salt}${canonicalJson(line[part])}`)).toBe(line.event[part]);
          }
          previous = line.hash;
        }
        expect(hidden === 0).toBe(seesAll);
      }
    });

    it('gives no salt of what it hides, so that no trial of names finds it', async () => {
      const about = { targetKind: 'thing', targetId: 'for the proof' };
      const [line] = await linesOf(organization.administrator, about);
      expect(Object.keys(line?.salts ?? {})).toEqual(['details']);
      const [stored] = await app.db.read
        .selectFrom('audit_events')
        .selectAll()
        .where('target_id', '=', 'for the proof')
        .execute();
      const text = JSON.stringify([line, await mine(about)]);
      for (const salt of [stored?.salts.slice(0, 32), stored?.salts.slice(32, 64)])
        expect(text).not.toContain(salt);
      expect(text).toContain(stored?.salts.slice(64));
      // Who knows everything but the salt: the commitment is not the hash of what is hidden.
      const { actor_account_id: accountId, actor_name: name, source_address: sourceAddress } = stored ?? {};
      const guess = canonicalJson({ accountId, name, organizationId: other.id, sourceAddress });
      expect(createHash('sha256').update(guess).digest('hex')).not.toBe(line?.event.actor);
    });

    it('tells that it was taken, by whom, and of what', async () => {
      await chunks(
        exportAudit(app, organization.administrator, {
          organization: organization.id,
          format: 'csv',
          outcome: 'failed',
        }),
      );
      expect((await auditTrail(app, organization.id)).at(-1)).toMatchObject({
        action: 'audit.export',
        outcome: 'done',
        actor_name: organization.administrator.userName,
        target_name: organization.name,
        details: { format: 'csv', outcome: 'failed' },
      });
    });

    it('comes in pieces, however much there is', async () => {
      const events = Array.from({ length: 1200 }, (_, number) => ({
        at: app.clock.now() + number,
        organizationId: 4711,
        actorAccountId: null,
        actorName: 'x',
        actorOrganizationId: null,
        actorSystemRole: null,
        action: 'bulk',
        outcome: 'done' as const,
        targetKind: 'x',
        targetId: number,
        targetName: null,
        details: {},
        sourceAddress: null,
        requestId: null,
      }));
      await inTransaction(app.db, (tx) => appendAuditEvents(tx, events));
      const pieces = await piecesOf(exportAudit(app, app.operator, { action: 'bulk', format: 'jsonl' }));
      expect(pieces.map((piece) => piece.trimEnd().split('\n').length)).toEqual([500, 500, 200]);
    });
  });

  describe('as the activity of an organization', () => {
    it('is there for every member, without details, by name of colleagues and pseudonym of others', async () => {
      const reader = await newPerson(app, 'Read Only User', organization);
      await change(organization.administrator, 'mine to see');
      await change(instanceAdministrator, 'by the administration');
      await change(app.operator, 'by the operator');
      const { items } = await listActivity(app, reader, { organization: organization.id, limit: 3 });
      expect(items).toMatchObject([
        { who: 'The operator', targetName: 'by the operator' },
        { who: expect.stringMatching(/^person-\d+$/), targetName: 'by the administration' },
        { who: 'Some Body', action: 'thing.change', targetName: 'mine to see' },
      ]);
      expect(Object.keys(items[0] ?? {}).sort()).toEqual([
        'action',
        'at',
        'id',
        'targetKind',
        'targetName',
        'who',
      ]);
    });

    it('tells who may not see the accounts nothing of what was done to them', async () => {
      const { administrator } = organization;
      const standard = await newPerson(app, 'Standard User', organization);
      await act(app, administrator, 'account.lock', async ({ access, audit }) => {
        access.can('organization.view', {});
        const target = { targetKind: 'taxii_user', targetId: 7, targetName: 'unseen-siem' };
        await audit({ organizationId: organization.id, ...target, details: {} });
      });
      const namesFor = async (who: Someone) =>
        (await listActivity(app, who, { organization: organization.id })).items.map(
          ({ targetName }) => targetName,
        );
      expect(await namesFor(administrator)).toContain('unseen-siem');
      expect(await namesFor(standard)).not.toContain('unseen-siem');
      expect(await namesFor(standard)).toContain('mine to see');
    });

    it('holds what was done, not what was refused, and is paged', async () => {
      const standard = await newPerson(app, 'Standard User', organization);
      await refusalOf(list(standard, { organization: organization.id }));
      await act(app, standard, 'session.create', async ({ access, audit }) => {
        access.can('organization.view', {});
        await audit({
          organizationId: organization.id,
          targetKind: 'user',
          targetId: standard.accountId,
          targetName: standard.userName,
          details: {},
        });
      });
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listActivity(app, organization.administrator, {
          organization: organization.name,
          limit: 5,
          ...(after === undefined ? {} : { after }),
        });
        seen.push(...page.items.map((item) => item.action));
        after = page.next ?? undefined;
      } while (after !== undefined);
      const done = (await auditTrail(app, organization.id)).filter((event) => event.outcome === 'done');
      expect(done.map((event) => event.action)).toContain('session.create');
      expect(seen).toHaveLength(done.filter(({ action }) => !/^(session|audit)\./.test(action)).length);
      expect(seen.filter((action) => action.startsWith('session.'))).toEqual([]);
      expect(seen).not.toContain('audit.list');
    });

    it('does not exist for members of another organization', async () => {
      const foreign = listActivity(app, other.administrator, { organization: organization.id });
      expect((await refusalOf(foreign)).code).toBe('not_found');
    });
  });

  describe('of refused attempts', () => {
    const target = () => ({
      organizationId: organization.id,
      targetKind: 'user',
      targetId: 12,
      targetName: 'hidden.person@example.com',
    });
    const attempt = (caller: Caller, code: 'forbidden' | 'not_found') =>
      refusalOf(
        act(app, caller, 'thing.try', async ({ access, about }) => {
          about(target());
          access.can('organization.view', {});
          throw new AppError(code);
        }),
      );

    it('item 114: tells what it was about', async () => {
      await attempt(organization.administrator, 'forbidden');
      expect((await mine({ action: 'thing.try' })).items).toMatchObject([
        { outcome: 'refused', targetKind: 'user', targetId: '12', targetName: 'hidden.person@example.com' },
      ]);
    });

    it('item 76: of a cross-tenant attempt leaves no entry in the foreign organization, and names nothing of it at home', async () => {
      const before = await auditTrail(app, organization.id);
      await attempt(other.administrator, 'not_found');
      expect(await auditTrail(app, organization.id)).toEqual(before);
      const [event] = (await list(other.administrator, { organization: other.id, action: 'thing.try' }))
        .items;
      expect(event).toMatchObject({
        organizationId: other.id,
        targetKind: 'user',
        targetId: null,
        targetName: null,
      });
      expect(JSON.stringify(event)).not.toContain('hidden.person');
    });

    it('item 114: tells of a forbidden read, but not of an ordinary failure of one', async () => {
      const read = (code: 'forbidden' | 'not_found') =>
        readingAs(app, organization.administrator, 'thing.read', async (about) => {
          about(target());
          throw new AppError(code);
        });
      await refusalOf(read('not_found'));
      await refusalOf(read('forbidden'));
      const { items } = await mine({ action: 'thing.read' });
      expect(items).toMatchObject([{ outcome: 'refused', targetId: '12', count: 1 }]);
    });
  });
});
