import { sql } from 'kysely';
import type { Engine } from './dialect.ts';
import type { Database } from './open.ts';
import type { Transaction } from './transaction.ts';

const APPEND_ONLY = ['audit_events', 'audit_checkpoints'] as const;

/** The names of the triggers by table, as the engine needs them. */
function triggersOf(table: (typeof APPEND_ONLY)[number], engine: Engine): string[] {
  return engine === 'postgres'
    ? [`${table}_append_only`]
    : ['update', 'delete', 'replace'].map((change) => `${table}_no_${change}`);
}

/** The triggers of the guard that the database does not have, or has switched off. */
export async function listMissingGuards(db: Database): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    db.engine === 'postgres'
      ? `select tgname as name from pg_trigger join pg_class on pg_class.oid = tgrelid
         where relnamespace = current_schema()::regnamespace and tgenabled in ('O', 'A')`
      : "select name from sqlite_schema where type = 'trigger'",
    [],
  );
  const names = new Set(rows.map(({ name }) => name));
  return APPEND_ONLY.flatMap((table) => triggersOf(table, db.engine)).filter((name) => !names.has(name));
}

/**
 * Makes the tables of the audit trail refuse every change but an insert. The one place where the database holds a program
 * of ours; see docs/adr/0013-audit-chain.md.
 */
export async function guardAppendOnly(tx: Transaction, engine: Engine): Promise<void> {
  const run = async (text: string) => {
    await sql.raw(text).execute(tx);
  };
  if (engine === 'postgres') {
    await run(
      `create or replace function taxiway_append_only() returns trigger language plpgsql as $$
       begin raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege'; end $$`,
    );
    for (const table of APPEND_ONLY)
      await run(
        `create trigger ${table}_append_only before update or delete or truncate on ${table} for each statement execute function taxiway_append_only()`,
      );
    return;
  }
  for (const table of APPEND_ONLY) {
    const key = table === 'audit_events' ? 'id' : 'sequence';
    for (const change of ['update', 'delete'])
      await run(
        `create trigger ${table}_no_${change} before ${change} on ${table} begin select raise(abort, '${table} is append-only'); end`,
      );
    // "insert or replace" would delete a row without asking the trigger above.
    await run(
      `create trigger ${table}_no_replace before insert on ${table} when exists (select 1 from ${table} where ${key} = new.${key})
       begin select raise(abort, '${table} is append-only'); end`,
    );
  }
}

/** Takes the guard off, for a restore that puts another audit trail into the place of that of a fresh instance. */
export async function releaseAppendOnly(tx: Transaction, engine: Engine): Promise<void> {
  for (const table of APPEND_ONLY) {
    const on = engine === 'postgres' ? ` on ${table}` : '';
    for (const name of triggersOf(table, engine)) await sql.raw(`drop trigger ${name}${on}`).execute(tx);
  }
}
