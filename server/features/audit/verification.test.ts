import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardAppendOnly, releaseAppendOnly } from '../../db/append-only.ts';
import { canonicalEvent, canonicalJson, chainHash } from '../../db/audit-chain.ts';
import { inTransaction } from '../../db/transaction.ts';
import { createKeys } from '../../keys.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, TEST_MASTER_KEY, type TestApp } from '../../testing/test-app.ts';
import { backUp, restoreBackup } from '../backup/backup.service.ts';
import { setLimits } from '../owners/owners.service.ts';
import { appendAuditEvents, coalesceAuditEvent } from './audit.store.ts';
import { keepCheckpoints, writeCheckpoint } from './checkpoints.service.ts';
import { verifyAudit } from './verification.service.ts';

describe.each(ENGINES)('the chained audit trail on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  /** Events of the organization: the first tells of its creation. */
  const EVENTS = 6;
  const change = (taxiiUsers: number) =>
    setLimits(app, app.operator, { organization: organization.name, limits: { taxiiUsers } });
  const rowsOf = async (chain = organization.id) =>
    await app.db.read
      .selectFrom('audit_events')
      .selectAll()
      .where('chain', '=', chain)
      .orderBy('sequence')
      .execute();
  /** What somebody does who can write to the database, and has the triggers out of the way. */
  const tamper = async (...statements: RawBuilder<unknown>[]) =>
    await inTransaction(app.db, async (tx) => {
      await releaseAppendOnly(tx, engine);
      for (const statement of statements) await statement.execute(tx);
      await guardAppendOnly(tx, engine);
    });
  const problems = async () =>
    (await verifyAudit(app, app.operator)).problems.filter(
      (problem) => problem.organizationId === organization.id,
    );
  const own = () => sql`chain = ${organization.id}`;

  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  describe('of one organization', () => {
    beforeEach(async () => {
      organization = await newOrganization(app);
      for (let taxiiUsers = 2; taxiiUsers <= EVENTS; taxiiUsers++) await change(taxiiUsers);
    });

    it('is numbered without gaps, and each event carries the hash of the one before', async () => {
      const rows = await rowsOf();
      expect(rows.map((row) => row.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(rows[0]?.previous_hash).toBe('0'.repeat(64));
      for (const [index, row] of rows.entries()) {
        if (index > 0) expect(row.previous_hash).toBe(rows[index - 1]?.hash);
        // SHA-256 of the hash before and of the canonical JSON (RFC 8785) of all fields, made here in another way.
        const { id, previous_hash, hash, details, at, salts, ...rest } = row;
        const { actor_account_id, actor_name, actor_organization_id, source_address, ...others } = rest;
        const camel = Object.fromEntries(
          Object.entries(others).map(([key, value]) => [
            key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
            value,
          ]),
        );
        const instant = `${new Date(at / 1000).toISOString().slice(0, -1)}${String(at % 1000).padStart(3, '0')}Z`;
        expect(salts).toMatch(/^[0-9a-f]{96}$/);
        const committed = (number: number, part: unknown) =>
          createHash('sha256')
            .update(salts.slice(number * 32, number * 32 + 32) + canonicalJson(part))
            .digest('hex');
        const event = canonicalJson({
          ...camel,
          at: instant,
          actor: committed(0, {
            accountId: actor_account_id,
            name: actor_name,
            organizationId: actor_organization_id,
            sourceAddress: source_address,
          }),
          actorSystemRole: committed(1, row.actor_system_role),
          details: committed(2, JSON.parse(details)),
        });
        expect(createHash('sha256').update(`${previous_hash}${event}`).digest('hex'), `${id}`).toBe(hash);
      }
      expect(new Set(rows.map((row) => row.salts)).size).toBe(rows.length);
      expect(await problems()).toEqual([]);
    });

    it('item 116: refuses UPDATE, DELETE, replacing and emptying', async () => {
      const before = await auditTrail(app);
      const attempts = [
        sql`update audit_events set actor_name = 'x'`,
        sql`update audit_events set actor_name = 'x' where id = ${before[0]?.id ?? 0}`,
        sql`delete from audit_events`,
        sql`delete from audit_checkpoints`,
        sql`update audit_checkpoints set at = 1`,
        ...(engine === 'postgres'
          ? [sql`truncate audit_events cascade`, sql`truncate audit_checkpoints`]
          : [sql`insert or replace into audit_events select * from audit_events limit 1`]),
      ];
      await writeCheckpoint(app, app.operator);
      for (const attempt of attempts)
        await expect(inTransaction(app.db, async (tx) => await attempt.execute(tx))).rejects.toThrow(
          'is append-only',
        );
      expect(await auditTrail(app)).toEqual(before);
    });

    it('item 117: one changed octet in any column of any row is found, and its row named', async () => {
      const flips: Record<string, RawBuilder<unknown>> = {
        at: sql`at = at + 1`,
        organization_id: sql`organization_id = null`,
        actor_account_id: sql`actor_account_id = 4711`,
        actor_name: sql`actor_name = actor_name || 'x'`,
        actor_organization_id: sql`actor_organization_id = 4711`,
        actor_system_role: sql`actor_system_role = 'User'`,
        action: sql`action = 'organization.limitz'`,
        outcome: sql`outcome = 'failed'`,
        target_kind: sql`target_kind = 'user'`,
        target_id: sql`target_id = '1'`,
        target_name: sql`target_name = target_name || ' '`,
        details: sql`details = details || ' '`,
        source_address: sql`source_address = '192.0.2.1'`,
        request_id: sql`request_id = 'r'`,
        sequence: sql`sequence = sequence + 1000`,
        salts: sql`salts = salts || '0'`,
        previous_hash: sql`previous_hash = upper(hash)`,
        hash: sql`hash = previous_hash`,
      };
      const [, , third] = await rowsOf();
      const columns = Object.keys(third ?? {}).filter((column) => !['id', 'chain'].includes(column));
      expect(Object.keys(flips).sort()).toEqual(columns.sort());
      for (const [column, flip] of Object.entries(flips)) {
        await tamper(sql`update audit_events set ${flip} where ${own()} and sequence = 3`);
        const [problem, ...others] = await problems();
        expect(problem, column).toMatchObject({
          organization: organization.name,
          part: 'events',
          sequence: 3,
          ...(column === 'sequence' ? {} : { eventId: third?.id }),
        });
        expect(others).toEqual([]);
        await tamper(
          sql`update audit_events set ${sql.join(
            columns.map((name) => sql`${sql.ref(name)} = ${third?.[name as 'id'] ?? null}`),
          )} where id = ${third?.id ?? 0}`,
        );
        expect(await problems(), column).toEqual([]);
      }
    });

    it('item 117: names the first bad row where several are', async () => {
      await tamper(
        sql`update audit_events set actor_name = 'x' where ${own()} and sequence >= 4`,
        sql`update audit_events set actor_name = 'y' where ${own()} and sequence = 2`,
      );
      const rows = await rowsOf();
      expect((await problems()).at(-1)).toEqual({
        organizationId: organization.id,
        organization: organization.name,
        part: 'events',
        eventId: rows[1]?.id,
        sequence: 2,
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        message: 'Event 2 was changed: it does not have its hash.',
      });
      expect((await verifyAudit(app, app.operator)).isIntact).toBe(false);
    });

    it('item 117: an event that was removed from the middle, and an end that was, are missed', async () => {
      await tamper(sql`delete from audit_events where ${own()} and sequence in (3, 4)`);
      expect((await problems()).at(-1)).toMatchObject({
        sequence: 3,
        message: 'The events 3 to 4 are missing.',
      });
      await tamper(sql`delete from audit_events where ${own()} and sequence > 2`);
      expect((await problems()).at(-1)).toMatchObject({
        sequence: 3,
        eventId: null,
        message: 'Event 3 and those after it up to 6 are missing.',
      });
    });

    it('item 117: an end that was removed together with its mark is missed through the checkpoint', async () => {
      await writeCheckpoint(app, app.operator);
      const rows = await rowsOf();
      await tamper(
        sql`delete from audit_events where ${own()} and sequence > 4`,
        sql`update audit_heads set sequence = 4, hash = ${rows[3]?.hash ?? ''} where ${own()}`,
      );
      expect((await problems()).at(-1)).toMatchObject({
        organization: organization.name,
        sequence: 5,
        message: expect.stringMatching(
          /^Event 5 and those after it are missing: checkpoint \d+ tells of event 6\.$/,
        ),
      });
    });

    it('item 117: a mark of the end that was put back, or removed, is found', async () => {
      const rows = await rowsOf();
      await tamper(sql`update audit_heads set sequence = 4, hash = ${rows[3]?.hash ?? ''} where ${own()}`);
      expect(await problems()).toMatchObject([{ sequence: 5, eventId: rows[4]?.id }]);
      await tamper(sql`delete from audit_heads where ${own()}`);
      expect(await problems()).toMatchObject([{ sequence: 1, eventId: rows[0]?.id }]);
    });

    it('item 117: a whole chain that was removed is missed through the checkpoint', async () => {
      await writeCheckpoint(app, app.operator);
      await tamper(sql`delete from audit_events where ${own()}`, sql`delete from audit_heads where ${own()}`);
      expect((await problems()).at(-1)).toMatchObject({ organizationId: organization.id, sequence: 1 });
    });

    it('item 117: a chain that was made anew after a change does not deceive the checkpoint', async () => {
      await writeCheckpoint(app, app.operator);
      let previous = (await rowsOf())[1]?.hash ?? '';
      for (const row of (await rowsOf()).slice(2)) {
        const hash = chainHash(previous, canonicalEvent({ ...row, actor_name: 'somebody else' }));
        await tamper(
          sql`update audit_events set actor_name = 'somebody else', previous_hash = ${previous}, hash = ${hash} where id = ${row.id}`,
          sql`update audit_heads set hash = ${hash} where ${own()}`,
        );
        previous = hash;
      }
      expect((await problems()).at(-1)).toMatchObject({
        organization: organization.name,
        sequence: 6,
        message: expect.stringContaining('or one before it, was replaced'),
      });
    });

    it('item 117: an event in a chain that there cannot be, or before the first of one, is refused and found', async () => {
      const forged = (chain: number, sequence: number) => sql`
        insert into audit_events (at, organization_id, actor_name, action, outcome, target_kind, details, salts, chain, sequence, previous_hash, hash)
        values (1, ${organization.id}, 'x', 'account.delete', 'done', 'user', '{}', '', ${chain}, ${sequence}, 'x', 'x')`;
      const unchecked = async (statement: RawBuilder<unknown>) =>
        await inTransaction(app.db, async (tx) => {
          if (engine === 'postgres')
            for (const column of ['chain', 'sequence'])
              await sql`alter table audit_events drop constraint ${sql.ref(`audit_events_${column}_check`)}`.execute(
                tx,
              );
          else await sql`pragma ignore_check_constraints = on`.execute(tx);
          await statement.execute(tx);
          if (engine === 'sqlite') await sql`pragma ignore_check_constraints = off`.execute(tx);
        });
      const checked = async () => {
        if (engine === 'postgres')
          await inTransaction(app.db, async (tx) => {
            for (const [column, least] of [
              ['chain', 0],
              ['sequence', 1],
            ] as const)
              await sql`alter table audit_events add constraint ${sql.ref(`audit_events_${column}_check`)} check (${sql.ref(column)} >= ${sql.lit(least)})`.execute(
                tx,
              );
          });
      };
      for (const [chain, sequence] of [
        [-1, 1],
        [-7, 1],
        [organization.id, 0],
        [organization.id, -3],
      ] as const) {
        const attempt = inTransaction(app.db, async (tx) => await forged(chain, sequence).execute(tx));
        await expect(attempt).rejects.toThrow(/check/i);
        await unchecked(forged(chain, sequence));
        const report = await verifyAudit(app, app.operator);
        expect(report.isIntact).toBe(false);
        expect(report.problems.map((problem) => problem.message).join('\n')).toMatch(
          chain < 0
            ? /^The event \d+ stands in a chain that there cannot be \(-\d\)\.$/m
            : /^The event \d+ stands before the first of its chain\.$/m,
        );
        await tamper(sql`delete from audit_events where action = 'account.delete' and hash = 'x'`);
        expect(await problems()).toEqual([]);
        await checked();
      }
      // A chain without an end that was noted; nothing keeps that out of the table.
      await inTransaction(app.db, async (tx) => await forged(4711, 1).execute(tx));
      const { problems: all } = await verifyAudit(app, app.operator);
      expect(all).toContainEqual(
        expect.objectContaining({ organizationId: 4711, part: 'events', sequence: 1 }),
      );
      await tamper(sql`delete from audit_events where chain = 4711`);
    });

    it('item 117: a changed mark of what checkpoints tell is found, and keeps no chain from the next one', async () => {
      await writeCheckpoint(app, app.operator);
      for (const mark of [0, EVENTS - 1, 1_000_000_000]) {
        await tamper(sql`update audit_heads set checkpoint_sequence = ${mark} where ${own()}`);
        expect(await problems()).toMatchObject([
          {
            sequence: EVENTS,
            message: `The mark of what checkpoints tell was changed: they tell of event ${EVENTS}.`,
          },
        ]);
        const written = await writeCheckpoint(app, app.operator);
        expect(written?.heads.map((head) => head.chain)).toContain(organization.id);
        expect(await problems()).toEqual([]);
      }
    });

    it('is verified for an organization by its administrator, who learns nothing of another', async () => {
      const other = await newOrganization(app);
      await tamper(sql`update audit_events set actor_name = 'x' where ${own()} and sequence = 1`);
      const { administrator } = organization;
      const report = await verifyAudit(app, administrator, { organization: organization.id });
      expect(report).toMatchObject({ isIntact: false, chains: 1, problems: [{ sequence: 1 }] });
      expect(await verifyAudit(app, other.administrator, { organization: other.id })).toMatchObject({
        isIntact: true,
        problems: [],
      });
      const refused = verifyAudit(app, other.administrator, { organization: organization.id });
      expect((await refusalOf(refused)).code).toBe('not_found');
      expect((await refusalOf(verifyAudit(app, administrator))).code).toBe('forbidden');
      const standard = await newPerson(app, 'Standard User', organization);
      const asked = verifyAudit(app, standard, { organization: organization.id });
      expect((await refusalOf(asked)).code).toBe('forbidden');
    });
  });
});

describe.each(ENGINES)('writers of the audit trail on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  const event = (organizationId: number | null, name: string) => ({
    at: app.clock.now(),
    organizationId,
    actorAccountId: null,
    actorName: name,
    actorOrganizationId: null,
    actorSystemRole: null,
    action: 'test',
    outcome: 'refused' as const,
    targetKind: 'test',
    targetId: null,
    targetName: null,
    details: { b: 1, a: { d: '\ud800', c: '\0' } },
    sourceAddress: '192.0.2.1',
    requestId: null,
  });

  it('that come at once, from several processes, to several chains, leave every chain whole', async () => {
    const other = await app.reopen();
    const chains = [null, 901, 902, 903];
    await Promise.all(
      Array.from({ length: 60 }, async (_, number) => {
        const { db } = number % 2 === 0 ? app : other;
        // In another order each time: without an order of their own they would wait for each other in a circle.
        const events = chains.map((_chain, index) =>
          event(chains[(index + number) % 4] ?? null, `w${number}`),
        );
        await inTransaction(db, (tx) => appendAuditEvents(tx, events));
      }),
    );
    await other.close();
    const report = await verifyAudit(app, app.operator);
    expect(report).toMatchObject({ isIntact: true, problems: [] });
    expect(report.events).toBe(240);
    expect(new Set((await auditTrail(app)).map((row) => row.chain))).toEqual(new Set([0, 901, 902, 903]));
  });

  it('do not make a verification that runs beside them take new events for damage', async () => {
    let running = true;
    const write = async () => {
      while (running) {
        await inTransaction(app.db, (tx) => appendAuditEvents(tx, [event(907, 'w'), event(908, 'w')]));
        await writeCheckpoint(app, app.operator);
        // Both are in this process.
        await new Promise(setImmediate);
      }
    };
    const writing = write();
    const reports: Awaited<ReturnType<typeof verifyAudit>>[] = [];
    for (let round = 0; round < 10; round++) reports.push(await verifyAudit(app, app.operator));
    running = false;
    await writing;
    expect(reports.flatMap((report) => report.problems)).toEqual([]);
    expect(reports.at(-1)?.events).toBeGreaterThan(reports[0]?.events ?? 0);
  });

  it('of equal refusals at once, from several processes, make one event and count the rest', async () => {
    const other = await app.reopen();
    const at = app.clock.now();
    await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        inTransaction((number % 2 === 0 ? app : other).db, (tx) =>
          coalesceAuditEvent(tx, { ...event(904, 'guesser'), at, requestId: String(number) }),
        ),
      ),
    );
    await other.close();
    const events = await auditTrail(app, 904);
    expect(events.map((row) => row.count)).toEqual([40]);
  });

  it('store texts as they can be given back, and details as canonical JSON', async () => {
    await inTransaction(app.db, (tx) =>
      appendAuditEvents(tx, [{ ...event(905, 'a\ud800b\0c'), targetId: '\ud83d', targetName: 'é\u2028' }]),
    );
    const [row] = await app.db.read.selectFrom('audit_events').selectAll().where('chain', '=', 905).execute();
    expect(row).toMatchObject({ actor_name: 'a\ufffdb\ufffdc', target_id: '\ufffd', target_name: 'é\u2028' });
    expect(row?.details).toBe('{"a":{"c":"\\u0000","d":"\\ud800"},"b":1}');
    expect((await verifyAudit(app, app.operator)).problems).toEqual([]);
  });

  it('mask what looks like a secret, whatever a use case hands over', async () => {
    const details = { password: 'canary', before: { secretKey: 'canary' }, apiKey: true };
    await inTransaction(app.db, (tx) => appendAuditEvents(tx, [{ ...event(906, 'x'), details }]));
    const [row] = await auditTrail(app, 906);
    expect(row?.details).toEqual({ password: '(masked)', before: { secretKey: '(masked)' }, apiKey: true });
  });
});

describe.each(ENGINES)('checkpoints on %s', (engine) => {
  let app: TestApp;
  let folder: string;
  beforeEach(async () => {
    app = await openTestApp(engine, engine === 'sqlite' ? { masterKeys: TEST_MASTER_KEY } : {});
    folder = await mkdtemp(path.join(tmpdir(), 'taxiway-audit-'));
  });
  const close = async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  };
  const grow = async () => await newOrganization(app);
  const count = async () => (await app.db.read.selectFrom('audit_checkpoints').selectAll().execute()).length;
  const tamper = async (statement: RawBuilder<unknown>) =>
    await inTransaction(app.db, async (tx) => {
      await releaseAppendOnly(tx, engine);
      await statement.execute(tx);
      await guardAppendOnly(tx, engine);
    });
  const firstProblem = async () => (await verifyAudit(app, app.operator)).problems[0];

  it('are written once an hour in all, by however many processes, and only when something happened', async () => {
    const other = await app.reopen();
    await grow();
    const both = () => Promise.all([app, other, app, other].map((each) => keepCheckpoints(each)));
    expect((await both()).filter((written) => written !== undefined)).toHaveLength(1);
    await grow();
    app.clock.advance(3000);
    expect((await both()).every((written) => written === undefined)).toBe(true);
    app.clock.advance(700);
    expect((await both()).filter((written) => written !== undefined)).toHaveLength(1);
    app.clock.advance(4000);
    expect((await both()).every((written) => written === undefined)).toBe(true);
    expect(await count()).toBe(2);
    expect(await verifyAudit(app, app.operator)).toMatchObject({ isIntact: true, checkpoints: 2 });
    await other.close();
    await close();
  });

  it('are also one line of the log, which anybody verifies with the public key', async () => {
    const { id } = await grow();
    app.logged.length = 0;
    const written = await writeCheckpoint(app, app.operator);
    expect(written?.heads.map((head) => head.chain)).toContain(id);
    const lines = app.logged
      .map((line) => JSON.parse(line))
      .filter((line) => line.msg === 'audit checkpoint');
    expect(lines).toHaveLength(1);
    const { statement, signature, keyId } = lines[0].checkpoint;
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: written?.publicKey ?? '' },
      format: 'jwk',
    });
    expect(verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(keyId).toBe(written?.keyId);
    expect(JSON.parse(statement)).toMatchObject({ heads: written?.heads, sequence: 1 });
    expect(await writeCheckpoint(app, app.operator)).toBeUndefined();
    await close();
  });

  it('are written at will by those who see the whole instance, and by no Organization Administrator', async () => {
    const { administrator } = await grow();
    expect((await refusalOf(writeCheckpoint(app, administrator))).code).toBe('forbidden');
    expect(await count()).toBe(0);
    await close();
  });

  it('that were changed, removed, or signed by somebody else are found', async () => {
    for (let round = 0; round < 3; round++) {
      await grow();
      await writeCheckpoint(app, app.operator);
    }
    expect(await firstProblem()).toBeUndefined();
    const [first, second] = await app.db.read
      .selectFrom('audit_checkpoints')
      .selectAll()
      .orderBy('sequence')
      .execute();
    const put = (column: string, value: string | number) =>
      tamper(sql`update audit_checkpoints set ${sql.ref(column)} = ${value} where sequence = 2`);
    for (const column of ['at', 'heads', 'previous_hash', 'hash', 'key_id', 'signature'] as const) {
      await put(column, column === 'at' ? 1 : (first?.[column] ?? '') + (column === 'key_id' ? 'x' : ''));
      expect(await firstProblem(), column).toMatchObject({
        part: 'checkpoints',
        sequence: column === 'key_id' ? 2 : expect.any(Number),
      });
      await put(column, second?.[column] ?? '');
      expect(await firstProblem(), column).toBeUndefined();
    }
    await tamper(sql`delete from audit_checkpoints where sequence = 3`);
    expect((await firstProblem())?.message).toBe('The checkpoints after 2 are missing.');
    await tamper(sql`delete from audit_checkpoints where sequence = 1`);
    expect((await firstProblem())?.message).toContain('something was removed or replaced');
    await close();
  });

  it('go on where somebody put rows after the last one, which are found', async () => {
    await grow();
    await keepCheckpoints(app);
    const forge = (sequence: number) =>
      tamper(
        sql`insert into audit_checkpoints values (${sequence}, ${9_000_000_000_000_000}, '[]', 'x', 'x', 'x', 'x')`,
      );
    await forge(2);
    await forge(3);
    await forge(5);
    expect(await firstProblem()).toMatchObject({
      part: 'checkpoints',
      message: 'A row stands after the checkpoint that was written last.',
    });
    for (const sequence of [4, 6]) {
      await grow();
      expect(await keepCheckpoints(app)).toBeUndefined();
      app.clock.advance(3700);
      expect((await keepCheckpoints(app))?.sequence).toBe(sequence);
      expect((await firstProblem())?.message).toBe('Checkpoint 2 was changed: it does not have its hash.');
    }
    // Without them the chain of the checkpoints is whole.
    await tamper(sql`delete from audit_checkpoints where hash = 'x'`);
    expect(await verifyAudit(app, app.operator)).toMatchObject({ isIntact: true, checkpoints: 3 });
    // The last one, put into the future, does not keep the next ones away.
    await grow();
    await tamper(sql`update audit_checkpoints set at = ${9_000_000_000_000_000} where sequence = 6`);
    expect((await keepCheckpoints(app))?.sequence).toBe(7);
    await close();
  });

  it('of another instance are verified with its public key', async () => {
    await grow();
    const written = await writeCheckpoint(app, app.operator);
    const elsewhere = { ...app, keys: createKeys([Buffer.alloc(32, 9)]) };
    expect((await verifyAudit(elsewhere, app.operator)).problems[0]?.message).toContain(
      'was signed with a key',
    );
    const known = await verifyAudit(elsewhere, app.operator, { publicKeys: [written?.publicKey ?? ''] });
    expect(known.problems).toEqual([]);
    const rotated = {
      ...app,
      keys: createKeys([Buffer.alloc(32, 9), Buffer.from(TEST_MASTER_KEY, 'base64url')]),
    };
    expect((await verifyAudit(rotated, app.operator)).problems).toEqual([]);
    await close();
  });

  it('and chains are whole after a backup was restored, on either engine', async () => {
    const { administrator } = await grow();
    for (let attempt = 0; attempt < 3; attempt++) await refusalOf(writeCheckpoint(app, administrator));
    await writeCheckpoint(app, app.operator);
    await grow();
    const file = path.join(folder, 'trail.backup');
    await backUp(app, app.operator, { file, replace: false, keyFile: '' });
    for (const to of ENGINES) {
      const target = await openTestApp(to, to === 'sqlite' ? { masterKeys: TEST_MASTER_KEY } : {});
      await restoreBackup(target, target.operator, { file });
      const report = await verifyAudit(target, target.operator);
      expect(report).toMatchObject({ isIntact: true, problems: [], checkpoints: 1 });
      expect((await auditTrail(target)).map((row) => row.count)).toContain(3);
      await newOrganization(target);
      await writeCheckpoint(target, target.operator);
      expect(await verifyAudit(target, target.operator)).toMatchObject({ isIntact: true, checkpoints: 2 });
      const attempt = inTransaction(target.db, async (tx) => await sql`delete from audit_events`.execute(tx));
      await expect(attempt).rejects.toThrow('is append-only');
      await target.close();
    }
    await close();
  });
});
