import {
  ACCOUNT_COLUMNS,
  CREATION_COLUMNS,
  type ImportColumn,
  type ImportedRow,
} from '../../../../contract/bulk.ts';

const COLUMNS = [...Object.keys(ACCOUNT_COLUMNS), ...Object.keys(CREATION_COLUMNS)] as ImportColumn[];
/** Other names of a column, as the server takes them. */
const ALIASES: Readonly<Record<string, ImportColumn>> = { email: 'userName', accessid: 'userName' };

/** A file as it is to be shown beside the report: its columns, and its cells by the number of their row. */
export type ReadCsv = { columns: readonly string[]; cells: ReadonlyMap<number, readonly string[]> };

/** Reads a text that the server has taken for CSV: rows are counted as the server does, without empty lines. */
export function readCsv(text: string): ReadCsv {
  const cells = new Map<number, readonly string[]>();
  for (const record of recordsOf(text)) {
    if (record.length > 1 || record[0] !== '') cells.set(cells.size + 1, record);
  }
  const columns = (cells.get(1) ?? []).map((name) => {
    const small = name.trim().toLowerCase();
    return ALIASES[small] ?? COLUMNS.find((column) => column.toLowerCase() === small) ?? name.trim();
  });
  return { columns, cells };
}

function* recordsOf(text: string): Generator<string[]> {
  const pattern = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\r|\n|$)/y;
  pattern.lastIndex = text.startsWith('\ufeff') ? 1 : 0;
  let record: string[] = [];
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return;
    const [, cell = '', end] = found;
    record.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',' && pattern.lastIndex === text.length) record.push('');
    if (end !== ',' || pattern.lastIndex === text.length) {
      yield record;
      record = [];
    }
  }
}

/** What a spreadsheet would run as a formula. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

const written = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const plain = (cell: string) => written(FORMULA.test(cell) ? `'${cell}` : cell);
const lines = (rows: readonly (readonly string[])[]) => rows.map((row) => `${row.join(',')}\r\n`).join('');

/** A file to begin with: every column, and a row for each kind of account. */
export function template(): string {
  const examples: Partial<Record<ImportColumn, string>>[] = [
    {
      kind: 'user',
      userName: 'jane.doe@example.com',
      firstName: 'Jane',
      lastName: 'Doe',
      organizationRole: 'Standard User',
      invite: 'yes',
    },
    {
      kind: 'read_only',
      userName: 'john.roe@example.com',
      firstName: 'John',
      lastName: 'Roe',
      organizationRole: 'Read Only User',
    },
    {
      kind: 'api',
      firstName: 'Ticket',
      lastName: 'System',
      organizationRole: 'Standard User',
      contactEmail: 'tickets@example.com',
      tokenExpirationDays: '90',
    },
    { kind: 'taxii', userName: 'partner-siem', contactEmail: 'siem@example.com', apiKey: 'yes' },
  ];
  return lines([COLUMNS, ...examples.map((row) => COLUMNS.map((column) => plain(row[column] ?? '')))]);
}

const SECRETS = ['password', 'apiKey', 'secretKey', 'token', 'invitation'] as const;

/** What became of every row. With the secrets it is all that there is of them. */
export function reportCsv(rows: readonly ImportedRow[], withSecrets: boolean): string {
  const heading = ['row', 'outcome', 'kind', 'userName', 'problems', 'consequences'];
  return lines([
    [...heading, ...(withSecrets ? SECRETS : [])],
    ...rows.map(({ row, outcome, kind, userName, problems, consequences, secrets }) => [
      String(row),
      outcome,
      kind ?? '',
      plain(userName ?? ''),
      plain(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')),
      plain(consequences.map(({ message }) => message).join(' ')),
      // A secret with something before it opens nothing.
      ...(withSecrets ? SECRETS.map((name) => written(secrets?.[name] ?? '')) : []),
    ]),
  ]);
}
