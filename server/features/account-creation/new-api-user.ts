import type { z } from 'zod';
import type { createApiUserInput } from '../../../contract/accounts.ts';
import type { OrganizationRole } from '../../../contract/roles.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import {
  creationTarget,
  defaultSystemRole,
  requireGrantable,
  requireSettable,
  reservedOnCreation,
} from '../accounts/forms.rules.ts';
import { makeSecretKey, makeToken, shownCredential } from '../credentials/new-credential.ts';
import { openAccount, type Place } from './new-account.ts';

export type NewApiUser = {
  id: number;
  /** 20 digits; also its user name. */
  accessId: string;
  firstName: string;
  lastName: string;
  pseudonym: string;
  organization: string;
  organizationRole: OrganizationRole;
  /** This is the one time these can be seen. */
  secretKey?: string;
  token?: string;
  /** Microseconds since the epoch. */
  tokenExpiresAt: number | null;
};

const DAY_MICROS = 86_400_000_000;

/**
 * What creating an API user is, in its transaction; the right to create in the organization was asked for.
 * @throws AppError `forbidden`, `invalid_input`, `limit_reached`
 */
export async function createApiUserWith(
  app: App,
  action: Action,
  place: Place,
  accessId: string,
  input: z.output<typeof createApiUserInput>,
): Promise<NewApiUser> {
  const { access, now } = action;
  const { organization } = place;
  const reserved = reservedOnCreation('api').filter(
    (field) => field !== 'termsOfServiceAcceptanceRequired' && input[field] !== undefined,
  );
  requireSettable(access, 'api', creationTarget('api', organization.owner_id), reserved);
  if (input.systemRole !== undefined) requireGrantable(access, input.systemRole);
  const secretKey = makeSecretKey(app);
  const days = input.tokenExpirationDays;
  const tokenExpiresAt = days === undefined ? null : now + days * DAY_MICROS;
  const token = tokenExpiresAt === null ? undefined : makeToken(app, 'api_token', tokenExpiresAt);
  const { id, pseudonym } = await openAccount(app, action, place, {
    kind: 'api',
    userName: accessId,
    pseudonym: input.pseudonym,
    systemRole: input.systemRole ?? defaultSystemRole('api'),
    organizationRole: input.organizationRole,
    locked: false,
    disabled: input.disabled,
    expiresAt: input.expiresAt,
    credentials: token === undefined ? [secretKey] : [secretKey, token],
    columns: {
      first_name: input.firstName,
      last_name: input.lastName,
      contact_email: input.contactEmail ?? null,
      custom_tql_timeout_ms: input.customTqlTimeoutMs ?? null,
      include_in_observations: input.includeInObservations ? 1 : 0,
      exceed_api_link_limit: input.exceedApiLinkLimit ? 1 : 0,
    },
    details: { name: `${input.firstName} ${input.lastName}`, token: token !== undefined },
  });
  return {
    id,
    accessId,
    firstName: input.firstName,
    lastName: input.lastName,
    pseudonym,
    organization: organization.name,
    organizationRole: input.organizationRole,
    ...shownCredential(secretKey),
    ...(token === undefined ? {} : shownCredential(token)),
    tokenExpiresAt,
  };
}
