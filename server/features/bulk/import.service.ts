import { setImmediate as giveWay } from 'node:timers/promises';
import {
  IMPORT_MAX_BYTES,
  IMPORT_MAX_ROWS,
  IMPORT_OUTCOMES,
  type ImportAccountsInput,
  type ImportedRow,
  type ImportReport,
  importAccountsInput,
} from '../../../contract/bulk.ts';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseCsv } from '../../csv.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { openManySeats, type SeatDemand } from '../account-creation/seats.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { findAndLockByName } from './accounts-by-name.store.ts';
import { gravest, type ReadRow, readHeading, readRow, rowProblems } from './columns.rules.ts';
import { importRow } from './import-row.ts';
import { presentValues } from './present-values.ts';

/** Cells that a record of the largest sensible file has; more is no list of accounts. */
const MAX_CELLS = 200;
/** After so many rows others have their turn: on SQLite, nothing else in a transaction lets them. */
const ROWS_PER_TURN = 20;
/** Problems that the refusal itself, and the audit trail, tell of; the report has them all. */
const TOLD_PROBLEMS = 10;

/**
 * Creates and edits the accounts of a CSV text in one transaction, in the order of its rows, each by the rules of the single
 * operation: all of them, or none when any row is refused. An account is found by its user name: a row that says nothing
 * new about it is `unchanged`, so that an import can be repeated. What a row leaves empty it does not change. API users
 * are found by their Access ID; a row without one always creates one.
 *
 * Nobody else writes meanwhile on SQLite, and nobody creates accounts on PostgreSQL: 1,000 rows take about half a
 * second on the one, and one to three on the other; 10,000 ten times as long.
 *
 * What is generated for new accounts stands in the report, and nowhere else. A dry run gives the report of the import, also
 * where that would be refused.
 * @throws AppError `not_found`, `forbidden`; `invalid_input` and `too_large` for what is no list of accounts; `unprocessable` or
 *   `limit_reached` with the `report` when rows are refused, or do not fit
 */
export async function importAccounts(
  app: App,
  caller: Caller,
  rawInput: ImportAccountsInput,
): Promise<ImportReport> {
  const { organization: reference, csv, dryRun } = parseInput(importAccountsInput, rawInput);
  const name = dryRun ? 'account.previewImport' : 'account.import';
  // A stranger's file is not read.
  await act(app, caller, name, async (action) => {
    await requireImport(action, reference);
  });
  const rows = readFile(csv);
  let done: Done | undefined;
  try {
    return await act(app, caller, name, async (action) => {
      done = undefined;
      const organization = await requireImport(action, reference);
      done = await importRows(app, action, organization, rows, dryRun);
      if (done.refusal !== undefined) throw done.refusal;
      if (dryRun) throw new DryRun();
      await action.audit({ ...targetOf(organization), details: done.report.counts });
      return done.report;
    });
  } catch (error) {
    if (done === undefined || (error !== done.refusal && !(error instanceof DryRun))) throw error;
    if (dryRun) return done.report;
    // The audit trail was told under the code of the gravest row.
    const code =
      done.report.problems.length > 0 && done.report.counts.error === 0 ? 'limit_reached' : 'unprocessable';
    throw new AppError(code, { ...done.refusal?.details, report: done.report });
  }
}

/** Thrown to leave the transaction of a dry run without a trace. */
class DryRun extends Error {}

type Done = { report: ImportReport; refusal: AppError | undefined };

async function requireImport({ tx, access, about }: Action, reference: Reference): Promise<OrganizationRow> {
  const organization = requireVisibleOrganization(access, await findOrganization(tx, reference), reference);
  about(targetOf(organization));
  access.require('account.create', { organizationId: organization.owner_id });
  return organization;
}

function targetOf({ owner_id, name }: OrganizationRow) {
  return { organizationId: owner_id, targetKind: 'organization', targetId: owner_id, targetName: name };
}

type FileRow = ReadRow & { row: number; line: number };

/** @throws AppError `invalid_input`, `too_large` */
function readFile(csv: string): FileRow[] {
  if (Buffer.byteLength(csv) > IMPORT_MAX_BYTES)
    throw new AppError('too_large', {
      message: `The file has more than ${IMPORT_MAX_BYTES} octets.`,
      max: IMPORT_MAX_BYTES,
    });
  const [first, ...others] = parseCsv(csv, { maxRows: IMPORT_MAX_ROWS + 1, maxCells: MAX_CELLS });
  if (first === undefined) throw invalid('csv', 'is empty');
  const heading = readHeading(first.cells);
  const seen = new Map<string, number>();
  return others.map(({ row, line, cells }) => {
    const read = readRow(heading, cells);
    const { userName } = read.values;
    if (typeof userName === 'string') {
      const key = nameKey(userName);
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, row);
      else read.problems.push({ path: 'userName', message: `stands in row ${earlier} already` });
    }
    return { ...read, row, line };
  });
}

async function importRows(
  app: App,
  action: Action,
  organization: OrganizationRow,
  rows: readonly FileRow[],
  dryRun: boolean,
): Promise<Done> {
  const { tx } = action;
  const seats = await openManySeats(tx, { id: organization.owner_id, name: organization.name });
  const names = rows.flatMap(({ values }) => (typeof values.userName === 'string' ? [values.userName] : []));
  const known = await findAndLockByName(tx, names, organization.owner_id);
  const own = [...known.values()].filter((row) => row.organization_id === organization.owner_id);
  const present = await presentValues(tx, action.access, own);
  const codes = new Set<string>();
  const imported: ImportedRow[] = [];
  for (const [index, row] of rows.entries()) {
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await giveWay();
    const before = seats.demand();
    const { values, kind, problems } = row;
    const userName = typeof values.userName === 'string' ? values.userName : null;
    const shown = { row: row.row, line: row.line, kind: kind ?? null, userName };
    const refused = (all: ImportedRow['problems']) =>
      imported.push({ ...shown, outcome: 'error', problems: all, consequences: [] });
    if (kind === undefined || problems.length > 0) {
      refused(problems);
      continue;
    }
    const fields: Record<string, unknown> = {};
    try {
      const result = await importRow(
        app,
        action,
        { organization, seats },
        {
          kind,
          values,
          stored: userName === null ? undefined : known.get(nameKey(userName)),
          present,
          fields,
        },
      );
      const { secrets, ...outcome } = result;
      imported.push({
        ...shown,
        ...outcome,
        userName: dryRun ? userName : outcome.userName,
        problems: [],
        ...(dryRun || secrets === undefined ? {} : { secrets }),
      });
    } catch (error) {
      refused(rowProblems(error, fields));
      if (error instanceof AppError) codes.add(error.code);
      seats.returnTo(before);
    }
  }
  return doneWith(imported, seats.demand(), seats.refusals(), codes, dryRun);
}

function doneWith(
  rows: ImportedRow[],
  demands: readonly SeatDemand[],
  lacking: readonly AppError[],
  codes: Set<string>,
  dryRun: boolean,
): Done {
  const counts = Object.fromEntries(
    IMPORT_OUTCOMES.map((outcome) => [outcome, rows.filter((row) => row.outcome === outcome).length]),
  ) as ImportReport['counts'];
  const refused = counts.error > 0 || lacking.length > 0;
  const left = ({ max, used }: SeatDemand['licence']) => Math.max(0, max - used);
  const report: ImportReport = {
    dryRun,
    refused,
    counts,
    seats: demands.map(({ limit, wanted, organization, licence }) => ({
      limit,
      wanted,
      organization: { ...organization, left: left(organization) },
      licence: { left: left(licence) },
    })),
    problems: lacking.map(({ message }) => ({ path: '', message })),
    // Of an import that is refused nothing exists, and no secret opens anything.
    rows: refused ? rows.map(({ secrets: _, ...row }) => row) : rows,
  };
  if (!refused) return { report, refusal: undefined };
  if (counts.error === 0 && lacking[0] !== undefined)
    return { report, refusal: new AppError('limit_reached', { ...lacking[0].details }) };
  const told = rows
    .flatMap(({ row, problems }) =>
      problems.map(({ path, message }) => ({
        path: path === '' ? `row ${row}` : `row ${row}.${path}`,
        message,
      })),
    )
    .slice(0, TOLD_PROBLEMS);
  const [first] = told;
  if (lacking.length > 0) codes.add('limit_reached');
  return {
    report,
    refusal: new AppError(gravest(codes), {
      message: `${counts.error} of ${rows.length} rows ${counts.error === 1 ? 'is' : 'are'} refused; nothing is changed. ${first?.path}: ${first?.message}`,
      problems: told,
    }),
  };
}
