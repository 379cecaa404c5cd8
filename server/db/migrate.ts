import { type Kysely, sql } from 'kysely';
import { AppError } from '../errors.ts';
import { isUniqueViolation } from './dialect.ts';
import type { Migration } from './migration.ts';
import { migration0001 } from './migrations/0001-foundation.ts';
import { migration0002 } from './migrations/0002-audit-chain.ts';
import { migration0003 } from './migrations/0003-account-administration.ts';
import { migration0004 } from './migrations/0004-deleted-owners.ts';
import { migration0005 } from './migrations/0005-members-by-pseudonym.ts';
import { migration0006 } from './migrations/0006-sign-in.ts';
import { migration0007 } from './migrations/0007-usage.ts';
import { migration0009 } from './migrations/0009-browsing.ts';
import type { Database } from './open.ts';
import type { Schema } from './schema.ts';
import { inTransaction } from './transaction.ts';

/** Append only; the position is the version of the database. */
const MIGRATIONS: readonly Migration[] = [
  migration0001,
  migration0002,
  migration0003,
  migration0004,
  migration0005,
  migration0006,
  migration0007,
  migration0009,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

type MigrationsSchema = Schema & { schema_migrations: { version: number; name: string; applied_at: number } };

/**
 * Brings the database to this version of the program, in one transaction; any number of processes may start at
 * once, and one of them migrates. Returns the names of the migrations that it applied.
 * @throws AppError `conflict` when the database comes from a newer version of the program
 */
export async function migrate(db: Database, now: number): Promise<string[]> {
  try {
    return await migrateOnce(db, now);
  } catch (error) {
    // PostgreSQL: of two concurrent "create table if not exists" the second may break the catalogue's key.
    if (isUniqueViolation(error)) return await migrateOnce(db, now);
    throw error;
  }
}

async function migrateOnce(db: Database, now: number): Promise<string[]> {
  return await inTransaction(db, async (schemaTx) => {
    const tx = schemaTx as unknown as Kysely<MigrationsSchema>;
    await tx.schema
      .createTable('schema_migrations')
      .ifNotExists()
      .addColumn('version', 'integer', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('applied_at', 'bigint', (c) => c.notNull())
      .execute();
    if (db.engine === 'postgres')
      await sql`lock table schema_migrations in access exclusive mode`.execute(tx);
    const current = await databaseVersion(tx);
    if (current > SCHEMA_VERSION) throw newerDatabase(current);
    const applied: string[] = [];
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < current) continue;
      await migration.up(schemaTx, db.engine);
      await tx
        .insertInto('schema_migrations')
        .values({ version: index + 1, name: migration.name, applied_at: now })
        .execute();
      applied.push(migration.name);
    }
    return applied;
  });
}

function newerDatabase(version: number): AppError {
  return new AppError('conflict', {
    message: `The database has version ${version}, and this Taxiway knows versions up to ${SCHEMA_VERSION}. It was written by a newer Taxiway: run that one, or restore a backup made before the upgrade.`,
  });
}

async function databaseVersion(db: Kysely<MigrationsSchema>): Promise<number> {
  const row = await db
    .selectFrom('schema_migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}
