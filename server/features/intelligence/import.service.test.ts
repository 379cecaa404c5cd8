import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { disableTaxiiUser } from '../../testing/account-changes.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator } from '../../testing/test-server.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { actAs } from '../accounts/acting.service.ts';
import { listAuditEvents } from '../audit/audit.store.ts';
import { addMember, createOrganization, createOwner } from '../owners/owners.service.ts';
import { type ImportHooks, importObjects, type RefusedObject } from './import.service.ts';

const DATA = path.resolve('../shared/data');
const OWNER = 'Harbour Watch';

/** The text in pieces, as files and pipes give it. */
async function* pieces(content: string | Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => indicator(from + index));
const bundle = (objects: readonly object[]) =>
  JSON.stringify({ type: 'bundle', id: 'bundle--5d0092c5-5f74-4287-9642-33f4c354e56d', objects });
const lines = (objects: readonly object[]) => objects.map((each) => `${JSON.stringify(each)}\n`).join('');

describe.each(ENGINES)('importing objects on %s', (engine) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await openTestApp(engine);
    await createOrganization(app, app.operator, { name: OWNER });
  });
  afterEach(() => app.close());

  const run = (content: string | Uint8Array, hooks: ImportHooks = {}, caller: Caller = app.operator) =>
    importObjects(app, caller, { owner: OWNER, file: 'feed.json' }, pieces(content), hooks);
  const rows = () =>
    app.db.read
      .selectFrom('objects')
      .select(['stix_id', 'version', 'date_added', 'latest', 'json'])
      .orderBy('id')
      .execute();
  const events = async () =>
    (await listAuditEvents(app.db.read, 'instance', { limit: 100 })).filter(
      (event) => event.action === 'intelligence.import',
    );

  it.each([
    ['a bundle', bundle(many(5))],
    ['an array', JSON.stringify(many(5))],
    ['JSON Lines', lines(many(5))],
    [
      'values one after the other',
      many(5)
        .map((each) => JSON.stringify(each, null, 2))
        .join(' '),
    ],
    ['a bundle in gzip', gzipSync(bundle(many(5)))],
    ['JSON Lines in gzip', gzipSync(lines(many(5)))],
  ])('takes %s', async (_shape, content) => {
    expect(await run(content)).toEqual({ added: 5, alreadyThere: 0, refused: 0, warnings: 0 });
    expect((await rows()).map((row) => row.stix_id)).toEqual(many(5).map((each) => each.id));
  });

  it('tells gzip by its first octets even when they come one by one', async () => {
    const source = pieces(gzipSync(bundle(many(3))), 1);
    expect(await importObjects(app, app.operator, { owner: OWNER }, source)).toMatchObject({ added: 3 });
  });

  it('keeps the text of an object as it came', async () => {
    const text = JSON.stringify(indicator(1)).replace('{', '{ "x_big": 12345678901234567890, "x_one": 1.0,');
    await run(`[ ${text} ]`);
    expect((await rows())[0]?.json).toBe(text);
  });

  it('changes nothing when it is run again', async () => {
    const content = bundle(many(2500));
    expect(await run(content)).toMatchObject({ added: 2500, alreadyThere: 0 });
    const before = await rows();
    expect(await run(content)).toMatchObject({ added: 0, alreadyThere: 2500, refused: 0 });
    expect(await rows()).toEqual(before);
  });

  it('goes on behind a broken line of JSON Lines and says where it is', async () => {
    const refused: RefusedObject[] = [];
    const content = `${lines(many(3))}{"type": "indicator", "id": \n${lines(many(3, 3))}`;
    const result = await run(content, { onRefused: (each) => refused.push(each) });
    expect(result).toMatchObject({ added: 6, refused: 1 });
    expect(result.stopped).toBeUndefined();
    expect(refused).toMatchObject([{ index: 3, line: 4 }]);
  });

  it('refuses what is bad with its reasons, and adds the rest', async () => {
    const refused: RefusedObject[] = [];
    const changed = { ...indicator(0), name: 'other content under the same version' };
    const nameless = { type: 'indicator', spec_version: '2.1' };
    const result = await run(lines([indicator(0), nameless, changed, indicator(1)]), {
      onRefused: (each) => refused.push(each),
    });
    expect(result).toMatchObject({ added: 2, refused: 2 });
    expect(refused.map(({ index, line, id }) => ({ index, line, id }))).toEqual([
      { index: 1, line: 2, id: undefined },
      { index: 2, line: 3, id: indicator(0).id },
    ]);
    expect(refused.every((each) => each.reasons.length > 0)).toBe(true);
    expect(JSON.parse(refused[1]?.text ?? '')).toEqual(changed);
  });

  it('keeps what came before the text around the objects breaks, and gives the offset', async () => {
    const whole = bundle(many(1500));
    const result = await run(whole.slice(0, -40));
    expect(result.stopped).toMatchObject({ reason: 'malformed', offset: whole.length - 40 });
    expect(await rows()).toHaveLength(result.added);
    expect(result.added).toBe(1499);
  });

  it('keeps what came before compressed data breaks off', async () => {
    const result = await run(gzipSync(lines(many(50))).subarray(0, -6));
    expect(result.stopped).toMatchObject({ reason: 'damaged' });
    expect(await rows()).toHaveLength(result.added);
  });

  it('does not take a fault of the program for a damaged file', async () => {
    async function* faulty(): AsyncGenerator<Uint8Array> {
      yield* pieces(lines(many(3)));
      throw new TypeError('a fault');
    }
    await expect(importObjects(app, app.operator, { owner: OWNER }, faulty())).rejects.toThrow('a fault');
    expect(await events()).toMatchObject([{ outcome: 'failed' }]);
  });

  it('ends after the running transaction when it is interrupted, and can be taken up again', async () => {
    const interruption = new AbortController();
    const content = lines(many(5000));
    const result = await run(content, {
      signal: interruption.signal,
      onProgress: () => interruption.abort(),
    });
    expect(result.stopped).toMatchObject({ reason: 'interrupted' });
    expect(result.added).toBeGreaterThan(0);
    expect(result.added).toBeLessThan(5000);
    expect(await rows()).toHaveLength(result.added);
    expect(await run(content)).toMatchObject({ added: 5000 - result.added, alreadyThere: result.added });
  });

  it('lets others write between its transactions', async () => {
    const other = await app.reopen();
    const waits: number[] = [];
    let isRunning = true;
    const writer = (async () => {
      while (isRunning) {
        const startedAt = performance.now();
        await inTransaction(other.db, (tx) =>
          tx.updateTable('instance').set({ api_users_allowed: 1 }).where('id', '=', 1).execute(),
        );
        waits.push(performance.now() - startedAt);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await run(lines(many(10_000)));
    isRunning = false;
    await writer;
    await other.close();
    expect(waits.length).toBeGreaterThan(5);
    expect(Math.max(...waits)).toBeLessThan(5000);
  });

  it('is told of in the audit trail by one event with its counts', async () => {
    await run(lines(many(2500)));
    const [event, ...others] = await events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ outcome: 'done', target_name: OWNER, actor_name: 'operator (test)' });
    expect(JSON.parse(event?.details ?? '')).toMatchObject({ file: 'feed.json', added: 2500, refused: 0 });
  });

  it('is refused for an owner that does not exist', async () => {
    await expect(
      importObjects(app, app.operator, { owner: 'Nobody' }, pieces(bundle(many(1)))),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  describe('as an account', () => {
    beforeEach(async () => {
      for (const name of ['Open Feed', 'Closed Feed'])
        await createOwner(app, app.operator, { kind: 'source', name });
      const member = { organization: OWNER, owner: 'Open Feed' } as const;
      await addMember(app, app.operator, { ...member, defaultRole: 'Contributor' });
      await createTaxiiUser(app, app.operator, { userName: 'siem', organization: OWNER });
    });
    const into = async (owner: string, userName = 'siem') =>
      importObjects(app, await actAs(app, app.operator, userName), { owner }, pieces(bundle(many(2))));

    it('is allowed where its role may create data, and its objects say who added them', async () => {
      expect(await into('Open Feed')).toMatchObject({ added: 2 });
      const added = await app.db.read.selectFrom('objects').select('added_by').execute();
      expect(added.every((row) => row.added_by !== null)).toBe(true);
    });

    it('is forbidden where its role may only read, adds nothing, and the refusal is audited', async () => {
      const member = { organization: OWNER, owner: 'Open Feed' } as const;
      await addMember(app, app.operator, { ...member, defaultRole: 'User' });
      await expect(into('Open Feed')).rejects.toMatchObject({ code: 'forbidden' });
      expect(await rows()).toEqual([]);
      expect(await events()).toMatchObject([{ outcome: 'refused', actor_name: 'siem' }]);
    });

    it('does not learn of an owner that it cannot see', async () => {
      await expect(into('Closed Feed')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('does not reach an owner that its allow-list leaves out', async () => {
      const narrowed = { userName: 'narrow', organization: OWNER, onlyOwners: [OWNER] };
      await createTaxiiUser(app, app.operator, narrowed);
      expect(await into(OWNER, 'narrow')).toMatchObject({ added: 2 });
      await expect(into('Open Feed', 'narrow')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('ends when the account is disabled meanwhile, keeps what was added, and the audit trail has it', async () => {
      const caller = await actAs(app, app.operator, 'siem');
      async function* disabledHalfway(): AsyncGenerator<Uint8Array> {
        yield* pieces(lines(many(1500)));
        await disableTaxiiUser(app, app.operator, 'siem', true);
        yield* pieces(lines(many(1500, 1500)));
      }
      await expect(
        importObjects(app, caller, { owner: 'Open Feed' }, disabledHalfway()),
      ).rejects.toMatchObject({ code: 'unauthenticated', details: { kept: { added: 1000 } } });
      expect(await rows()).toHaveLength(1000);
      const [event] = await events();
      expect(event).toMatchObject({ outcome: 'failed' });
      expect(JSON.parse(event?.details ?? '')).toMatchObject({ added: 1000, code: 'unauthenticated' });
    });
  });

  if (existsSync(DATA)) {
    it('takes the published history of ATT&CK, and changes nothing the second time', async () => {
      const history = () =>
        importObjects(
          app,
          app.operator,
          { owner: OWNER },
          createReadStream(path.join(DATA, 'attack-history.jsonl.gz')),
        );
      const first = await history();
      expect(first.stopped).toBeUndefined();
      expect(first.added).toBeGreaterThan(14_000);
      const before = await rows();
      expect(await history()).toMatchObject({
        added: 0,
        alreadyThere: first.added + first.alreadyThere,
        refused: first.refused,
      });
      expect(await rows()).toEqual(before);
    }, 120_000);
  }
});
