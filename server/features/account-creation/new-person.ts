import type { z } from 'zod';
import type { createReadOnlyUserInput, createUserInput } from '../../../contract/accounts.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { invalid } from '../../errors.ts';
import {
  creationTarget,
  defaultSystemRole,
  impliedOrganizationRole,
  kindOf,
  requireGrantable,
  requireSettable,
  reservedOnCreation,
} from '../accounts/forms.rules.ts';
import { type NewCredential, shownCredential } from '../credentials/new-credential.ts';
import { type MadeLink, makeLink } from '../links/new-link.ts';
import { accountInformation, invitation as invitationMail, renderMail } from '../mail/messages.rules.ts';
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
  /** The link by which the person chooses the first password, where invited. */
  invitation: MadeLink | null;
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
  const reserved = reservedOnCreation(form).filter((field) => input[field] !== undefined);
  requireSettable(access, form, creationTarget(form, owner_id), reserved);
  if (input.systemRole !== undefined) requireGrantable(access, input.systemRole);
}

/**
 * What creating a user or a read-only user is, in its transaction; the rights to it were asked for.
 * @throws AppError `forbidden`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createPerson(
  app: App,
  action: Action,
  place: Place,
  form: 'user' | 'read_only',
  input: PersonInput,
  /** None: the person is invited to choose it. */
  password: NewCredential | undefined,
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
    credentials: password === undefined ? [] : [password],
    columns: {
      first_name: input.firstName,
      last_name: input.lastName,
      time_zone: input.timeZone ?? null,
      log_out_after_minutes: input.logOutAfterMinutes ?? null,
      summary_email_time: input.summaryEmailTime ?? null,
      // Nobody but the person knows the password that an invitation sets.
      password_reset_required: flag(input.passwordResetRequired && !input.invite),
      mfa_reset_required: flag(input.mfaResetRequired),
      terms_acceptance_required: flag(input.termsOfServiceAcceptanceRequired ?? asksForTerms),
      custom_tql_timeout_ms: input.customTqlTimeoutMs ?? null,
    },
  });
  const invitation = input.invite
    ? await invite(app, action, { id, organization_id: organization.owner_id }, input, organization.name)
    : null;
  return {
    id,
    kind,
    userName: input.email,
    pseudonym,
    organization: organization.name,
    organizationRole,
    ...(password === undefined ? {} : shownCredential(password)),
    invitation,
    accountInfo:
      input.sendAccountInfoEmail && invitation === null
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

/** The invitation, in the transaction that takes the seat. */
async function invite(
  app: App,
  action: Action,
  account: { id: number; organization_id: number },
  { email, firstName, timeZone: zone }: PersonInput,
  organization: string,
): Promise<MadeLink> {
  return await makeLink(app, action, account, {
    purpose: 'invitation',
    email,
    isOwn: false,
    messageOf: ({ url: link, expiresAt }) =>
      invitationMail({ firstName, organization, link, expiresAt, timeZone: zone ?? null }),
  });
}

/**
 * Refuses what cannot be both: whoever is invited chooses the password.
 * @throws AppError `invalid_input`
 */
export function requireNoPasswordOfInvited({
  invite: isInvited,
  password,
}: Pick<PersonInput, 'invite' | 'password'>) {
  if (isInvited && password !== undefined)
    throw invalid('password', 'an invited person chooses the first password: leave it out, or do not invite');
}

function onlyOrganizationRole(systemRole: SystemRole): OrganizationRole {
  const implied = impliedOrganizationRole(systemRole);
  if (implied === undefined) throw invalid('organizationRole', 'is missing');
  return implied;
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
