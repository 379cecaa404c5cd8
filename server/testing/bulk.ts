import type { App, Caller } from '../context.ts';
import { csvLine } from '../csv.ts';
import { exportAccounts } from '../features/bulk/export.service.ts';

/** CSV of rows that name their columns; what a row does not name is empty. */
export function csvOf(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map(csvLine).join('');
}

/** The whole export, as text. */
export async function exported(
  app: App,
  caller: Caller,
  input: Parameters<typeof exportAccounts>[2],
): Promise<string> {
  let text = '';
  for await (const piece of await exportAccounts(app, caller, input)) text += piece;
  return text;
}
