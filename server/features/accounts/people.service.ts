import type { z } from 'zod';
import {
  type CreateReadOnlyUserInput,
  type CreateUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { readSetting } from '../settings/settings.store.ts';
import {
  defaultSystemRole,
  kindOf,
  organizationRolesOf,
  RESERVED_ON_CREATION,
  requireGrantable,
  requireSettable,
} from './forms.rules.ts';
import { openAccount, requireCreation } from './new-account.ts';
import { makePassword, type NewCredential, shownCredential } from './new-credential.ts';

export type NewPerson = {
  id: number;
  kind: AccountKind;
  userName: string;
  pseudonym: string;
  organization: string;
  organizationRole: OrganizationRole;
  /** Only if it was generated; this is the one time it can be seen. */
  password?: string;
  /** What the account information mail says; null where none was wanted. Until mail is configured, it is for the creator to pass on. */
  accountInfo: { to: string; subject: string; text: string; sent: false } | null;
};

/**
 * Creates a user. Takes a seat of the organization's and of the licence's users; with the System role `Read Only User`
 * it is a Read Only User, and takes none.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createUser(app: App, caller: Caller, rawInput: CreateUserInput): Promise<NewPerson> {
  const input = parseInput(createUserInput, rawInput);
  const password = await makePassword(app, input.password, input.email);
  return await act(app, caller, 'user.create', async (action) =>
    createPerson(app, action, 'user', input, password),
  );
}

/**
 * Creates a Read Only User, where the licence and the organization allow them. It takes no seat; with another System role
 * it is a user, and takes one.
 * @throws AppError like `createUser`
 */
export async function createReadOnlyUser(
  app: App,
  caller: Caller,
  rawInput: CreateReadOnlyUserInput,
): Promise<NewPerson> {
  const input = parseInput(createReadOnlyUserInput, rawInput);
  const password = await makePassword(app, input.password, input.email);
  return await act(app, caller, 'readOnlyUser.create', async (action) =>
    createPerson(app, action, 'read_only', input, password),
  );
}

type PersonInput = z.output<typeof createUserInput> | z.output<typeof createReadOnlyUserInput>;

async function createPerson(
  app: App,
  action: Action,
  form: 'user' | 'read_only',
  input: PersonInput,
  password: NewCredential,
): Promise<NewPerson> {
  const { tx, access } = action;
  const organization = await requireCreation(action, form, input.organization, input.email);
  const reserved = RESERVED_ON_CREATION.filter((field) => input[field] !== undefined);
  requireSettable(access, form, { organizationId: organization.owner_id, systemRole: 'User' }, reserved);
  if (input.systemRole !== undefined) requireGrantable(access, input.systemRole);
  const asksForTerms = await readSetting(tx, 'termsOfServiceRequireNewUserToAccept');
  if (input.termsOfServiceAcceptanceRequired === true && !asksForTerms) {
    throw invalid(
      'termsOfServiceAcceptanceRequired',
      'needs the system setting termsOfServiceRequireNewUserToAccept to be on',
    );
  }
  const systemRole = input.systemRole ?? defaultSystemRole(form);
  const kind = kindOf(form, systemRole);
  const organizationRole = input.organizationRole ?? onlyOrganizationRole(systemRole);
  const { id, pseudonym } = await openAccount(app, action, organization, {
    kind,
    userName: input.email,
    pseudonym: input.pseudonym,
    systemRole,
    organizationRole,
    locked: input.locked,
    disabled: input.disabled,
    expiresAt: input.expiresAt,
    groups: input.groups,
    credentials: [password],
    columns: {
      first_name: input.firstName,
      last_name: input.lastName,
      time_zone: input.timeZone ?? null,
      log_out_after_minutes: input.logOutAfterMinutes ?? null,
      summary_email_time: input.summaryEmailTime ?? null,
      password_reset_required: flag(input.passwordResetRequired),
      mfa_reset_required: flag(input.mfaResetRequired),
      terms_acceptance_required: flag(input.termsOfServiceAcceptanceRequired ?? asksForTerms),
      custom_tql_timeout_ms: input.customTqlTimeoutMs ?? null,
    },
  });
  return {
    id,
    kind,
    userName: input.email,
    pseudonym,
    organization: organization.name,
    organizationRole,
    ...shownCredential(password),
    accountInfo: input.sendAccountInfoEmail ? accountInfo(input, organization.name) : null,
  };
}

function onlyOrganizationRole(systemRole: SystemRole): OrganizationRole {
  const [first, ...others] = organizationRolesOf(systemRole);
  if (first !== undefined && (others.length === 0 || systemRole === 'Read Only User')) return first;
  throw invalid('organizationRole', 'is missing');
}

/** The mail with the account's information. The password is told another way. */
function accountInfo(input: { email: string; firstName: string }, organization: string) {
  return {
    to: input.email,
    subject: `Your account in ${organization}`,
    text: `Hello ${input.firstName},\n\nan account was created for you in the organization "${organization}". Sign in with your e-mail address, ${input.email}, and the password that you are given separately. You will be asked to choose a new one.\n`,
    sent: false as const,
  };
}

const flag = (value: boolean): number => (value ? 1 : 0);
