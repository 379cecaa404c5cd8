import type { z } from 'zod';
import type { Reference } from '../../../contract/references.ts';
import { type AccountRights, MAX_EXPLAINED_OWNERS, rightsQuery } from '../../../contract/rights.ts';
import { ACCOUNT_KINDS } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { accountTarget, allowedOwner } from '../accounts/account-view.rules.ts';
import { type AccountRow, listAllowedOwners, listCredentials } from '../accounts/accounts.store.ts';
import { systemRolesOf } from '../accounts/forms.rules.ts';
import { findVisibleAccount } from '../accounts/visible-account.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { listVisibleRoles, ownersAsSeen } from '../owners/visible-roles.ts';
import { readSetting } from '../settings/settings.store.ts';
import { findUsableService } from '../taxii-services/taxii-services.store.ts';
import { credentialScope, readOnlyCredentials, whyNothing } from './machines.rules.ts';
import { type Bounds, explainPlaces } from './rights.rules.ts';
import { findWritableOwners } from './rights.store.ts';

type Read = App['db']['read'];

/**
 * Everything that an account may do, and why, for those who may see the account. What only its System role could give stays
 * open for those who may not see that; communities and sources that the caller may not know of are left out.
 * @throws AppError `not_found`, `invalid_input`
 */
export async function explainAccount(
  app: App,
  caller: Caller,
  reference: Reference,
  rawQuery: z.input<typeof rightsQuery> = {},
): Promise<AccountRights> {
  const { permission } = parseInput(rightsQuery, rawQuery);
  return await reading(async () => {
    const { access } = caller;
    const { read } = app.db;
    const now = app.clock.now();
    const row = await findVisibleAccount({ tx: read, access }, { account: reference });
    const organization = await findOrganization(read, row.organization_id);
    if (organization === undefined) throw new AppError('not_found');
    const bearer = { accountId: row.id, organizationId: row.organization_id };
    const all = (await listVisibleRoles(read, access, bearer)).map(({ owner }) => owner);
    const owners = all.slice(0, MAX_EXPLAINED_OWNERS);
    const isMachine = row.kind === 'api' || row.kind === 'taxii';
    const { machine, bounds } = isMachine
      ? await readMachine(read, access, row, [row.organization_id, ...owners.map(({ id }) => id)], now)
      : { machine: null, bounds: undefined };
    const obstacle = accountObstacle(
      { ...row, organization_disabled_at: organization.disabled_at },
      ACCOUNT_KINDS,
      now,
    );
    const withheld = whyNothing(
      row.kind,
      obstacle,
      machine === null
        ? undefined
        : { hasCredential: machine.credentials.length > 0, serviceWhyNot: machine.serviceWhyNot },
    );
    const isSystemRoleShown = access.can('account.viewSystemRole', accountTarget(row));
    const subject = {
      kind: row.kind,
      actor: {
        kind: 'account' as const,
        accountId: row.id,
        name: row.user_name,
        organizationId: row.organization_id,
        systemRole: row.system_role,
        organizationRole: row.organization_role,
        managesMembers: await readSetting(read, 'accountsAdministratorManagesMembers'),
      },
      systemRoles: isSystemRoleShown ? [row.system_role] : systemRolesOf(row.kind),
      isSystemRoleShown,
      withheld,
      bounds,
    };
    const { name } = organization;
    const groups = await listGroupsOf(read, [row.id]);
    return {
      account: {
        id: row.id,
        userName: row.user_name,
        kind: row.kind,
        organization: { id: row.organization_id, name },
      },
      systemRole: isSystemRoleShown ? row.system_role : null,
      organizationRole: row.organization_role,
      withheld,
      groups: groups.map((group) => ({ id: group.id, name: group.name })),
      groupsNote: 'User groups give no rights: they name accounts together.',
      machine,
      places: explainPlaces(subject, { id: row.organization_id, name }, owners, permission),
      more: all.length > owners.length,
    };
  });
}

async function readMachine(
  read: Read,
  access: Access,
  row: AccountRow,
  ownerIds: readonly number[],
  now: number,
): Promise<{ machine: NonNullable<AccountRights['machine']>; bounds: Bounds }> {
  const credentials = await listCredentials(read, row.id, now);
  const allowed = row.narrowed === 1 ? await listAllowedOwners(read, [row.id]) : null;
  const service =
    row.service_id === null ? undefined : await findUsableService(read, row.service_id, 'everything');
  const isUsable =
    service !== undefined && (await findUsableService(read, service.id, row.organization_id)) !== undefined;
  return {
    machine: {
      service: service === undefined ? null : { id: service.id, name: service.name, path: service.path },
      serviceWhyNot:
        row.kind !== 'taxii' || isUsable
          ? null
          : service === undefined
            ? 'It is bound to no TAXII service.'
            : `Its organization may not use its TAXII service "${service.name}".`,
      onlyOwners: allowed === null ? null : await ownersAsSeen(read, access, allowed.map(allowedOwner)),
      credentials: credentials.map(credentialScope),
    },
    bounds: {
      onlyOwners: allowed === null ? null : new Set(allowed.map((owner) => owner.owner_id)),
      writable: await findWritableOwners(read, ownerIds),
      readOnlyCredentials: readOnlyCredentials(credentials),
    },
  };
}
