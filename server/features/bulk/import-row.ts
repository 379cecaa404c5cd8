import {
  accountChanges,
  type ChangeField,
  createApiUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import type { ImportedRow } from '../../../contract/bulk.ts';
import type { AccountKind, SystemRole } from '../../../contract/roles.ts';
import { createTaxiiUserInput } from '../../../contract/taxii.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { AccountRow } from '../../db/schema.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { applyEdit, decideEdit, editName } from '../account-changes/edit-steps.ts';
import type { Place } from '../account-creation/new-account.ts';
import { createApiUserWith } from '../account-creation/new-api-user.ts';
import { createPerson, requirePersonFields } from '../account-creation/new-person.ts';
import { createTaxiiUserWith } from '../account-creation/new-taxii-user.ts';
import { accountTarget } from '../accounts/account-view.rules.ts';
import { aKind, kindOf, requireSettable } from '../accounts/forms.rules.ts';
import { makeAccessId, makeGeneratedPassword, makeToken } from '../credentials/new-credential.ts';
import {
  changeFields,
  creationFields,
  differences,
  type PresentValues,
  type RowValues,
} from './columns.rules.ts';

/** A row that is well-formed. */
type Row = {
  kind: AccountKind;
  values: RowValues;
  /** The account of that user name, whoever it belongs to. */
  stored: AccountRow | undefined;
  /** Of the accounts of the organization, by id. */
  present: ReadonlyMap<number, PresentValues>;
  /** Filled with the fields of the step that the row takes, for whoever tells of its refusal. */
  fields: Record<string, unknown>;
};

type Imported = Pick<ImportedRow, 'userName' | 'outcome' | 'consequences' | 'secrets'>;

/** What an account is made by is called in the audit trail as where it is made alone. */
const CREATIONS: Readonly<Record<AccountKind, string>> = {
  user: 'user.create',
  read_only: 'readOnlyUser.create',
  api: 'apiUser.create',
  taxii: 'taxiiUser.create',
};

/**
 * Creates or edits the account of a row, or leaves it as it is.
 * @throws AppError with the codes of creating and editing one
 */
export async function importRow(app: App, action: Action, place: Place, row: Row): Promise<Imported> {
  const { stored } = row;
  if (stored === undefined) return await create(app, action, place, row);
  // The same words for one of another organization, which the asker may not know of.
  if (stored.organization_id !== place.organization.owner_id)
    throw new AppError('name_taken', {
      message: `The user name "${stored.user_name}" is already in use.`,
    });
  return await edit(app, action, place, row, stored);
}

/** The action as one of many: its event has the name of the single operation. */
function named(action: Action, name: string): Action {
  return {
    ...action,
    audit: async (change) => await action.audit({ ...change, action: name }),
    // A refusal is about the import.
    about: () => undefined,
  };
}

async function create(
  app: App,
  action: Action,
  place: Place,
  { kind, values, fields }: Row,
): Promise<Imported> {
  const outcome: Pick<Imported, 'outcome' | 'consequences'> = { outcome: 'create', consequences: [] };
  const step = named(action, CREATIONS[kind]);
  const given = Object.assign(fields, creationFields(kind, values), {
    organization: place.organization.owner_id,
  });
  if (kind === 'api') {
    // Whoever restores an export elsewhere must see that the Access IDs would be others.
    if (values.userName !== undefined)
      throw invalid('userName', 'is no Access ID of an API user here; leave it empty to create one');
    const created = await createApiUserWith(
      app,
      step,
      place,
      makeAccessId(),
      parseInput(createApiUserInput, given),
    );
    const { accessId, secretKey, token } = created;
    return { ...outcome, userName: accessId, secrets: defined({ secretKey, token }) };
  }
  if (kind === 'taxii') {
    const input = parseInput(createTaxiiUserInput, given);
    const created = await createTaxiiUserWith(app, step, place, input, {
      password: makeGeneratedPassword(app),
      apiKey: input.apiKey ? makeToken(app, 'api_key') : undefined,
    });
    const { userName, password, apiKey } = created;
    return { ...outcome, userName, secrets: defined({ password, apiKey }) };
  }
  const input = parseInput(kind === 'user' ? createUserInput : createReadOnlyUserInput, given);
  const password = input.invite ? undefined : makeGeneratedPassword(app);
  requirePersonFields(step, place.organization, kind, input);
  const created = await createPerson(app, step, place, kind, input, password);
  const secrets = defined({ password: created.password, invitation: created.invitation?.link ?? undefined });
  return { ...outcome, userName: created.userName, secrets };
}

async function edit(
  app: App,
  action: Action,
  { seats }: Place,
  { kind, values, present, fields }: Row,
  stored: AccountRow,
): Promise<Imported> {
  const { access } = action;
  const parsed = parseInput(accountChanges, Object.assign(fields, changeFields(values)));
  const becomes =
    parsed.systemRole === undefined ? kind : kindOf(kind, parsed.systemRole satisfies SystemRole);
  if (stored.kind !== kind && stored.kind !== becomes)
    throw invalid('kind', `the account is ${aKind(stored.kind)}`);
  const target = accountTarget(stored);
  // Not only where it would change: whether it does tells what it is.
  if (parsed.systemRole !== undefined && !access.can('account.viewSystemRole', target))
    requireSettable(access, stored.kind, target, ['systemRole']);
  const now = present.get(stored.id);
  if (now === undefined) throw new Error('an account of the organization was not read');
  const changed = differences(parsed as Parameters<typeof differences>[0], now);
  const outcome = { userName: stored.user_name, consequences: [] };
  if (changed.length === 0) return { ...outcome, outcome: 'unchanged' };
  const changes = Object.fromEntries(
    changed.map((field: ChangeField) => [field, parsed[field]]),
  ) as typeof parsed;
  const step = named(action, editName(changes));
  const { row, plan } = await decideEdit(app, step, { account: stored.id, changes });
  await applyEdit(app, step, row, changes, plan, seats);
  return { ...outcome, outcome: 'update', consequences: plan.consequences };
}

function defined(secrets: { [Name in string]?: string | undefined }): NonNullable<Imported['secrets']> {
  return Object.fromEntries(Object.entries(secrets).filter(([, secret]) => secret !== undefined));
}
