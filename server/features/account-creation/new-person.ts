import type { z } from 'zod';
import type { createReadOnlyUserInput, createUserInput } from '../../../contract/accounts.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { invalid } from '../../errors.ts';
import {
  defaultSystemRole,
  kindOf,
  organizationRolesOf,
  RESERVED_ON_CREATION,
  requireGrantable,
  requireSettable,
} from '../accounts/forms.rules.ts';
import { type NewCredential, shownCredential } from '../credentials/new-credential.ts';
import { accountInformation, renderMail } from '../mail/messages.rules.ts';
import { baseUrlForLinks, queueMail } from '../mail/outbox.ts';
import type { OrganizationRow } from '../owners/owners.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { openAccount, type Place, requireCreation } from './new-account.ts';

export type NewPerson = {
  id: number;
  kind: AccountKind;
  userName: string;
  pseudonym: string;
  organization: string;
  organizationRole: OrganizationRole;
  /** Only if it was generated; this is the one time it can be seen. */
  password?: string;
  /** What the account information mail says; null where none was wanted. Not sent: it is for the creator to pass on. */
  accountInfo: { to: string; subject: string; text: string; sent: boolean } | null;
};

type PersonInput = z.output<typeof createUserInput> | z.output<typeof createReadOnlyUserInput>;

/**
 * The organization in which the caller wants to create the person, with everything that the input asks for beyond that.
 * @throws AppError `not_found`, `forbidden`
 */
export async function requirePersonCreation(
  action: Action,
  form: 'user' | 'read_only',
  input: PersonInput,
): Promise<OrganizationRow> {
  const organization = await requireCreation(action, form, input.organization, input.email);
  requirePersonFields(action, organization, form, input);
  return organization;
}

/** @throws AppError `forbidden` for a field or a System role that the caller may not give */
export function requirePersonFields(
  { access }: Action,
  { owner_id }: OrganizationRow,
  form: 'user' | 'read_only',
  input: PersonInput,
): void {
  const reserved = RESERVED_ON_CREATION.filter((field) => input[field] !== undefined);
  requireSettable(access, form, { organizationId: owner_id, systemRole: 'User' }, reserved);
  if (input.systemRole !== undefined) requireGrantable(access, input.systemRole);
}

/**
 * What creating a user or a Read Only User is, in its transaction; the rights to it were asked for.
 * @throws AppError `forbidden`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createPerson(
  app: App,
  action: Action,
  place: Place,
  form: 'user' | 'read_only',
  input: PersonInput,
  password: NewCredential,
): Promise<NewPerson> {
  const { tx } = action;
  const { organization } = place;
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
  const { id, pseudonym } = await openAccount(app, action, place, {
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
    accountInfo: input.sendAccountInfoEmail
      ? await sendAccountInfo(
          app,
          tx,
          { id, organization_id: organization.owner_id },
          input,
          organization.name,
        )
      : null,
  };
}

function onlyOrganizationRole(systemRole: SystemRole): OrganizationRole {
  const [first, ...others] = organizationRolesOf(systemRole);
  if (first !== undefined && (others.length === 0 || systemRole === 'Read Only User')) return first;
  throw invalid('organizationRole', 'is missing');
}

/** The mail with the account's information, sent where mail is configured. The password is told another way. */
async function sendAccountInfo(
  app: App,
  tx: Transaction,
  account: { id: number; organization_id: number },
  { email, firstName, passwordResetRequired }: PersonInput,
  organization: string,
): Promise<NewPerson['accountInfo']> {
  const message = accountInformation({
    firstName,
    email,
    organization,
    passwordResetRequired,
    link: baseUrlForLinks(app),
  });
  const sent = await queueMail(app, tx, { account, to: email, message });
  const { subject, text } = renderMail(message);
  return { to: email, subject, text, sent };
}

const flag = (value: boolean): number => (value ? 1 : 0);
