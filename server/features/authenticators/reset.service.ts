import type { AuthenticatorReset } from '../../../contract/authenticators.ts';
import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import { updateAccount } from '../accounts/accounts.store.ts';
import { aKind, requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from '../accounts/visible-account.ts';
import { PEOPLE } from '../sessions/own-session.ts';
import { readSetting } from '../settings/settings.store.ts';
import { removeFactorsFor } from './authenticator-reset.ts';
import { findAuthenticators, listPasskeys } from './authenticators.store.ts';

export type ResetAuthenticator = {
  id: number;
  userName: string;
  version: number;
  sessionsEnded: number;
  mailed: boolean;
};

/**
 * Removes the second factors of somebody who cannot show them any more. With `set_up_again` the person sets up another at
 * the next sign-in; with `off` the account has none.
 * @throws AppError `not_found`, `forbidden`, `stale`; `conflict` for `off` while everybody needs one, and for machines
 */
export async function resetAuthenticator(
  app: App,
  caller: Caller,
  which: { account: Reference; kind?: AccountKind | undefined },
  input: AuthenticatorReset,
): Promise<ResetAuthenticator> {
  const { reason, next, version } = input;
  return await act(app, caller, 'account.resetAuthenticator', async (action) => {
    const { tx, access, audit } = action;
    const found = await findVisibleAccount(action, which);
    requireOnAccount(access, 'account.authenticator', accountTarget(found));
    const row = await lockVisibleAccount(action, found);
    requireOnAccount(access, 'account.authenticator', accountTarget(row));
    requireSameVersion(row, version);
    if (!PEOPLE.includes(row.kind))
      throw new AppError('conflict', { message: `There is no second factor for ${aKind(row.kind)}.` });
    if (next === 'off' && (await readSetting(tx, 'twoFactorAuthenticationRequired'))) {
      throw new AppError('conflict', {
        message:
          'Everybody needs a second factor here: nobody can be without one. Let the person set up another.',
      });
    }
    const { confirmed } = await findAuthenticators(tx, row.id);
    const passkeys = (await listPasskeys(tx, row.id)).length;
    const { sessionsEnded, mailed } = await removeFactorsFor(app, action, row);
    await updateAccount(tx, row.id, {
      authenticator_since: null,
      // Whoever is signing in with one of them at this moment does not get in.
      credential_version: row.credential_version + 1,
      mfa_reset_required: next === 'off' ? 0 : 1,
    });
    await audit({
      ...accountAuditTarget(row),
      details: { reason, next, totp: confirmed !== undefined, passkeys, sessionsEnded },
    });
    return { id: row.id, userName: row.user_name, version: row.version + 1, sessionsEnded, mailed };
  });
}
