import type { App } from '../../server/context.ts';
import { inTransaction, rawQuery } from '../../server/db/transaction.ts';

/** Every row of every table, as JSON texts in an order that tells nothing; `passes` says which count, `without` which columns do not. */
export async function everyRow(
  app: App,
  passes: (table: string, row: Record<string, unknown>) => boolean = () => true,
  without: readonly string[] = [],
): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>();
  for (const { name } of await app.db.read.introspection.getTables()) {
    const found = (await inTransaction(app.db, (tx) => rawQuery(tx, `select * from ${name}`, []))) as Record<
      string,
      unknown
    >[];
    rows.set(
      name,
      found
        .filter((row) => passes(name, row))
        .map((row) => JSON.stringify(row, (key, value) => (without.includes(key) ? undefined : value)))
        .sort(),
    );
  }
  return rows;
}

/** The tables that differ. */
export function differences(before: Map<string, string[]>, after: Map<string, string[]>): string[] {
  return [...after]
    .filter(([table, rows]) => JSON.stringify(rows) !== JSON.stringify(before.get(table)))
    .map(([table, rows]) => {
      const old = new Set(before.get(table));
      const fresh = rows.filter((row) => !old.has(row));
      return `${table}: ${fresh.join(' ').slice(0, 400)}`;
    });
}
