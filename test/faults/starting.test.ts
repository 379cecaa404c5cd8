import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../server/app.ts';
import type { Config } from '../../server/config.ts';
import { inTransaction, rawQuery } from '../../server/db/transaction.ts';
import { type ServerProcess, startCommand, startServerProcess } from '../../server/testing/processes.ts';
import { ENGINES, testConfig } from '../../server/testing/test-app.ts';

describe.each(ENGINES)('starting on %s', (engine) => {
  let config: Config;
  let remove: () => Promise<void>;
  const servers: ServerProcess[] = [];
  beforeEach(async () => {
    ({ config, remove } = await testConfig(engine));
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.end()));
    await remove?.();
  });
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const db = openDatabase(config, () => undefined);
    try {
      return await inTransaction(db, (tx) => rawQuery<Row>(tx, sql, []));
    } finally {
      await db.close();
    }
  };

  it.each([2, 4])('%i servers at once on an empty database migrate it once, and all serve', async (count) => {
    const started = Array.from({ length: count }, () => startServerProcess(config));
    servers.push(...(await Promise.all(started)));
    for (const server of servers) {
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      expect(server.stderr()).not.toMatch(/"level":"(error|fatal)"/);
    }
    const migrations = await rows<{ version: number }>(
      'select version from schema_migrations order by version',
    );
    expect(migrations.map((each) => each.version)).toEqual(migrations.map((_, index) => index + 1));
    expect(await rows('select id from instance')).toHaveLength(1);
    expect(await rows('select id from taxii_services')).toHaveLength(1);
    // The set-up code is the one that was printed last.
    expect(await rows('select 1 as one from instance where setup_code_hash is not null')).toHaveLength(1);
  });

  it('a database of a newer version is refused by every command with one clear line, and left as it is', async () => {
    servers.push(await startServerProcess(config));
    await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')));
    await rows("insert into schema_migrations (version, name, applied_at) values (999, '0999-later', 1)");
    const before = await rows('select * from schema_migrations');
    const commands = [['serve', '--port', '0'], ['migrate'], ['organization', 'list']];
    const refused = commands.map((command) => startCommand(config, command, { TAXIWAY_LOG_LEVEL: 'warn' }));
    for (const process of refused) {
      const { code, signal } = await process.ended;
      expect(signal).toBeNull();
      expect(code).toBeGreaterThan(0);
      expect(process.stdout()).toBe('');
      expect(process.stderr().trimEnd().split('\n')).toHaveLength(1);
      expect(process.stderr()).toMatch(/version 999.*newer Taxiway/);
    }
    expect(await rows('select * from schema_migrations')).toEqual(before);
  });
});
