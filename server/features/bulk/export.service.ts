import {
  ACCOUNT_COLUMNS,
  type AccountColumn,
  type ExportAccountsInput,
  exportAccountsInput,
} from '../../../contract/bulk.ts';
import type { Access } from '../../access/access.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { csvLine } from '../../csv.ts';
import { parseInput } from '../../input.ts';
import { askedAccounts } from '../accounts/account-query.ts';
import { type AccountPosition, listAccountRows } from '../accounts/listing.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { joinList, type PresentValues } from './columns.rules.ts';
import { presentValues } from './present-values.ts';

/** Accounts that are read at a time: a long export holds no transaction, and little memory. */
const EXPORT_ROWS = 500;

type Wanted = ReturnType<typeof askedAccounts> & {
  access: Access;
  organizationId: number;
  columns: readonly AccountColumn[];
};

/**
 * The accounts of an organization, filtered and sorted as a list is, in the columns that an import takes; the System role
 * only for those who may see it. As CSV an import finds every row `unchanged`; as JSON it is an array of objects, with null
 * for what an account does not have. An owner on the allow-list of a TAXII user that the asker cannot see stands there by its id. The right is asked for before the first piece, and the export is audited.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function exportAccounts(
  app: App,
  caller: Caller,
  rawInput: ExportAccountsInput,
): Promise<AsyncIterable<string>> {
  const { organization: reference, format, ...query } = parseInput(exportAccountsInput, rawInput);
  const wanted = await act(app, caller, 'account.export', async ({ tx, access, about, audit }) => {
    const organization = requireVisibleOrganization(access, await findOrganization(tx, reference), reference);
    const organizationId = organization.owner_id;
    const target = {
      organizationId,
      targetKind: 'organization',
      targetId: organizationId,
      targetName: organization.name,
    };
    about(target);
    access.require('account.view', { organizationId });
    const asked = askedAccounts(access, query);
    await audit({ ...target, details: { format, ...query } });
    const seesSystemRoles = access.can('account.viewSystemRole', { organizationId });
    const columns = (Object.keys(ACCOUNT_COLUMNS) as AccountColumn[]).filter(
      (column) => column !== 'systemRole' || seesSystemRoles,
    );
    return { ...asked, access, organizationId, columns };
  });
  return format === 'csv' ? csvOf(app, wanted) : jsonOf(app, wanted);
}

async function* csvOf(app: App, wanted: Wanted): AsyncGenerator<string> {
  const { columns } = wanted;
  yield csvLine(columns);
  for await (const accounts of pagesOf(app, wanted)) {
    yield accounts
      .map((account) =>
        csvLine(
          columns.map((column) => {
            const value = account[column];
            return typeof value === 'object' && value !== null ? joinList(value) : value;
          }),
        ),
      )
      .join('');
  }
}

async function* jsonOf(app: App, wanted: Wanted): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const accounts of pagesOf(app, wanted)) {
    const items = accounts.map((account) =>
      JSON.stringify(Object.fromEntries(wanted.columns.map((column) => [column, account[column]]))),
    );
    yield `${separator}${items.join(',\n')}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

async function* pagesOf(
  app: App,
  { access, organizationId, filter, order }: Wanted,
): AsyncGenerator<PresentValues[]> {
  const db = app.db.read;
  const now = app.clock.now();
  let after: AccountPosition | undefined;
  for (;;) {
    const rows = await listAccountRows(db, organizationId, filter, {
      ...order,
      after,
      limit: EXPORT_ROWS,
      now,
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    const values = await presentValues(db, access, rows);
    yield rows.flatMap(({ id }) => values.get(id) ?? []);
    if (rows.length < EXPORT_ROWS) return;
    after = { value: last.position, id: last.id };
  }
}
