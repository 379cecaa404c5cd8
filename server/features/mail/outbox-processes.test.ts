import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startMailServer, type TestMailServer, useMailServer } from '../../testing/mail-server.ts';
import { startServerProcess } from '../../testing/processes.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { sendDueMails } from './outbox.service.ts';
import { queueMail } from './outbox.ts';

describe.each(ENGINES)('the outbox of several processes on %s', (engine) => {
  let app: TestApp;
  let mails: TestMailServer;
  beforeEach(async () => {
    app = await openTestApp(engine);
    mails = await startMailServer();
    await useMailServer(app, mails);
  });
  afterEach(async () => {
    await mails?.close();
    await app?.close();
  });
  const queue = async (to = 'ana@example.org') =>
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: null,
        to,
        message: { purpose: 'test', subject: 'A test', paragraphs: ['A test.'] },
      }),
    );
  const rows = async () => await app.db.read.selectFrom('outbox').selectAll().execute();

  it('is emptied by running servers, each mail once', async () => {
    const servers = [await startServerProcess(app.config), await startServerProcess(app.config)];
    try {
      const wanted = Array.from({ length: 20 }, (_, index) => `person-${index}@example.org`);
      for (const to of wanted) await queue(to);
      await mails.receives(20);
      await expect
        .poll(async () => (await rows()).filter((row) => row.sent_at === null), { timeout: 10_000 })
        .toEqual([]);
      expect(mails.received.flatMap(({ to }) => to).sort()).toEqual(wanted.sort());
    } finally {
      for (const server of servers) await server.end();
    }
  });

  it('survives a process that is killed while it sends: another sends the mail after two minutes', async () => {
    mails.behave = { hangsAfterMail: true };
    const server = await startServerProcess(app.config);
    try {
      await queue();
      await expect.poll(() => mails.seen.count, { timeout: 15_000 }).toBe(1);
    } finally {
      await server.end('SIGKILL');
    }
    mails.behave = {};
    expect((await rows())[0]).toMatchObject({ sent_at: null, failed_at: null });
    expect([await sendDueMails(app), mails.received.length]).toEqual([0, 0]);
    app.clock.advance(121);
    expect([await sendDueMails(app), mails.received.length]).toEqual([1, 1]);
  });
});
