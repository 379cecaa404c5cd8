import type { z } from 'zod';
import {
  type AccountEditForm,
  type AccountForm,
  accountFormQuery,
  editFormQuery,
  MAX_OFFERED,
} from '../../../contract/account-forms.ts';
import type { Reference } from '../../../contract/references.ts';
import { MAX_EXPLAINED_OWNERS } from '../../../contract/rights.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { accountTarget, fieldValues } from '../accounts/account-view.rules.ts';
import { listAllowedOwners } from '../accounts/accounts.store.ts';
import {
  creationTarget,
  defaultSystemRole,
  grantableRoles,
  kindOf,
  organizationRolesOf,
  problemsError,
  requireGrantable,
  requireSettable,
  systemRoleProblems,
} from '../accounts/forms.rules.ts';
import { findVisibleAccount } from '../accounts/visible-account.ts';
import { listGroups, listGroupsOf } from '../groups/groups.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { readSeats } from '../owners/seat-gauges.ts';
import { listVisibleRoles } from '../owners/visible-roles.ts';
import { readSetting } from '../settings/settings.store.ts';
import { listUsableServices } from '../taxii-services/taxii-services.store.ts';
import {
  creationFields,
  defaultOrganizationRole,
  editFields,
  forcedValues,
  organizationRoleChoices,
  seatOf,
} from './account-forms.rules.ts';
import { whyNothing } from './machines.rules.ts';
import { explainPlaces, type SharedOwner } from './rights.rules.ts';
import { findWritableOwners } from './rights.store.ts';

type Read = App['db']['read'];
/** The id of no account. */
const NOBODY = 0;

/**
 * What the caller may set of a new account of the kind in the organization, what can be chosen, and what would come of the
 * roles that are chosen: the seat that it takes, and its rights.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function describeCreation(
  app: App,
  caller: Caller,
  organizationReference: Reference,
  kind: AccountKind,
  rawQuery: z.input<typeof accountFormQuery> = {},
): Promise<AccountForm> {
  const query = parseInput(accountFormQuery, rawQuery);
  return await readingAs(app, caller, 'account.form', async (about) => {
    const { access } = caller;
    const { read } = app.db;
    const organization = requireVisibleOrganization(
      access,
      await findOrganization(read, organizationReference),
      organizationReference,
    );
    const { owner_id: organizationId, name } = organization;
    about({ organizationId, targetKind: 'organization', targetId: organizationId, targetName: name });
    access.require('account.create', { organizationId });
    const systemRole = chosenSystemRole(access, kind, creationTarget(kind, organizationId), query.systemRole);
    const owners = await ownersInReach(read, access, organizationId);
    const choices = await readChoices(read, access, kind, organization, owners);
    const asksForTerms = await readSetting(read, 'termsOfServiceRequireNewUserToAccept');
    const around = { asksForTerms, services: choices.services };
    const fields = creationFields(access, kind, organizationId, systemRole, around);
    return {
      organization: { id: organizationId, name },
      kind,
      fields,
      systemRoles: isSettable(fields, 'systemRole') ? grantableRoles(access, kind) : null,
      organizationRoles: organizationRoleChoices(kind, systemRole, isSettable(fields, 'organizationRole')),
      ...choices,
      forced: forcedValues(kind, systemRole),
      summary: {
        kind: kindOf(kind, systemRole),
        systemRole,
        ...(await summarize(read, { organization, kind, systemRole, owners }, query.organizationRole)),
        service: chosenService(choices.services, query.service),
        seat: seatOf(kindOf(kind, systemRole), await readSeats(read, access, organization)),
      },
    };
  });
}

/**
 * What the caller may set of an account, what it is now, and what can be chosen.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function describeEdit(
  app: App,
  caller: Caller,
  reference: Reference,
  rawQuery: z.input<typeof editFormQuery> = {},
): Promise<AccountEditForm> {
  const query = parseInput(editFormQuery, rawQuery);
  return await readingAs(app, caller, 'account.form', async (about) => {
    const { access } = caller;
    const { read } = app.db;
    const row = await findVisibleAccount({ tx: read, access, about }, { account: reference });
    const organization = await findOrganization(read, row.organization_id);
    if (organization === undefined) throw new AppError('not_found');
    const target = accountTarget(row);
    const systemRole =
      query.systemRole === undefined
        ? row.system_role
        : chosenSystemRole(access, row.kind, target, query.systemRole);
    const owners = await ownersInReach(read, access, row.organization_id);
    const choices = await readChoices(read, access, row.kind, organization, owners);
    const allowed = row.narrowed === 1 ? await listAllowedOwners(read, [row.id]) : null;
    const values = fieldValues(row, {
      groups: (await listGroupsOf(read, [row.id])).map(({ id }) => id),
      onlyOwners: allowed?.map((owner) => owner.owner_id) ?? null,
    });
    const asksForTerms = await readSetting(read, 'termsOfServiceRequireNewUserToAccept');
    const fields = editFields(access, row, values, { asksForTerms, services: choices.services });
    return {
      account: {
        id: row.id,
        version: row.version,
        kind: row.kind,
        organization: { id: row.organization_id, name: organization.name },
      },
      fields,
      systemRoles: isSettable(fields, 'systemRole') ? grantableRoles(access, row.kind) : null,
      organizationRoles: organizationRoleChoices(
        row.kind,
        systemRole,
        isSettable(fields, 'organizationRole'),
      ),
      ...choices,
    };
  });
}

function isSettable(fields: readonly { name: string; settable: boolean }[], name: string): boolean {
  return fields.some((field) => field.name === name && field.settable);
}

/** The System role that is chosen in a form, refused as the form itself would be. */
function chosenSystemRole(
  access: Access,
  kind: AccountKind,
  target: Parameters<typeof requireSettable>[2],
  chosen: SystemRole | undefined,
): SystemRole {
  if (chosen === undefined) return defaultSystemRole(kind);
  requireSettable(access, kind, target, ['systemRole']);
  requireGrantable(access, chosen);
  const problems = systemRoleProblems(kind, chosen);
  if (problems.length > 0) throw problemsError('invalid_input', problems);
  return chosen;
}

function chosenService(
  services: AccountForm['services'],
  chosen: number | undefined,
): AccountForm['summary']['service'] {
  if (chosen === undefined) return services?.length === 1 ? (services[0] ?? null) : null;
  const found = services?.find(({ id }) => id === chosen);
  if (found === undefined) throw invalid('service', 'is no TAXII service that such an account could use');
  return found;
}

/** The communities and sources that the organization is a member of, as far as the asker may know of them. */
async function ownersInReach(read: Read, access: Access, organizationId: number): Promise<SharedOwner[]> {
  const visible = await listVisibleRoles(read, access, { accountId: NOBODY, organizationId });
  return visible.map(({ owner }) => owner);
}

async function readChoices(
  read: Read,
  access: Access,
  kind: AccountKind,
  { owner_id: organizationId, name }: OrganizationRow,
  owners: readonly SharedOwner[],
): Promise<Pick<AccountForm, 'services' | 'owners' | 'groups' | 'more'>> {
  if (kind === 'api') return { services: null, owners: null, groups: null, more: false };
  if (kind === 'taxii') {
    const services = await listUsableServices(read, organizationId);
    const inReach = [
      { id: organizationId, name, kind: 'organization' as const },
      ...owners.map((owner) => ({ id: owner.id, name: owner.name, kind: owner.kind })),
    ];
    return {
      services: services.map((service) => ({ id: service.id, name: service.name, path: service.path })),
      owners: inReach.slice(0, MAX_OFFERED),
      groups: null,
      more: inReach.length > MAX_OFFERED,
    };
  }
  const groups = access.can('group.view', { organizationId })
    ? await listGroups(read, organizationId, { descending: false, limit: MAX_OFFERED + 1 })
    : [];
  return {
    services: null,
    owners: null,
    groups: groups.slice(0, MAX_OFFERED).map((group) => ({ id: group.id, name: group.name })),
    more: groups.length > MAX_OFFERED,
  };
}

/** The rights of an account that would have these roles in the organization. */
async function summarize(
  read: Read,
  {
    organization: { owner_id: id, name, disabled_at },
    kind,
    systemRole,
    owners,
  }: { organization: OrganizationRow; kind: AccountKind; systemRole: SystemRole; owners: SharedOwner[] },
  chosen: OrganizationRole | undefined,
): Promise<Pick<AccountForm['summary'], 'organizationRole' | 'places' | 'more'>> {
  const organizationRole =
    chosen !== undefined && organizationRolesOf(systemRole).includes(chosen)
      ? chosen
      : defaultOrganizationRole(kind, systemRole);
  const explained = owners.slice(0, MAX_EXPLAINED_OWNERS);
  const ownerIds = [id, ...explained.map((owner) => owner.id)];
  const subject = {
    kind: kindOf(kind, systemRole),
    actor: {
      kind: 'account' as const,
      accountId: NOBODY,
      name: '',
      // Without an Organization role it is at home nowhere.
      organizationId: organizationRole === undefined ? NOBODY : id,
      systemRole,
      organizationRole: organizationRole ?? 'Read Only User',
      managesMembers: await readSetting(read, 'accountsAdministratorManagesMembers'),
    },
    systemRoles: [systemRole],
    isSystemRoleShown: true,
    withheld: whyNothing(kind, disabled_at === null ? undefined : 'its organization is disabled', undefined),
    bounds:
      kind === 'taxii'
        ? {
            onlyOwners: null,
            writable: await findWritableOwners(read, ownerIds),
            readOnlyCredentials: 'none' as const,
          }
        : undefined,
  };
  return {
    organizationRole: organizationRole ?? null,
    places: explainPlaces(subject, { id, name }, explained),
    more: owners.length > explained.length,
  };
}
