import type { Kysely } from 'kysely';
import type { CredentialKind, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/** An end between the two instants (after the one, at or before the other), of something that existed long enough before. */
export type Window = {
  after: Micros;
  until: Micros;
  days: number;
  /** How long before its end a reminder of these days is due. */
  lead: Micros;
};

/** A credential, or an account where there is none, whose end somebody is to be reminded of. */
export type Ending = { accountId: number; credentialId: number | undefined };

/**
 * Credentials of machines that end in the window and of which nobody was reminded so late: of each kind that an account has
 * the newest only, because an older one ends by its rotation. One that was made when its end was that near already is left out.
 */
export async function listEndingCredentials(
  db: Kysely<Schema>,
  window: Window,
  now: Micros,
  limit: number,
): Promise<Ending[]> {
  const rows = await db
    .selectFrom('credentials as c')
    .innerJoin('accounts as a', 'a.id', 'c.account_id')
    .innerJoin('organizations as g', 'g.owner_id', 'a.organization_id')
    .select(['c.id', 'c.account_id'])
    .where('c.expires_at', '>', window.after)
    .where('c.expires_at', '<=', window.until)
    .where((eb) => eb(eb('c.expires_at', '-', window.lead), '>', eb.ref('c.created_at')))
    .where((eb) => eb.or([eb('c.reminded_days', 'is', null), eb('c.reminded_days', '>', window.days)]))
    .where('a.kind', 'in', ['api', 'taxii'])
    .where('a.deleted_at', 'is', null)
    .where('a.disabled_at', 'is', null)
    .where('g.disabled_at', 'is', null)
    .where((eb) => eb.or([eb('a.expires_at', 'is', null), eb('a.expires_at', '>', now)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('credentials as newer')
            .select('newer.id')
            .whereRef('newer.account_id', '=', 'c.account_id')
            .whereRef('newer.kind', '=', 'c.kind')
            .whereRef('newer.id', '>', 'c.id'),
        ),
      ),
    )
    .orderBy('c.expires_at')
    .orderBy('c.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ accountId: row.account_id, credentialId: row.id }));
}

/** Accounts that end in the window and of which nobody was reminded so late. */
export async function listEndingAccounts(
  db: Kysely<Schema>,
  window: Window,
  limit: number,
): Promise<Ending[]> {
  const rows = await db
    .selectFrom('accounts as a')
    .innerJoin('organizations as g', 'g.owner_id', 'a.organization_id')
    .select('a.id')
    .where('a.expires_at', '>', window.after)
    .where('a.expires_at', '<=', window.until)
    .where((eb) => eb(eb('a.expires_at', '-', window.lead), '>', eb.ref('a.created_at')))
    .where((eb) =>
      eb.or([eb('expiry_reminded_days', 'is', null), eb('expiry_reminded_days', '>', window.days)]),
    )
    .where('a.deleted_at', 'is', null)
    .where('a.disabled_at', 'is', null)
    .where('g.disabled_at', 'is', null)
    .orderBy('a.expires_at')
    .orderBy('a.id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => ({ accountId: id, credentialId: undefined }));
}

export type EndingCredential = { kind: CredentialKind; hint: string | null; expires_at: Micros };

/**
 * Notes that this reminder of the credential is sent; undefined where another process has sent it, or it ends at another
 * time now. The account's row must be locked.
 */
export async function takeCredentialReminder(
  tx: Transaction,
  id: number,
  { after, until, days }: Window,
): Promise<EndingCredential | undefined> {
  const row = await tx
    .updateTable('credentials')
    .set({ reminded_days: days })
    .where('id', '=', id)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', until)
    .where((eb) => eb.or([eb('reminded_days', 'is', null), eb('reminded_days', '>', days)]))
    .returning(['kind', 'hint', 'expires_at'])
    .executeTakeFirst();
  return row === undefined ? undefined : { ...row, expires_at: row.expires_at ?? until };
}

/** As `takeCredentialReminder`, of the account itself; the instant of its end. */
export async function takeAccountReminder(
  tx: Transaction,
  id: number,
  { after, until, days }: Window,
): Promise<Micros | undefined> {
  const row = await tx
    .updateTable('accounts')
    .set({ expiry_reminded_days: days })
    .where('id', '=', id)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', until)
    .where((eb) => eb.or([eb('expiry_reminded_days', 'is', null), eb('expiry_reminded_days', '>', days)]))
    .returning('expires_at')
    .executeTakeFirst();
  return row?.expires_at ?? undefined;
}

/** E-mail address and time zone of those who administer the organization and can sign in, the oldest accounts first. */
export async function listOrganizationAdministrators(
  tx: Transaction,
  organizationId: number,
  now: Micros,
  limit: number,
): Promise<{ address: string; timeZone: string | null }[]> {
  return await tx
    .selectFrom('accounts')
    .select(['user_name as address', 'time_zone as timeZone'])
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'user')
    .where('organization_role', '=', 'Organization Administrator')
    .where('deleted_at', 'is', null)
    .where('disabled_at', 'is', null)
    .where('locked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('id')
    .limit(limit)
    .execute();
}
