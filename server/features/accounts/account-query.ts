import type { z } from 'zod';
import type { AccountSort, accountQuery } from '../../../contract/accounts.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { problemsError, takesRight } from './forms.rules.ts';
import type { AccountFilter } from './listing.store.ts';

type Query = Omit<z.output<typeof accountQuery>, 'limit' | 'after'>;

/**
 * What a list or an export of accounts asks for. Who may not see System roles learns nothing of them by asking for those
 * who have one.
 * @throws AppError `forbidden`
 */
export function askedAccounts(
  access: Access,
  { sort = 'userName', ...query }: Query,
): { filter: AccountFilter; order: { sort: AccountSort; descending: boolean } } {
  if (query.systemRole !== undefined && !access.can('account.viewSystemRole', {}))
    throw problemsError('forbidden', [
      { path: 'systemRole', message: `you may not see it: ${takesRight('account.viewSystemRole')}` },
    ]);
  return {
    filter: {
      kinds: query.kind === undefined ? undefined : (query.kind.split(',') as AccountKind[]),
      state: query.state,
      systemRole: query.systemRole,
      organizationRole: query.organizationRole,
      groupId: query.group,
      serviceId: query.service,
      hasAuthenticator: query.authenticator === undefined ? undefined : query.authenticator === 'on',
      pending: query.pending,
      credentialExpiresWithinDays: query.credentialExpiresWithinDays,
      expiresWithinDays: query.expiresWithinDays,
      unusedForDays: query.unusedForDays,
      wasUsed: query.neverUsed === undefined ? undefined : !query.neverUsed,
      search: query.search,
    },
    order: { sort: sort.replace('-', '') as AccountSort, descending: sort.startsWith('-') },
  };
}
