import type { Thing, World } from '../world.ts';
import type { Operation } from './operation.ts';

export const people = ['user', 'leader', 'accountsAdministrator', 'administrator', 'own account'] as const;

export const accounts = [...people, 'apiUser', 'taxiiUser'] as const;

export async function row(world: World, { id }: Thing) {
  return await world.app.db.read
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', Number(id))
    .executeTakeFirstOrThrow();
}

type AccountRow = Awaited<ReturnType<typeof row>>;

/** An edit of one field to what it is already: the right is asked for, and nothing else changes. */
export function edit(
  does: string,
  on: Operation['on'],
  permission: string,
  change: (row: AccountRow) => Record<string, unknown>,
): Operation {
  return {
    does,
    on,
    needs: [permission],
    send: async ({ world, thing }) => {
      const stored = await row(world, thing);
      return { body: { version: stored.version, ...change(stored) } };
    },
  };
}

/** Whom the fields are tried on: below, above and beside oneself. */
export const some = ['user', 'administrator', 'own account'] as const;

export const NAMED = [...some, 'apiUser'] as const;

/** Every field of the forms with what it needs, as the articles have it. */
export const EDITS: readonly Operation[] = [
  edit('first name', [...people, 'apiUser'], 'account.edit', () => ({ firstName: 'Some' })),
  edit('groups', some, 'account.edit', () => ({ groups: [] })),
  edit('time zone', some, 'account.edit', () => ({ timeZone: null, logOutAfterMinutes: null })),
  edit('contact', ['apiUser', 'taxiiUser'], 'account.edit', () => ({ contactEmail: null })),
  edit('switches', ['apiUser'], 'account.edit', () => ({
    includeInObservations: false,
    exceedApiLinkLimit: false,
  })),
  edit('allow-list', ['taxiiUser'], 'account.edit', () => ({ onlyOwners: null })),
  edit('Organization role', NAMED, 'account.roles', (stored) => ({
    organizationRole: stored.organization_role,
  })),
  edit('System role', NAMED, 'account.systemRole', (stored) => ({ systemRole: stored.system_role })),
  edit('lock', [...some, 'taxiiUser'], 'account.lock', () => ({ locked: false })),
  edit('disable', ['leader', 'accountsAdministrator', 'apiUser', ...some], 'account.disable', () => ({
    disabled: false,
  })),
  edit('expiry', ['taxiiUser', ...some], 'account.disable', () => ({ expiresAt: null })),
  edit('user name', [...some, 'taxiiUser'], 'account.userName', (stored) => ({
    userName: stored.user_name,
  })),
  edit('pseudonym', NAMED, 'account.pseudonym', (stored) => ({ pseudonym: stored.pseudonym })),
  edit('TQL timeout', NAMED, 'account.customTqlTimeout', () => ({ customTqlTimeoutMs: null })),
  edit('terms of service', some, 'account.termsOfService', () => ({
    termsOfServiceAcceptanceRequired: false,
  })),
  edit('password reset', some, 'account.credential', () => ({ passwordResetRequired: false })),
  edit('second factor reset', some, 'account.authenticator', () => ({ mfaResetRequired: false })),
];
