import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { KEY_FILE, type OpenedApp, openApp } from '../../app.ts';
import type { App } from '../../context.ts';
import type { Engine } from '../../db/dialect.ts';
import { inTransaction } from '../../db/transaction.ts';
import { masterKeyId, parseMasterKeys, wrappedUnder } from '../../keys.ts';
import { fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, newPerson } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { listAudit } from '../audit/audit.service.ts';
import { writeCheckpoint } from '../audit/checkpoints.service.ts';
import { verifyAudit } from '../audit/verification.service.ts';
import { sealSecret } from '../credentials/new-credential.ts';
import { queueMail } from '../mail/outbox.ts';
import { createOrganization } from '../owners/owners.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { acceptLoss, dropOlderKeys, listKeys, rotateKeys, verifyKeys } from './keys.service.ts';
import { listWrapped } from './wrapped.ts';

const key = () => randomBytes(32).toString('base64url');
const idOf = (text: string) => masterKeyId(Buffer.from(text, 'base64url'));
const FROM_ENVIRONMENT = { keyFile: undefined };

const opened: OpenedApp[] = [];
afterEach(async () => {
  for (const app of opened.splice(0).reverse()) await app.close();
});

async function open(engine: Engine, masterKeys?: string): Promise<TestApp> {
  const app = await openTestApp(engine, masterKeys === undefined ? {} : { masterKeys });
  opened.push(app);
  return app;
}

/** Another process on the same data. */
async function another(app: TestApp, ...masterKeys: string[]): Promise<OpenedApp> {
  const process = await openApp(
    masterKeys.length === 0 ? app.config : { ...app.config, masterKeys: masterKeys.join(',') },
    { replace: { clock: app.clock, log: app.log } },
  );
  opened.push(process);
  return process;
}

/** A secret of every kind; how many there are of each kind that master keys wrap. */
async function fill(app: TestApp) {
  const organization = await newOrganization(app);
  await newApiUser(app, organization);
  const { id } = await newUser(app, organization);
  const set = (name: Parameters<typeof setSetting>[2]['name'], value: string) =>
    setSetting(app, app.operator, { name, value });
  await set('mailServerHost', 'mail.example.org');
  await set('mailFrom', 'taxiway@example.org');
  await set('mailServerPassword', 'the password of the mail server');
  const account = { id, organization_id: organization.id };
  await inTransaction(app.db, async (tx) => {
    const row = { account_id: id, sealed: '', created_at: 1, last_step: 0 };
    const made = await tx.insertInto('authenticators').values(row).returning('id').executeTakeFirstOrThrow();
    const sealed = await sealSecret(app, tx, account, { id: made.id, kind: 'totp' }, 'the seed', 1);
    await tx.updateTable('authenticators').set({ sealed }).execute();
    const message = { purpose: 'test', subject: 'A link', paragraphs: ['Here it is.'] };
    await queueMail(app, tx, { account, to: 'jane@example.org', message });
  });
}

const idsOf = async (app: App) =>
  new Set((await listWrapped(app.db.read)).map(({ text }) => wrappedUnder(text)));

const closedOf = async (app: App, operator: TestApp['operator']) => (await verifyKeys(app, operator)).closed;

describe.each(ENGINES)('master keys in the environment on %s', (engine) => {
  it('item 104: the rotation puts everything under the new one, which opens it alone; Secret Keys, seeds, settings and mails', async () => {
    const [old, young] = [key(), key()];
    const app = await open(engine, old);
    await fill(app);
    expect(await verifyKeys(app, app.operator)).toEqual({ secrets: 5, closed: [] });
    // First everybody learns the new key, then everybody uses it.
    const learning = await another(app, old, young);
    const using = await another(app, young, old);
    expect(await closedOf(learning, app.operator)).toEqual([]);
    expect(await rotateKeys(using, app.operator, FROM_ENVIRONMENT)).toEqual({
      from: [idOf(old)],
      to: idOf(young),
      wrappedAnew: { dataKeys: 1, settings: 1, mails: 1 },
    });
    expect(await idsOf(app)).toEqual(new Set([idOf(young)]));
    const alone = await another(app, young);
    for (const process of [alone, using, learning])
      expect(await verifyKeys(process, app.operator)).toEqual({ secrets: 5, closed: [] });
    // Once more there is nothing to do.
    expect((await rotateKeys(using, app.operator, FROM_ENVIRONMENT)).wrappedAnew).toEqual({
      dataKeys: 0,
      settings: 0,
      mails: 0,
    });
  });

  it('are listed with what is under each of them, but for what they are', async () => {
    const [old, young] = [key(), key()];
    const app = await open(engine, old);
    await fill(app);
    await writeCheckpoint(app, app.operator);
    const using = await another(app, young, old);
    const keys = await listKeys(using, app.operator);
    expect(keys).toMatchObject([
      { id: idOf(young), state: 'first', dataKeys: 0, settings: 0, mails: 0, checkpoints: 0 },
      { id: idOf(old), state: 'older', dataKeys: 1, settings: 1, mails: 1, checkpoints: 1 },
    ]);
    for (const secret of [old, young]) expect(JSON.stringify(keys)).not.toContain(secret);
  });

  it('are not rotated while there is one: the order that is safe is told', async () => {
    const app = await open(engine, key());
    await expect(rotateKeys(app, app.operator, FROM_ENVIRONMENT)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('1. make another one, give every process "OLD,NEW"'),
    });
    await expect(dropOlderKeys(app, app.operator, FROM_ENVIRONMENT)).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('are rotated by the operator alone, and the audit trail tells of it without telling the keys', async () => {
    const [old, young] = [key(), key()];
    const app = await open(engine, old);
    const using = await another(app, young, old);
    const administrator = await newPerson(app, 'Administrator', await newOrganization(app));
    for (const work of [
      () => rotateKeys(using, administrator, FROM_ENVIRONMENT),
      () => listKeys(using, administrator),
      () => verifyKeys(using, administrator),
      () => acceptLoss(using, administrator),
      () => dropOlderKeys(using, administrator, { keyFile: 'none' }),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'forbidden' });
    await rotateKeys(using, app.operator, FROM_ENVIRONMENT);
    const { items } = await listAudit(app, app.operator, { action: 'keys.rotate', outcome: 'done' });
    expect(items).toMatchObject([
      { organizationId: null, details: { to: idOf(young), from: [idOf(old)], dataKeys: 0 } },
    ]);
    for (const secret of [old, young]) expect(JSON.stringify(items)).not.toContain(secret);
  });

  it('item 104: Secret Keys that are made while others rotate stay readable, with the old key and with the new one', {
    timeout: 60_000,
  }, async () => {
    const [old, young] = [key(), key()];
    const app = await open(engine, old);
    const processes = [await another(app, old, young), await another(app, young, old)];
    const create = async (on: OpenedApp) => {
      for (let count = 0; count < 8; count++) {
        // Each in an organization of its own: it makes a data key.
        const organization = await createOrganization(on, app.operator, {
          name: fresh('Organization'),
          limits: { apiUsers: 5 },
        });
        await newApiUser({ ...app, ...on } as TestApp, organization);
      }
    };
    const rotate = async () => {
      for (let count = 0; count < 8; count++)
        await rotateKeys(processes[1] ?? app, app.operator, FROM_ENVIRONMENT);
    };
    await Promise.all([...processes.map(create), rotate()]);
    for (const process of processes)
      expect(await verifyKeys(process, app.operator)).toEqual({ secrets: 32, closed: [] });
    await rotateKeys(processes[1] ?? app, app.operator, FROM_ENVIRONMENT);
    const alone = await another(app, young);
    expect(await closedOf(alone, app.operator)).toEqual([]);
  });

  describe('a process', () => {
    it('does not start with a master key that is not of the instance', async () => {
      const app = await open(engine, key());
      await expect(another(app, key())).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/^TAXIWAY_MASTER_KEY belongs to another instance: [^.]+\. /),
      });
    });

    it('does not start without the master key that others make secrets with, nor without one under which there are secrets', async () => {
      const [old, young] = [key(), key()];
      const app = await open(engine, old);
      await fill(app);
      const using = await another(app, young, old);
      await expect(another(app, old)).rejects.toMatchObject({
        message: `TAXIWAY_MASTER_KEY lacks the master key ${idOf(young)}, which other processes of this instance make secrets with.`,
      });
      await expect(another(app, young)).rejects.toMatchObject({
        message: `TAXIWAY_MASTER_KEY lacks the master key ${idOf(old)}, under which there are secrets still: give it too, and run "taxiway keys rotate".`,
      });
      await rotateKeys(using, app.operator, FROM_ENVIRONMENT);
      await another(app, young);
    });

    it('is the first of two that start at once on a new database, and the other one, with another key, does not start', async () => {
      const app = await open(engine, key());
      await app.db.write.deleteFrom('master_keys').execute();
      const starts = await Promise.allSettled(Array.from({ length: 4 }, () => another(app, key())));
      expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('goes on without a lost master key when the operator says so, and tells what stays closed', async () => {
      const app = await open(engine, key());
      await fill(app);
      await expect(acceptLoss(app, app.operator)).rejects.toMatchObject({ code: 'conflict' });
      const masterKeys = key();
      const without = await openApp({ ...app.config, masterKeys }, { anyMasterKey: true });
      opened.push(without);
      const { closed } = await acceptLoss(without, app.operator);
      expect(closed).toEqual([
        expect.stringMatching(/^the data key of /),
        'the setting mailServerPassword',
        expect.stringMatching(/^the mail \d+$/),
      ]);
      await another(app, masterKeys);
    });
  });

  describe('the checkpoints of the audit trail', () => {
    it('are verified after the key that signed them is gone, and no public key counts that somebody put into the database', async () => {
      const [old, young] = [key(), key()];
      const app = await open(engine, old);
      await newOrganization(app);
      await writeCheckpoint(app, app.operator);
      const using = await another(app, young, old);
      await rotateKeys(using, app.operator, FROM_ENVIRONMENT);
      const alone = await another(app, young);
      expect(await verifyAudit(alone, app.operator)).toMatchObject({ isIntact: true, checkpoints: 1 });
      const stored = await app.db.read.selectFrom('master_keys').selectAll().orderBy('used_since').execute();
      const [first, last] = stored;
      await app.db.write
        .updateTable('master_keys')
        .set({ seal: last?.seal ?? '' })
        .where('key_id', '=', first?.key_id ?? '')
        .execute();
      expect(await verifyAudit(alone, app.operator)).toMatchObject({ isIntact: false });
    });
  });
});

describe('master keys in a file', () => {
  const fileOf = (app: App) => path.join(app.config.dataFolder, KEY_FILE);
  const keysIn = async (app: App) => parseMasterKeys(await readFile(fileOf(app), 'utf8')).map(masterKeyId);
  const rotate = (app: App, operator: TestApp['operator']) =>
    rotateKeys(app, operator, { keyFile: fileOf(app) });

  it('item 104: are rotated while processes run, which go on at once: cursors, secrets, and what they make themselves', async () => {
    const app = await open('sqlite');
    await fill(app);
    const cursor = app.keys.seal('cursor', Buffer.from('position'));
    const command = await another(app);
    const { to, from } = await rotate(command, app.operator);
    expect(await keysIn(app)).toEqual([to, ...from]);
    expect((await stat(fileOf(app))).mode & 0o777).toBe(0o600);
    // A stranger's cursors do not keep the process from noticing.
    for (let count = 0; count < 5; count++) expect(app.keys.unseal('cursor', 'AAAAAAAA')).toBeUndefined();
    const made = command.keys.seal('cursor', Buffer.from('new position'));
    expect(app.keys.unseal('cursor', made)).toEqual(Buffer.from('new position'));
    expect(app.keys.unseal('cursor', cursor)).toEqual(Buffer.from('position'));
    expect(await closedOf(app, app.operator)).toEqual([]);
    const third = await another(app);
    await rotate(third, app.operator);
    expect(wrappedUnder(app.keys.wrap('context', Buffer.from('key')))).toBe((await keysIn(app))[0]);
  });

  it('are all kept by rotations that come at once, and everything opens', async () => {
    const app = await open('sqlite');
    await fill(app);
    const processes = [app, await another(app), await another(app)];
    await Promise.all(processes.map((process) => rotate(process, app.operator)));
    expect(new Set(await keysIn(app)).size).toBe(4);
    for (const process of processes) expect(await closedOf(process, app.operator)).toEqual([]);
  });

  it('stay as they are where the file cannot be replaced', async () => {
    const app = await open('sqlite');
    await fill(app);
    const before = await readFile(fileOf(app), 'utf8');
    const keyFile = path.join(app.config.dataFolder, 'nowhere', KEY_FILE);
    await expect(rotateKeys(app, app.operator, { keyFile })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await readFile(fileOf(app), 'utf8')).toBe(before);
    expect(await listKeys(app, app.operator)).toHaveLength(1);
  });

  it('are those that the process had, while the file is damaged or gone', async () => {
    const app = await open('sqlite');
    await fill(app);
    await writeFile(fileOf(app), 'damaged');
    expect(app.keys.reload()).toBe(false);
    expect(await closedOf(app, app.operator)).toEqual([]);
  });

  it('are dropped when they are older, a minute after the rotation, with what others made under them put under the new one', async () => {
    const app = await open('sqlite');
    await fill(app);
    await writeCheckpoint(app, app.operator);
    const drop = () => dropOlderKeys(app, app.operator, { keyFile: fileOf(app) });
    await expect(drop()).rejects.toMatchObject({
      code: 'conflict',
      message: 'There is no older master key.',
    });
    const late = (await listWrapped(app.db.read)).find(({ kind }) => kind === 'setting');
    const { to, from } = await rotate(app, app.operator);
    // A process that had not noticed yet.
    const [now] = (await listWrapped(app.db.read)).filter(({ kind }) => kind === 'setting');
    await inTransaction(app.db, async (tx) => expect(await now?.replace(tx, late?.text ?? '')).toBe(true));
    await expect(drop()).rejects.toMatchObject({ message: expect.stringContaining('try again in') });
    app.clock.advance(61);
    expect(await drop()).toEqual({ kept: to, dropped: from });
    expect(await keysIn(app)).toEqual([to]);
    expect(await verifyKeys(app, app.operator)).toEqual({ secrets: 5, closed: [] });
    expect(await verifyAudit(app, app.operator)).toMatchObject({ isIntact: true });
    const { items } = await listAudit(app, app.operator, { action: 'keys.drop' });
    expect(items).toMatchObject([{ details: { kept: to, dropped: from } }]);
  });

  it('are not dropped while something is under them that does not open', async () => {
    const app = await open('sqlite');
    await fill(app);
    const [before] = await keysIn(app);
    await rotate(app, app.operator);
    const [some] = await listWrapped(app.db.read);
    const spoilt = `${app.keys.wrap('another context', Buffer.from('key'))}`.replace(
      /^v1\.[^.]+/,
      `v1.${Buffer.from(before ?? '', 'hex').toString('base64url')}`,
    );
    await inTransaction(app.db, async (tx) => expect(await some?.replace(tx, spoilt)).toBe(true));
    app.clock.advance(61);
    await expect(dropOlderKeys(app, app.operator, { keyFile: fileOf(app) })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('there is still the data key of'),
    });
    expect(await keysIn(app)).toContain(before);
  });

  it('keep every secret readable in two processes, whatever they do in which order', {
    timeout: 120_000,
  }, async () => {
    const step = fc.record({
      by: fc.constantFrom(0, 1),
      does: fc.constantFrom('make', 'make', 'rotate', 'drop', 'restart'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const app = await open('sqlite');
        const processes: OpenedApp[] = [app, await another(app)];
        const organization = await createOrganization(app, app.operator, {
          name: fresh('Organization'),
          limits: { apiUsers: 50 },
        });
        let password = '';
        for (const { by, does } of steps) {
          const on = processes[by] ?? app;
          if (does === 'make') {
            await newApiUser({ ...app, ...on } as TestApp, organization);
            password = fresh('password');
            await setSetting(on, app.operator, { name: 'mailServerPassword', value: password });
          } else if (does === 'rotate') await rotate(on, app.operator);
          else if (does === 'restart') processes[by] = await another(app);
          else {
            app.clock.advance(61);
            const isDropped = (await keysIn(app)).length > 1;
            const work = dropOlderKeys(on, app.operator, { keyFile: fileOf(app) });
            if (isDropped) await work;
            else await expect(work).rejects.toMatchObject({ code: 'conflict' });
          }
          const sealed = on.keys.seal('cursor', Buffer.from(does));
          for (const process of processes) {
            expect(await closedOf(process, app.operator)).toEqual([]);
            if (does !== 'make') expect(process.keys.unseal('cursor', sealed)).toBeDefined();
          }
        }
        expect(await verifyAudit(app, app.operator)).toMatchObject({ isIntact: true });
      }),
      { numRuns: 15 },
    );
  });
});
