import type { Kysely } from 'kysely';
import type { LimitName } from '../../../contract/organizations.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { requireSeat, type Seats } from '../accounts/accounts.rules.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { type InstanceRow, lockInstance } from '../instance/instance.store.ts';
import { lockOrganization } from '../owners/owners.store.ts';

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

/** Where an account takes its seat, alone or with others: the gate that every way in comes through. */
export type SeatGate = {
  /** `from`: the kind that it was before, whose seat it frees. */
  take(kind: AccountKind, from?: AccountKind): Promise<void>;
};

/** The gate for one account at a time. */
export function seatGate(tx: Transaction, organization: { id: number; name: string }): SeatGate {
  return { take: (kind) => takeSeat(tx, kind, organization) };
}

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

/** A kind of seats: how many there are before, and how many of them are wanted, fewer when some become free. */
export type SeatDemand = { limit: LimitName; wanted: number; organization: Seats; licence: Seats };

/** The gate for many accounts in one transaction: they are counted as they come, and decided on together. */
export type ManySeats = SeatGate & {
  /** What was wanted so far. */
  demand(): readonly SeatDemand[];
  /** Forgets what was wanted since `demand` said this. */
  returnTo(demand: readonly SeatDemand[]): void;
  /** A `limit_reached` for each limit that would be exceeded. */
  refusals(): AppError[];
};

/** Locks the rows of the instance and of the organization, and counts once. */
export async function openManySeats(
  tx: Transaction,
  organization: { id: number; name: string },
): Promise<ManySeats> {
  const instance = await lockInstance(tx);
  const limits = { ...(await lockOrganization(tx, organization.id)), ...organization };
  let demands: readonly SeatDemand[] = [];
  for (const kind of ['user', 'api', 'taxii'] as const) {
    const limit = LIMIT_OF[kind];
    if (limit === undefined) continue;
    const own = { used: await countSeats(tx, kind, organization.id), max: maxOf(limits, limit) };
    const all = { used: await countSeats(tx, kind, 'instance'), max: maxOf(instance, limit) };
    demands = [...demands, { limit, wanted: 0, organization: own, licence: all }];
  }
  const add = (kind: AccountKind, seats: number): void => {
    demands = demands.map((each) =>
      each.limit === LIMIT_OF[kind] ? { ...each, wanted: each.wanted + seats } : each,
    );
  };
  return {
    async take(kind, from) {
      requireAllowed(kind, limits, instance);
      add(kind, 1);
      if (from !== undefined) add(from, -1);
    },
    demand: () => demands,
    returnTo(demand) {
      demands = demand;
    },
    refusals: () =>
      demands.flatMap(({ limit, wanted, organization: own, licence }) => {
        // Whatever frees seats, or takes none, is allowed where there are too many already.
        if (wanted <= 0) return [];
        try {
          requireSeat(limit, { ...own, name: organization.name }, licence, wanted);
          return [];
        } catch (error) {
          if (error instanceof AppError) return [error];
          throw error;
        }
      }),
  };
}

async function requireRoom(
  db: Kysely<Schema>,
  kind: AccountKind,
  organization: Limits & { id: number; name: string; read_only_users_allowed: number },
  instance: InstanceRow,
): Promise<void> {
  requireAllowed(kind, organization, instance);
  const limit = LIMIT_OF[kind];
  if (limit === undefined) return;
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

/** The switches of the licence and of the organization. */
function requireAllowed(
  kind: AccountKind,
  organization: { name: string; read_only_users_allowed: number },
  instance: InstanceRow,
): void {
  const licence = 'The licence of this instance';
  if (kind === 'api') requireSwitch(instance.api_users_allowed, licence, 'apiUsers');
  if (kind !== 'read_only') return;
  requireSwitch(instance.read_only_users_allowed, licence, 'readOnlyUsers');
  requireSwitch(
    organization.read_only_users_allowed,
    `The organization "${organization.name}"`,
    'readOnlyUsers',
  );
}

function requireSwitch(value: number, who: string, limit: 'apiUsers' | 'readOnlyUsers'): void {
  if (value === 1) return;
  const what = limit === 'apiUsers' ? 'API users' : 'read-only users';
  throw new AppError('limit_reached', { message: `${who} does not allow ${what}.`, limit, max: 0 });
}
