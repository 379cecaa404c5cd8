import type { ChangeField } from '../../../contract/accounts.ts';
import {
  ACCOUNT_COLUMNS,
  type AccountColumn,
  type ColumnType,
  CREATION_COLUMNS,
  type ImportColumn,
} from '../../../contract/bulk.ts';
import type { Problem } from '../../../contract/errors.ts';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import { ACCOUNT_KINDS, type AccountKind } from '../../../contract/roles.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseTimestamp } from '../../protocols/timestamp.ts';
import { aKind, FORM_FIELDS, problemsError } from '../accounts/forms.rules.ts';

const TYPES: Readonly<Record<ImportColumn, ColumnType>> = { ...ACCOUNT_COLUMNS, ...CREATION_COLUMNS };
const COLUMNS = Object.keys(TYPES) as ImportColumn[];
const REQUIRED = ['kind', 'userName'] as const satisfies readonly ImportColumn[];
/** Other names of a column, in small letters. */
const ALIASES: ReadonlyMap<string, ImportColumn> = new Map([
  ['email', 'userName'],
  ['accessid', 'userName'],
]);

/** The columns in the order of the file. */
export type Heading = readonly ImportColumn[];

/**
 * The columns that the heading names, in whatever case.
 * @throws AppError `invalid_input` with everything that is wrong with it
 */
export function readHeading(cells: readonly string[]): Heading {
  const names = cells.map((cell) => cell.trim());
  if (names.length === 1 && /[;\t|]/.test(names[0] ?? ''))
    throw invalid('row 1', 'the columns are not separated by commas; save the file as CSV with commas');
  const problems: Problem[] = [];
  const heading: ImportColumn[] = [];
  for (const name of names) {
    const small = name.toLowerCase();
    const column = ALIASES.get(small) ?? COLUMNS.find((each) => each.toLowerCase() === small);
    if (column === undefined) problems.push({ path: 'row 1', message: unknownColumn(name) });
    else if (heading.includes(column))
      problems.push({ path: 'row 1', message: `has the column ${column} twice` });
    else heading.push(column);
  }
  for (const column of REQUIRED)
    if (!heading.includes(column)) problems.push({ path: 'row 1', message: `lacks the column ${column}` });
  if (problems.length > 0) throw problemsError('invalid_input', problems);
  return heading;
}

function unknownColumn(name: string): string {
  if (/^pass(word|wd)?$/i.test(name))
    return 'has a column of passwords: they do not belong in files; leave it out, and one is generated for each new account';
  if (name === '') return 'has a column without a name';
  return `has an unknown column ${JSON.stringify(name.slice(0, 60))}; there are: ${COLUMNS.join(', ')}`;
}

export type CellValue = string | number | boolean | readonly string[];
/** What a row says; what it leaves empty is missing here. */
export type RowValues = Partial<Record<ImportColumn, CellValue>>;
export type ReadRow = { values: RowValues; kind: AccountKind | undefined; problems: Problem[] };

/** What a row says, by column, and what is wrong with its cells. */
export function readRow(heading: Heading, cells: readonly string[]): ReadRow {
  const problems: Problem[] = [];
  const values: RowValues = {};
  // Spreadsheets leave out empty cells at the end, or add some.
  if (cells.slice(heading.length).some((cell) => cell.trim() !== ''))
    problems.push({ path: '', message: `has ${cells.length} cells, and the heading ${heading.length}` });
  heading.forEach((column, index) => {
    const text = (cells[index] ?? '').trim();
    if (text === '') return;
    const value = readCell(TYPES[column], text);
    if (typeof value === 'object' && 'problem' in value)
      problems.push({ path: column, message: value.problem });
    else values[column] = value;
  });
  const kind = ACCOUNT_KINDS.find((each) => each === values.kind);
  if (kind === undefined && !problems.some(({ path }) => path === 'kind'))
    problems.push({ path: 'kind', message: `must be one of: ${ACCOUNT_KINDS.join(', ')}` });
  if (kind !== undefined) problems.push(...foreignColumns(kind, values));
  if (values.userName === undefined && kind !== 'api')
    problems.push({ path: 'userName', message: 'is missing' });
  return { values, kind, problems };
}

function readCell(type: ColumnType, text: string): CellValue | { problem: string } {
  if (type === 'list') {
    const names = splitList(text);
    return names.length === 0 ? { problem: 'names nothing' } : names;
  }
  if (type === 'flag') {
    if (/^(true|yes)$/i.test(text)) return true;
    return /^(false|no)$/i.test(text) ? false : { problem: 'must be true or false' };
  }
  if (type === 'number')
    return /^-?\d{1,15}$/.test(text) ? Number(text) : { problem: 'must be a whole number' };
  return text;
}

/** Nothing is silently dropped: a value in a column that the kind of account does not have is an error. */
function foreignColumns(kind: AccountKind, values: RowValues): Problem[] {
  return (Object.keys(values) as ImportColumn[])
    .filter((column) => !hasColumn(kind, column))
    .map((path) => ({ path, message: `is fixed or does not exist for ${aKind(kind)}` }));
}

export function hasColumn(kind: AccountKind, column: ImportColumn): boolean {
  if (column === 'kind' || column === 'userName') return true;
  if (column === 'invite') return kind === 'user' || kind === 'read_only';
  if (column === 'apiKey') return kind === 'taxii';
  if (column === 'tokenExpirationDays') return kind === 'api';
  return FORM_FIELDS[column].kinds.includes(kind);
}

/** Names separated by semicolons; one in a name has a backslash before it, which no name contains. */
export function splitList(text: string): string[] {
  return text
    .split(/(?<!\\);/)
    .map((name) => name.replaceAll('\\;', ';').trim())
    .filter((name) => name !== '');
}

export function joinList(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(';', '\\;')).join('; ');
}

/** An owner that whoever asks cannot see, in a list of owners: no name has a slash. */
export function unnamedOwner(id: number): string {
  return `owner/${id}`;
}

/** What a list of owners says: names, and the ids of those that stand in it without one. */
function ownerReferences(value: CellValue): CellValue | Reference[] {
  if (!Array.isArray(value)) return value;
  return (value as readonly string[]).map((text) => {
    const id = /^owner\/([1-9]\d{0,14})$/.exec(text)?.[1];
    return id === undefined ? text : Number(id);
  });
}

/** What an account has in the columns, with names in place of ids; null where it has nothing. */
export type PresentValues = Record<AccountColumn, CellValue | null> & {
  servicePath: string | null;
  /** How `onlyOwners` has each of the owners, by id. */
  ownerTexts: ReadonlyMap<number, string>;
};

type GivenValue = CellValue | readonly Reference[];

/** The values of the row that are other than the present ones: what an edit would have to change. */
export function differences(
  values: Partial<Record<ChangeField, GivenValue>>,
  present: PresentValues,
): ChangeField[] {
  return (Object.keys(values) as ChangeField[]).filter(
    // By the user name the account was found, in whatever case.
    (field) => field !== 'userName' && !isEqual(field, values[field], present),
  );
}

function isEqual(field: ChangeField, value: GivenValue | undefined, present: PresentValues): boolean {
  const before = present[field];
  if (before === null || value === undefined) return false;
  if (field === 'expiresAt') return parseTimestamp(String(value)) === parseTimestamp(String(before));
  if (field === 'service') {
    const path = String(value).replace(/^\/+|\/+$/g, '');
    return nameKey(String(value)) === nameKey(String(before)) || path === present.servicePath;
  }
  if (!Array.isArray(value)) return value === before;
  const textOf = (each: Reference) =>
    typeof each === 'number' ? (present.ownerTexts.get(each) ?? unnamedOwner(each)) : each;
  const keys = new Set((value as readonly Reference[]).map((each) => nameKey(textOf(each))));
  const others = new Set((before as readonly string[]).map(nameKey));
  return keys.size === others.size && [...keys].every((key) => others.has(key));
}

/** What the forms call the fields of a row. */
export function creationFields(kind: AccountKind, values: RowValues): Record<string, unknown> {
  const { kind: _, userName, ...fields } = withOwners(values);
  if (kind === 'taxii') return { userName, ...fields };
  if (kind === 'api') return fields;
  return { email: userName, ...fields };
}

/** The fields of a row that an edit may change. */
export function changeFields(values: RowValues): Partial<Record<ChangeField, GivenValue>> {
  const { kind: _, userName: __, invite: ___, apiKey: ____, tokenExpirationDays: _____, ...fields } = values;
  return withOwners(fields);
}

function withOwners<Values extends Pick<RowValues, 'onlyOwners'>>({ onlyOwners, ...others }: Values) {
  return onlyOwners === undefined ? others : { ...others, onlyOwners: ownerReferences(onlyOwners) };
}

/** Refusals that are those of a row; anything else breaks the import off. */
const ROW_REFUSALS = new Set([
  'invalid_input',
  'forbidden',
  'not_found',
  'name_taken',
  'limit_reached',
  'conflict',
  'stale',
]);

/**
 * What is wrong with a row, from the refusal of the step that it takes; `given` are the fields of that step. Whatever is no
 * refusal of a row is thrown on.
 */
export function rowProblems(error: unknown, given: Readonly<Record<string, unknown>>): Problem[] {
  if (!(error instanceof AppError) || !ROW_REFUSALS.has(error.code)) throw error;
  const { problems, field } = error.details;
  if (problems !== undefined)
    return problems.map(({ path, message }) => {
      const [name = ''] = path.split('.');
      const isMissing = name !== '' && given[name] === undefined && message.startsWith('Invalid');
      return { path: name === 'email' ? 'userName' : name, message: isMissing ? 'is missing' : message };
    });
  const path =
    typeof field === 'string'
      ? field
      : ({ name_taken: 'userName', limit_reached: 'kind' }[error.code as string] ?? '');
  return [{ path, message: error.message }];
}

/** How the whole import is refused, from how its rows are: the refusals that the audit trail tells of come first. */
export function gravest(codes: ReadonlySet<string>): AppError['code'] {
  const order = ['forbidden', 'limit_reached', 'name_taken', 'conflict', 'not_found'] as const;
  return order.find((code) => codes.has(code)) ?? 'unprocessable';
}
