import { createAccess } from '../../access/access.ts';
import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { findAccount, findActor } from './accounts.store.ts';

/**
 * The account as a caller, for the operator who acts as it on the command line.
 * @throws AppError `not_found`; `forbidden` when the account may not act at the moment
 */
export async function actAs(app: App, operator: Caller, userName: string): Promise<Caller> {
  return await reading(async () => {
    operator.access.require('instance.operate', {});
    const account = await findAccount(app.db.read, userName);
    if (account === undefined)
      throw new AppError('not_found', { message: `There is no account named "${userName}".` });
    const actor = await findActor(app.db.read, account.id, app.clock.now());
    if (actor === undefined)
      throw new AppError('forbidden', {
        message: `The account "${userName}" is locked, disabled or expired.`,
      });
    return { access: createAccess(actor) };
  });
}
