import { type EditLicenceInput, editLicenceInput, type Licence } from '../../../contract/licence.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { requireVersion } from '../owners/owners.rules.ts';
import { findInstance, type InstanceRow, lockInstance, updateInstance } from './instance.store.ts';
import { licenceUse } from './licence.rules.ts';

/** The licence and how much of it is used. */
export async function getLicence(app: App, caller: Caller): Promise<Licence> {
  return await readingAs(app, caller, 'licence.show', async () => {
    caller.access.require('licence.view', INSTANCE);
    const instance = await findInstance(app.db.read);
    if (instance === undefined) throw new AppError('not_found');
    return await shown(app.db.read, caller.access, instance);
  });
}

/**
 * Changes totals and switches of the licence. Below present use is allowed: it shows the over-use and blocks growth only.
 * @throws AppError `forbidden`, `invalid_input`, `stale`
 */
export async function editLicence(app: App, caller: Caller, rawInput: EditLicenceInput): Promise<Licence> {
  const input = parseInput(editLicenceInput, rawInput);
  return await act(app, caller, 'licence.edit', async ({ tx, access, audit }) => {
    access.require('licence.edit', INSTANCE);
    const before = await lockInstance(tx);
    requireVersion(input.version, before.version);
    const totals = {
      max_users: input.limits?.users ?? before.max_users,
      max_api_users: input.limits?.apiUsers ?? before.max_api_users,
      max_taxii_users: input.limits?.taxiiUsers ?? before.max_taxii_users,
      api_users_allowed: switched(input.apiUsersAllowed, before.api_users_allowed),
      read_only_users_allowed: switched(input.readOnlyUsersAllowed, before.read_only_users_allowed),
    };
    const after: InstanceRow = { ...before, ...totals };
    const changes = { before: told(before), after: told(after) };
    if (JSON.stringify(changes.before) === JSON.stringify(changes.after))
      return await shown(tx, access, before);
    await updateInstance(tx, { ...totals, version: before.version + 1 });
    await audit({
      organizationId: null,
      targetKind: 'licence',
      targetId: null,
      targetName: null,
      details: changes,
    });
    return await shown(tx, access, { ...after, version: before.version + 1 });
  });
}

function switched(wanted: boolean | undefined, before: number): number {
  return wanted === undefined ? before : Number(wanted);
}

function told(row: InstanceRow) {
  return {
    limits: { users: row.max_users, apiUsers: row.max_api_users, taxiiUsers: row.max_taxii_users },
    apiUsersAllowed: row.api_users_allowed === 1,
    readOnlyUsersAllowed: row.read_only_users_allowed === 1,
  };
}

async function shown(
  db: Parameters<typeof findInstance>[0],
  access: Access,
  row: InstanceRow,
): Promise<Licence> {
  const { limits, ...switches } = told(row);
  const used = {
    users: await countSeats(db, 'user', 'instance'),
    apiUsers: await countSeats(db, 'api', 'instance'),
    taxiiUsers: await countSeats(db, 'taxii', 'instance'),
  };
  return {
    version: row.version,
    limits,
    used,
    ...licenceUse(limits, used),
    ...switches,
    readOnlyUsers: await countSeats(db, 'read_only', 'instance'),
    abilities: { edit: access.can('licence.edit', INSTANCE) },
  };
}
