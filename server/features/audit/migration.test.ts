import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp, openDatabase } from '../../app.ts';
import { migration0001 } from '../../db/migrations/0001-foundation.ts';
import { inTransaction } from '../../db/transaction.ts';
import { auditTrail } from '../../testing/builders.ts';
import { ENGINES, operator, testConfig } from '../../testing/test-app.ts';
import { verifyAudit } from './verification.service.ts';

describe.each(ENGINES)('an audit trail from before the hash chains on %s', (engine) => {
  it('is chained in the order in which it was written, and loses nothing', async () => {
    const { config, remove } = await testConfig(engine);
    onTestFinished(remove);
    const db = openDatabase(config, () => undefined);
    const EVENTS = 2300;
    await inTransaction(db, async (tx) => {
      await migration0001.up(tx, engine);
      await sql`create table schema_migrations (version integer primary key, name text not null, applied_at bigint not null)`.execute(
        tx,
      );
      await sql`insert into schema_migrations values (1, '0001-foundation', 1)`.execute(tx);
      for (let number = 1; number <= EVENTS; number++)
        await sql`insert into audit_events (at, organization_id, actor_name, action, outcome, target_kind, target_name, details, count)
          values (${1_700_000_000_000_000 + number}, ${number % 3 === 0 ? null : number % 3}, ${`a${number}`}, 'x', 'refused',
            'thing', ${`é ${number}`}, ${`{"z": 1,"a":"${number}"}`}, ${number === 5 ? 7 : 1})`.execute(tx);
    });
    await db.close();
    const app = await openApp(config);
    onTestFinished(() => app.close());
    expect(app.migrations).toContain('0002-audit-chain');
    const caller = operator();
    expect(await verifyAudit(app, caller)).toMatchObject({ isIntact: true, chains: 3, events: EVENTS });
    const trail = (await auditTrail(app)).filter((event) => event.action === 'x');
    expect(trail.map((event) => event.actor_name)).toEqual(
      Array.from({ length: EVENTS }, (_, index) => `a${index + 1}`),
    );
    expect(new Set(trail.map((event) => event.salts)).size).toBe(EVENTS);
    expect(trail[0]?.salts).toMatch(/^[0-9a-f]{96}$/);
    expect(trail[4]).toMatchObject({ count: 7, sequence: 2, details: { a: '5', z: 1 } });
    expect(trail.filter((event) => event.chain === 2).map((event) => event.sequence)).toEqual(
      Array.from({ length: 767 }, (_, index) => index + 1),
    );
  });
});
