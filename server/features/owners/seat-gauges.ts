import type { SeatGauges } from '../../../contract/organizations.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import type { App } from '../../context.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { findInstance } from '../instance/instance.store.ts';
import { seatGauge } from './organizations.rules.ts';
import { countSeatsOf } from './organizations.store.ts';
import type { OrganizationRow } from './owners.store.ts';

/** How many more accounts of each kind fit in the organization, and whether the asker can create one. Asks for no right to know. */
export async function readSeats(
  read: App['db']['read'],
  access: Access,
  row: OrganizationRow,
): Promise<SeatGauges> {
  const target = { organizationId: row.id };
  const instance = await findInstance(read);
  if (instance === undefined) throw new Error('the instance has no row');
  const used = (await countSeatsOf(read, [row.id]))(row.id);
  const visible = access.can('licence.view', INSTANCE);
  const { name } = row;
  const common = access.can('account.create', target)
    ? null
    : 'You may not create accounts in this organization.';
  const refusedBy = (isAllowed: number, who: string, what: string) =>
    isAllowed === 1 ? null : `${who} does not allow ${what}.`;
  const licence = 'The licence of this instance';
  return {
    organization: { id: row.id, name },
    users: seatGauge(
      'users',
      { name, used: used.users, max: row.max_users },
      { used: await countSeats(read, 'user', 'instance'), max: instance.max_users, visible },
      common,
    ),
    apiUsers: seatGauge(
      'apiUsers',
      { name, used: used.apiUsers, max: row.max_api_users },
      { used: await countSeats(read, 'api', 'instance'), max: instance.max_api_users, visible },
      common ?? refusedBy(instance.api_users_allowed, licence, 'API users'),
    ),
    taxiiUsers: seatGauge(
      'taxiiUsers',
      { name, used: used.taxiiUsers, max: row.max_taxii_users },
      { used: await countSeats(read, 'taxii', 'instance'), max: instance.max_taxii_users, visible },
      common,
    ),
    readOnlyUsers: await (async () => {
      const whyNot =
        common ??
        refusedBy(instance.read_only_users_allowed, licence, 'read-only users') ??
        refusedBy(row.read_only_users_allowed, `The organization "${name}"`, 'read-only users');
      return { used: await countSeats(read, 'read_only', row.id), canCreate: whyNot === null, whyNot };
    })(),
  };
}
