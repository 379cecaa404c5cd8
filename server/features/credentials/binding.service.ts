import type { z } from 'zod';
import { type EditCredentialInput, editCredentialInput } from '../../../contract/accounts.ts';
import type { Problem } from '../../../contract/errors.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { normalNetwork } from '../../networks.ts';
import { type Micros, parseTimestamp } from '../../protocols/timestamp.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import { findCredential, updateAccount } from '../accounts/accounts.store.ts';
import { aKind, requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount } from '../accounts/visible-account.ts';
import { requireVersion } from '../owners/owners.rules.ts';
import { bindingChanges } from './credentials.rules.ts';
import { updateCredential } from './credentials.store.ts';

const DAY_MICROS = 86_400_000_000;

/**
 * Binds a credential of an API user or TAXII user: to addresses, to reading, to signatures that cover the body, to an end.
 * Whatever was verified under it before counts no more, in any process.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`, `stale`
 */
export async function editCredential(app: App, caller: Caller, rawInput: EditCredentialInput): Promise<void> {
  const input = parseInput(editCredentialInput, rawInput);
  const networks = storedNetworks(input.allowedNetworks);
  await act(app, caller, 'account.editCredential', async (action) => {
    const { tx, access, now, audit } = action;
    const row = await lockVisibleAccount(action, await findVisibleAccount(action, input));
    requireOnAccount(access, 'account.credential', accountTarget(row));
    const before = await findCredential(tx, row.id, input.credential);
    if (before === undefined)
      throw new AppError('not_found', { message: `The account has no credential ${input.credential}.` });
    requireVersion(input.version, row.version);
    if (row.kind !== 'api' && row.kind !== 'taxii')
      throw invalid('credential', `the password of ${aKind(row.kind)} is bound to nothing`);
    if (input.signedBodyRequired !== undefined && before.kind !== 'secret_key')
      throw invalid('signedBodyRequired', 'only a Secret Key signs');
    const expiresAt = endOf(input, now);
    if (expiresAt === null && before.kind === 'api_token')
      throw invalid('expiresAt', 'a token always has an end');
    const changes = {
      ...(networks === undefined ? {} : { allowed_networks: networks }),
      ...(input.readOnly === undefined ? {} : { read_only: input.readOnly ? 1 : 0 }),
      ...(input.signedBodyRequired === undefined
        ? {}
        : { signed_body_required: input.signedBodyRequired ? 1 : 0 }),
      // Reminders begin anew before another end.
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt, reminded_days: null }),
    };
    const changed = bindingChanges(before, { ...before, ...changes });
    if (Object.keys(changed).length === 0) return;
    await updateCredential(tx, before.id, changes);
    await updateAccount(tx, row.id, { credential_version: row.credential_version + 1 });
    await audit({
      ...accountAuditTarget(row),
      details: { credential: before.kind, id: before.id, hint: before.hint, ...changed },
    });
  });
}

type Input = z.output<typeof editCredentialInput>;

/** As they are stored; undefined where nothing is said of them. @throws AppError `invalid_input` with everything that is no network */
function storedNetworks(networks: readonly string[] | null | undefined): string | null | undefined {
  if (networks === null || networks === undefined) return networks;
  const problems: Problem[] = [];
  const normal = networks.map((entry, index) => {
    const read = normalNetwork(entry);
    if ('network' in read) return read.network;
    problems.push({ path: `allowedNetworks.${index}`, message: `"${entry}" ${read.problem}` });
    return '';
  });
  if (problems.length > 0) {
    const message = problems.map((each) => `${each.path}: ${each.message}`).join('; ');
    throw new AppError('invalid_input', { message, problems });
  }
  return JSON.stringify([...new Set(normal)]);
}

/** When it is to end; null = never, undefined = as before. @throws AppError `invalid_input` */
function endOf({ expiresAt, expirationDays }: Input, now: Micros): Micros | null | undefined {
  if (expirationDays !== undefined) {
    if (expiresAt !== undefined) throw invalid('expirationDays', 'is given beside expiresAt');
    return now + expirationDays * DAY_MICROS;
  }
  if (expiresAt === undefined || expiresAt === null) return expiresAt;
  const end = typeof expiresAt === 'string' ? parseTimestamp(expiresAt) : expiresAt;
  if (end === undefined || end <= now) throw invalid('expiresAt', 'must lie ahead; to end it now, revoke it');
  return end;
}
