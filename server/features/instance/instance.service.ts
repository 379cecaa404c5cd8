import { existsSync } from 'node:fs';
import type { z } from 'zod';
import {
  type CreateAdministratorInput,
  createAdministratorInput,
  DEFAULT_LIMITS,
} from '../../../contract/organizations.ts';
import { type SetupInput, setupEndpoint } from '../../../contract/setup.ts';
import { type Action, act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Database } from '../../db/open.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { requireSeat } from '../accounts/accounts.rules.ts';
import {
  countSeats,
  findAccount,
  freePseudonym,
  hasAdministrator,
  insertAccount,
} from '../accounts/accounts.store.ts';
import { insertCollection, newCollection } from '../collections/collections.store.ts';
import { makePassword, type NewCredential, storeCredential } from '../credentials/new-credential.ts';
import { listMasterKeys } from '../keys/keys.store.ts';
import { LOST, requireMasterKeys } from '../keys/known-keys.ts';
import { findOwner, insertOrganization, lockOrganization } from '../owners/owners.store.ts';
import { DEFAULT_SERVICE } from '../taxii-services/taxii-services.rules.ts';
import { insertService } from '../taxii-services/taxii-services.store.ts';
import { findInstance, insertInstanceOnce, lockInstance, updateInstance } from './instance.store.ts';

/** A fresh install's licence: generous totals, both switches on. */
const FRESH_LICENCE = { max_users: 10_000, max_api_users: 10_000, max_taxii_users: 10_000 };
const SETUP_CODE_BITS = 128;

/**
 * Refuses to go on without the file of the master keys where the instance has some already. A new key in its place would open nothing, and
 * processes that run, which still have the keys, would take it for the rotation of theirs.
 * @throws AppError `conflict`
 */
export async function requireKeyFile(db: Database, file: string): Promise<void> {
  if (existsSync(file)) return;
  const known = await listMasterKeys(db.read);
  // Looked for again: where several processes start at once, another may have made the file, and then told its key, in between.
  if (known.length === 0 || existsSync(file)) return;
  const names = known.map(({ short_id }) => short_id).join(', ');
  throw new AppError('conflict', {
    message: `There is no file ${file} with the master key ${names} of this instance.${LOST}`,
  });
}

/**
 * Prepares a fresh database: the instance's row and the TAXII service at `/intel/`. Any number of processes may call
 * it at once. While there is no Administrator, each start that asks for it makes a new one-time set-up code, which
 * voids the one before; returns it, or undefined.
 * @throws AppError `conflict` where the process has not the master keys of the instance, unless it may have any
 */
export async function prepareInstance(
  app: App,
  options: { setupCode: boolean; anyMasterKey?: boolean },
): Promise<string | undefined> {
  const code = app.secrets.generate(SETUP_CODE_BITS);
  return await inTransaction(app.db, async (tx) => {
    const now = app.clock.now();
    const fresh = await insertInstanceOnce(tx, {
      id: 1,
      ...FRESH_LICENCE,
      api_users_allowed: 1,
      read_only_users_allowed: 1,
      setup_code_hash: null,
      created_at: now,
    });
    if (fresh) await insertService(tx, { ...DEFAULT_SERVICE, created_at: now }, []);
    await lockInstance(tx);
    if (options.anyMasterKey !== true) await requireMasterKeys(app, tx);
    if (!options.setupCode || (await hasAdministrator(tx))) return undefined;
    await updateInstance(tx, { setup_code_hash: app.secrets.digest(code) });
    return code;
  });
}

export type NewAdministrator = { id: number; email: string; organization: string; pseudonym: string };

/**
 * Creates an Administrator of the instance, in an organization that is created when it does not exist.
 * @throws AppError `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createAdministrator(
  app: App,
  caller: Caller,
  rawInput: CreateAdministratorInput,
  { mustChangePassword = false }: { mustChangePassword?: boolean } = {},
): Promise<NewAdministrator> {
  const input = parseInput(createAdministratorInput, rawInput);
  const ask = async ({ access }: Action) => access.require('instance.operate', {});
  await act(app, caller, 'administrator.create', ask);
  const prepared = await prepareAdministrator(app, caller, input);
  return await act(app, caller, 'administrator.create', async (action) => {
    await ask(action);
    return await insertAdministrator(app, action, input, { ...prepared, mustChangePassword });
  });
}

/**
 * Creates the first Administrator for whoever holds the one-time set-up code.
 * @throws AppError `already_set_up`, `forbidden` for another code; otherwise as `createAdministrator`
 */
export async function redeemSetupCode(
  app: App,
  caller: Caller,
  rawInput: SetupInput,
): Promise<NewAdministrator> {
  const { setupCode, ...input } = parseInput(setupEndpoint.body, rawInput);
  const digest = app.secrets.digest(setupCode);
  // Looked at before the password is hashed, so that a stranger cannot make the server work; decided inside.
  requireSetupCode(await reading(() => findInstance(app.db.read)), digest);
  const prepared = await prepareAdministrator(app, caller, input);
  return await act(app, caller, 'administrator.create', async (action) => {
    action.access.require('instance.operate', {});
    requireSetupCode(await lockInstance(action.tx), digest);
    return await insertAdministrator(app, action, input, { ...prepared, mustChangePassword: false });
  });
}

function requireSetupCode(instance: { setup_code_hash: string | null } | undefined, digest: string): void {
  const expected = instance?.setup_code_hash ?? null;
  if (expected === null) throw new AppError('already_set_up');
  if (expected !== digest)
    throw new AppError('forbidden', { message: 'This is not the set-up code of this instance.' });
}

type Prepared = { password: NewCredential; random: () => Uint8Array; collectionId: string };

/** What costs time or randomness, before the transaction. */
async function prepareAdministrator(
  app: App,
  caller: Caller,
  input: z.output<typeof createAdministratorInput>,
): Promise<Prepared> {
  return {
    password: await makePassword(app, caller, input.password, {
      userName: input.email,
      firstName: input.firstName,
      lastName: input.lastName,
      organizationName: input.organization,
      isPerson: true,
    }),
    random: () => Buffer.from(app.secrets.generate(40), 'base64url'),
    collectionId: app.ids.uuid(),
  };
}

async function insertAdministrator(
  app: App,
  { tx, now, audit }: Action,
  input: z.output<typeof createAdministratorInput>,
  { password, random, collectionId, mustChangePassword }: Prepared & { mustChangePassword: boolean },
): Promise<NewAdministrator> {
  const instance = await lockInstance(tx);
  if ((await findAccount(tx, input.email)) !== undefined) {
    throw new AppError('name_taken', { message: `The user name "${input.email}" is already in use.` });
  }
  const existing = await findOwner(tx, input.organization);
  if (existing !== undefined && existing.kind !== 'organization') {
    throw new AppError('name_taken', {
      message: `"${input.organization}" is a ${existing.kind}, not an organization.`,
    });
  }
  const organizationId =
    existing?.id ?? (await insertOrganization(tx, { name: input.organization, limits: DEFAULT_LIMITS, now }));
  if (existing === undefined) await insertCollection(tx, newCollection(collectionId, organizationId, now));
  const limits = await lockOrganization(tx, organizationId);
  requireSeat(
    'users',
    { name: input.organization, used: await countSeats(tx, 'user', organizationId), max: limits.max_users },
    { used: await countSeats(tx, 'user', 'instance'), max: instance.max_users },
  );
  const pseudonym = await freePseudonym(tx, random);
  const id = await insertAccount(tx, {
    kind: 'user',
    organization_id: organizationId,
    user_name: input.email,
    pseudonym,
    first_name: input.firstName,
    last_name: input.lastName,
    contact_email: null,
    system_role: 'Administrator',
    organization_role: 'Organization Administrator',
    service_id: null,
    narrowed: 0,
    credential_version: 1,
    locked_at: null,
    disabled_at: null,
    deleted_at: null,
    expires_at: null,
    created_at: now,
    last_used_at: null,
    last_used_from: null,
    password_reset_required: mustChangePassword ? 1 : 0,
    password_changed_at: now,
  });
  await storeCredential(app, tx, { id, organization_id: organizationId }, password, now);
  await updateInstance(tx, { setup_code_hash: null });
  await audit({
    organizationId,
    targetKind: 'user',
    targetId: id,
    targetName: input.email,
    details: { systemRole: 'Administrator', organization: input.organization },
  });
  return { id, email: input.email, organization: existing?.name ?? input.organization, pseudonym };
}
