import type { LimitName } from '../../../contract/organizations.ts';
import { AppError } from '../../errors.ts';

/** Seats of one kind of account: how many are taken, and how many there may be. */
export type Seats = { used: number; max: number };

/**
 * The seat gate: every way in which a seat can be taken passes it, in the transaction of the
 * write, with the rows that hold the limits locked. `wanted`: so many seats at once.
 * @throws AppError `limit_reached` with the numbers
 */
export function requireSeat(
  limit: LimitName,
  organization: Seats & { name: string },
  licence: Seats,
  wanted = 1,
): void {
  const what = { users: 'users', apiUsers: 'API users', taxiiUsers: 'TAXII users' }[limit];
  const several = (seats: Seats) =>
    wanted === 1 ? '' : ` ${wanted} more are wanted, ${Math.max(0, seats.max - seats.used)} are left.`;
  const refuse = (scope: 'organization' | 'licence', { max, used }: Seats, message: string) =>
    new AppError('limit_reached', {
      message: `${message}${several({ max, used })}`,
      limit,
      scope,
      max,
      used,
      ...(wanted === 1 ? {} : { wanted }),
    });
  if (organization.used + wanted > organization.max) {
    const { name, max, used } = organization;
    throw refuse(
      'organization',
      organization,
      `The organization "${name}" may have ${max} ${what} and has ${used}.`,
    );
  }
  if (licence.used + wanted > licence.max) {
    const { max, used } = licence;
    throw refuse(
      'licence',
      licence,
      `The licence of this instance allows ${max} ${what}, and there are ${used}.`,
    );
  }
}

const COLOURS = [
  'amber',
  'azure',
  'coral',
  'cobalt',
  'copper',
  'crimson',
  'ebony',
  'emerald',
  'golden',
  'indigo',
  'ivory',
  'jade',
  'russet',
  'sable',
  'scarlet',
  'silver',
];
const ANIMALS = [
  'badger',
  'bittern',
  'curlew',
  'dunlin',
  'falcon',
  'heron',
  'ibex',
  'kestrel',
  'lynx',
  'marten',
  'osprey',
  'otter',
  'petrel',
  'plover',
  'puffin',
  'raven',
];

/** A pseudonym that says nothing about the account, from 5 random octets. */
export function pseudonymFrom(random: Uint8Array): string {
  const [colour = 0, animal = 0, ...rest] = random;
  const number = rest.reduce((sum, octet) => sum * 256 + octet, 0);
  return `${COLOURS[colour % COLOURS.length]}-${ANIMALS[animal % ANIMALS.length]}-${number.toString(36)}`;
}

export type AccountState = 'active' | 'locked' | 'disabled' | 'expired';

/** The one state that an account is in for whoever looks at it; the gravest reason first. */
export function accountState(
  account: { disabled_at: number | null; locked_at: number | null; expires_at: number | null },
  now: number,
): AccountState {
  if (account.disabled_at !== null) return 'disabled';
  if (account.expires_at !== null && account.expires_at <= now) return 'expired';
  if (account.locked_at !== null) return 'locked';
  return 'active';
}
