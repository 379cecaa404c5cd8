import type { z } from 'zod';
import type { createTaxiiUserInput } from '../../../contract/taxii.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import { insertAllowedOwners } from '../accounts/accounts.store.ts';
import { type NewCredential, shownCredential } from '../credentials/new-credential.ts';
import { lockInstance } from '../instance/instance.store.ts';
import type { OwnerRow } from '../owners/owners.store.ts';
import { openAccount, type Place } from './new-account.ts';
import { chooseService, ownerWithinReach } from './taxii-access.store.ts';

export type NewTaxiiUser = {
  id: number;
  userName: string;
  pseudonym: string;
  organization: string;
  organizationRole: 'Standard User';
  service: { name: string; path: string };
  contactEmail: string | null;
  /** Only if it was generated; this is the one time it can be seen. */
  password?: string;
  apiKey?: string;
};

/**
 * What creating a TAXII user is, in its transaction; the right to create in the organization was asked for.
 * @throws AppError `not_found`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createTaxiiUserWith(
  app: App,
  action: Action,
  place: Place,
  input: z.output<typeof createTaxiiUserInput>,
  { password, apiKey }: { password: NewCredential; apiKey: NewCredential | undefined },
): Promise<NewTaxiiUser> {
  const { tx, now } = action;
  const { organization } = place;
  // Services are deleted under the instance's lock: the chosen one stays.
  await lockInstance(tx);
  const service = await chooseService(tx, input.service, organization.owner_id);
  const onlyOwners: OwnerRow[] = [];
  for (const owner of input.onlyOwners ?? [])
    onlyOwners.push(await ownerWithinReach(tx, owner, organization.owner_id));
  const { id, pseudonym } = await openAccount(app, action, place, {
    kind: 'taxii',
    userName: input.userName,
    systemRole: 'Taxii User',
    organizationRole: 'Standard User',
    locked: input.locked,
    disabled: input.disabled,
    expiresAt: input.expiresAt,
    credentials: apiKey === undefined ? [password] : [password, apiKey],
    columns: {
      contact_email: input.contactEmail ?? null,
      service_id: service.id,
      narrowed: onlyOwners.length > 0 ? 1 : 0,
      password_changed_at: now,
    },
    details: {
      service: service.path,
      ...(onlyOwners.length > 0 ? { onlyOwners: onlyOwners.map((owner) => owner.name) } : {}),
      apiKey: apiKey !== undefined,
    },
  });
  await insertAllowedOwners(tx, id, [...new Set(onlyOwners.map((owner) => owner.id))]);
  return {
    id,
    userName: input.userName,
    pseudonym,
    organization: organization.name,
    organizationRole: 'Standard User',
    service: { name: service.name, path: service.path },
    contactEmail: input.contactEmail ?? null,
    ...shownCredential(password),
    ...(apiKey === undefined ? {} : shownCredential(apiKey)),
  };
}
