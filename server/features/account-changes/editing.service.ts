import { type AccountEdited, type EditAccountInput, editAccountInput } from '../../../contract/accounts.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import type { AccountRow } from '../accounts/accounts.store.ts';
import { applyEdit, decideEdit, editName } from './edit-steps.ts';
import type { EditPlan } from './edits.rules.ts';

/**
 * Edits an account: every field or none. A field that its kind does not have, or that the caller may not set, is an error.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`, `stale`, `conflict`, `name_taken`, `limit_reached`;
 *   `verification_required` for the own e-mail address
 */
export async function editAccount(
  app: App,
  caller: Caller,
  rawInput: EditAccountInput,
): Promise<AccountEdited> {
  const input = parseInput(editAccountInput, rawInput);
  return await act(app, caller, editName(input.changes), async (action) => {
    const { row, plan } = await decideEdit(app, action, input);
    requireProof(caller, row, input.changes);
    await applyEdit(app, action, row, input.changes, plan);
    return { id: row.id, version: row.version + 1, consequences: plan.consequences };
  });
}

/**
 * Whoever finds a screen unlocked does not take the account by another address for its links.
 * @throws AppError `verification_required`
 */
function requireProof(
  { access: { actor }, isVerified }: Caller,
  row: AccountRow,
  { userName }: { userName?: string | undefined },
): void {
  const isOwn = actor.kind === 'account' && actor.accountId === row.id;
  if (isOwn && userName !== undefined && isVerified === false) throw new AppError('verification_required');
}

/** Thrown to leave the transaction of a preview without a trace. */
class Previewed extends Error {
  readonly plan: EditPlan;
  readonly row: AccountRow;
  constructor(row: AccountRow, plan: EditPlan) {
    super('previewed');
    this.row = row;
    this.plan = plan;
  }
}

/**
 * What an edit would entail: it is decided, and carried out, like the edit itself, and rolled back. Refused exactly when the edit would be.
 * @throws AppError like `editAccount`
 */
export async function previewEdit(
  app: App,
  caller: Caller,
  rawInput: EditAccountInput,
): Promise<AccountEdited> {
  const input = parseInput(editAccountInput, rawInput);
  try {
    return await act(app, caller, 'account.preview', async (action) => {
      const { row, plan } = await decideEdit(app, action, input);
      requireProof(caller, row, input.changes);
      await applyEdit(app, action, row, input.changes, plan);
      caller.access.noteAsked();
      throw new Previewed(row, plan);
    });
  } catch (error) {
    if (!(error instanceof Previewed)) throw error;
    return { id: error.row.id, version: error.row.version, consequences: error.plan.consequences };
  }
}
