import type { Kysely } from 'kysely';
import type { LimitName } from '../../../contract/organizations.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { findInstance, type InstanceRow, lockInstance } from '../instance/instance.store.ts';
import { lockOrganization } from '../owners/owners.store.ts';
import { requireSeat } from './accounts.rules.ts';
import { countSeats } from './accounts.store.ts';

/** The limit that accounts of a kind count against. Read-only users take no seat. */
const LIMIT_OF: Readonly<Record<AccountKind, LimitName | undefined>> = {
  user: 'users',
  read_only: undefined,
  api: 'apiUsers',
  taxii: 'taxiiUsers',
};

type Limits = { max_users: number; max_api_users: number; max_taxii_users: number };
const maxOf = (row: Limits, limit: LimitName): number =>
  ({ users: row.max_users, apiUsers: row.max_api_users, taxiiUsers: row.max_taxii_users })[limit];

/**
 * The seat gate: every way in which a seat can be taken comes through here, in the transaction of its write. Locks the
 * rows of the instance and of the organization, so that of several that come at once for the last seat one gets it.
 * @throws AppError `limit_reached`; `forbidden` where the licence or the organization does not allow the kind
 */
export async function takeSeat(
  tx: Transaction,
  kind: AccountKind,
  organization: { id: number; name: string },
): Promise<void> {
  const instance = await lockInstance(tx);
  const limits = await lockOrganization(tx, organization.id);
  await requireRoom(tx, kind, { ...limits, ...organization }, instance);
}

/** What `takeSeat` decides, without taking: for whoever looks before they leap. */
export async function requireRoomNow(
  db: Kysely<Schema>,
  kind: AccountKind,
  organization: Limits & { id: number; name: string; read_only_users_allowed: number },
): Promise<void> {
  const instance = await findInstance(db);
  if (instance !== undefined) await requireRoom(db, kind, organization, instance);
}

async function requireRoom(
  db: Kysely<Schema>,
  kind: AccountKind,
  organization: Limits & { id: number; name: string; read_only_users_allowed: number },
  instance: InstanceRow,
): Promise<void> {
  const limit = LIMIT_OF[kind];
  if (limit === undefined) {
    requireSwitch(instance.read_only_users_allowed, 'The licence of this instance', 'read-only users');
    requireSwitch(
      organization.read_only_users_allowed,
      `The organization "${organization.name}"`,
      'read-only users',
    );
    return;
  }
  if (kind === 'api') {
    requireSwitch(instance.api_users_allowed, 'The licence of this instance', 'API users');
  }
  requireSeat(
    limit,
    {
      name: organization.name,
      used: await countSeats(db, kind, organization.id),
      max: maxOf(organization, limit),
    },
    { used: await countSeats(db, kind, 'instance'), max: maxOf(instance, limit) },
  );
}

function requireSwitch(value: number, who: string, what: string): void {
  if (value === 1) return;
  throw new AppError('limit_reached', { message: `${who} does not allow ${what}.`, limit: what, max: 0 });
}
