import type { AccountKind, SystemRole } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { invalid } from '../../errors.ts';
import { accountState } from '../accounts/accounts.rules.ts';

type Account = { id: number; organization_id: number; system_role: SystemRole };
type Named = Account & {
  user_name: string;
  first_name: string | null;
  last_name: string | null;
  pseudonym: string;
};

/** By what those who may not see accounts know them there; `nothing` where members have names, but not this one. */
export type ShownAs = 'pseudonym' | 'names' | 'nothing';

/** Whether the asker may see the account, and so its name. */
export function seesName(access: Access, account: Account): boolean {
  return access.can('account.view', {
    accountId: account.id,
    organizationId: account.organization_id,
    systemRole: account.system_role,
  });
}

/**
 * The account that answers for something, as the asker may see it; null where nobody does. Never its pseudonym together with
 * its id or its names, for who may see neither elsewhere would then know its bearer.
 */
export function shownResponsible(
  access: Access,
  accounts: readonly Named[],
  id: number | null,
  shownAs: ShownAs = 'pseudonym',
): { id: number | null; name: string } | null {
  const account = accounts.find((each) => each.id === id);
  if (account === undefined) return null;
  if (seesName(access, account)) return { id: account.id, name: account.user_name };
  if (shownAs === 'pseudonym') return { id: null, name: account.pseudonym };
  if (shownAs === 'nothing') return { id: null, name: 'an account that is not listed' };
  const names = [account.first_name, account.last_name].filter(Boolean).join(' ');
  return { id: account.id, name: names === '' ? `account ${account.id}` : names };
}

const KINDS = { user: 'a user', read_only: 'a read-only user', api: 'an API user', taxii: 'a TAXII user' };

/**
 * Refuses an account that cannot answer for anything.
 * @throws AppError `invalid_input`
 */
export function requireResponsible(
  account: {
    kind: AccountKind;
    disabled_at: number | null;
    locked_at: number | null;
    expires_at: number | null;
  },
  kinds: readonly AccountKind[],
  now: number,
): void {
  if (!kinds.includes(account.kind))
    throw invalid('responsible', `must be ${kinds.map((kind) => KINDS[kind]).join(' or ')}`);
  const state = accountState(account, now);
  if (state !== 'active') throw invalid('responsible', `must be active, and is ${state}`);
}
