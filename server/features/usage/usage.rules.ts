import type { SystemRole } from '../../../contract/roles.ts';
import type { CollectionReader, UsageFigures, UsageSeries } from '../../../contract/usage.ts';
import type { Access } from '../../access/access.ts';
import type { Micros } from '../../protocols/timestamp.ts';

const DAY_MICROS = 86_400_000_000;

/** The day of an instant in UTC, counted from the epoch: what usage figures are kept by. */
export function dayOf(at: Micros): number {
  return Math.floor(at / DAY_MICROS);
}

/** A run of days, the last one among them. */
export type Window = { first: number; last: number };

/** The days that end with that of the instant. */
export function windowOf(now: Micros, days: number): Window {
  const last = dayOf(now);
  return { first: last - days + 1, last };
}

/** The days by name: `2026-08-01`. */
export function daysOf({ first, last }: Window): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    new Date((first + index) * (DAY_MICROS / 1000)).toISOString().slice(0, 10),
  );
}

/** Figures of one day, as they are stored. */
export type DayFigures = {
  day: number;
  polls: number;
  objects_served: number;
  octets_served: number;
  objects_added: number;
};

/** Figures of an account in a collection on the day of the instant, all zero. */
export function newUsage(accountId: number, collectionId: string, now: Micros) {
  const polls: { last_polled_at: Micros | null; last_polled_from: string | null } = {
    last_polled_at: null,
    last_polled_from: null,
  };
  return {
    collection_id: collectionId,
    day: dayOf(now),
    account_id: accountId,
    polls: 0,
    objects_served: 0,
    octets_served: 0,
    objects_added: 0,
    ...polls,
  };
}

/** One number for each day of the window; what falls on the same day adds up. */
export function seriesOf({ first, last }: Window, rows: readonly DayFigures[]): UsageSeries {
  const zeros = () => Array.from({ length: last - first + 1 }, () => 0);
  const series = { polls: zeros(), objectsServed: zeros(), octetsServed: zeros(), objectsAdded: zeros() };
  const add = (numbers: number[], index: number, more: number) => {
    const before = numbers[index];
    if (before !== undefined) numbers[index] = before + more;
  };
  for (const row of rows) {
    const index = row.day - first;
    add(series.polls, index, row.polls);
    add(series.objectsServed, index, row.objects_served);
    add(series.octetsServed, index, row.octets_served);
    add(series.objectsAdded, index, row.objects_added);
  }
  return series;
}

export function totalOf(series: UsageSeries): UsageFigures {
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
  return {
    polls: sum(series.polls),
    objectsServed: sum(series.objectsServed),
    octetsServed: sum(series.octetsServed),
    objectsAdded: sum(series.objectsAdded),
  };
}

export function figuresOf(row: Omit<DayFigures, 'day'>): UsageFigures {
  return {
    polls: row.polls,
    objectsServed: row.objects_served,
    octetsServed: row.octets_served,
    objectsAdded: row.objects_added,
  };
}

/** A TAXII user, deleted ones too. */
export type User = {
  id: number;
  user_name: string;
  pseudonym: string;
  organization_id: number;
  organization_name: string;
  system_role: SystemRole;
  deleted_at: Micros | null;
};

/** Whether the asker may see the account, and so its name and its addresses. */
export function seesAccount(
  access: Access,
  user: Pick<User, 'id' | 'organization_id' | 'system_role'>,
): boolean {
  return access.can('account.view', {
    accountId: user.id,
    organizationId: user.organization_id,
    systemRole: user.system_role,
  });
}

/**
 * A reader of a collection as the asker may know it: the account itself; else what the list of members shows of a TAXII user,
 * its organization and its pseudonym, which never stands with its id; else that it was somebody.
 */
export function readerOf(
  access: Access,
  user: User,
  isListed: boolean,
): Pick<CollectionReader, 'account' | 'organization'> {
  const deleted = user.deleted_at !== null;
  const organization = { id: user.organization_id, name: user.organization_name };
  if (seesAccount(access, user))
    return { account: { id: user.id, name: user.user_name, deleted }, organization };
  if (isListed) return { account: { id: null, name: user.pseudonym, deleted }, organization };
  return { account: { id: null, name: 'an account that is not listed', deleted: false }, organization: null };
}
