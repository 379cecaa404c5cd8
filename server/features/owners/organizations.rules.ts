import type { Limits, OrganizationView, SeatGauge } from '../../../contract/organizations.ts';
import type { Access } from '../../access/access.ts';
import { PERMISSIONS } from '../../access/permissions.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { limitsOf, overUse } from './owners.rules.ts';

type Row = {
  owner_id: number;
  name: string;
  description: string | null;
  organization_version: number;
  created_at: number;
  disabled_at: number | null;
  allow_pseudonym_change: number;
  read_only_users_allowed: number;
  max_users: number;
  max_api_users: number;
  max_taxii_users: number;
};

/** The organization as the asker may see it; `used` = seats taken. */
export function organizationView(access: Access, row: Row, used: Limits): OrganizationView {
  const target = { organizationId: row.owner_id };
  const limits = limitsOf(row);
  const seats = access.can('organization.seats', target);
  return {
    id: row.owner_id,
    name: row.name,
    description: row.description,
    version: row.organization_version,
    createdAt: formatTimestamp(row.created_at),
    disabled: row.disabled_at !== null,
    disabledAt: row.disabled_at === null ? null : formatTimestamp(row.disabled_at),
    allowPseudonymChange: row.allow_pseudonym_change === 1,
    readOnlyUsersAllowed: row.read_only_users_allowed === 1,
    limits: seats ? limits : null,
    used: seats ? used : null,
    overUse: seats ? overUse(limits, used) : null,
    abilities: {
      edit: access.can('organization.edit', target),
      limitTaxiiUsers: access.can('organization.limit.taxiiUsers', target),
      limitOthers: access.can('organization.limit.other', target),
      permissions: access.can('organization.permissions', target),
      seats,
      createAccounts: access.can('account.create', target),
      editGroups: access.can('group.edit', target),
      delete: access.can('organization.delete', target),
    },
  };
}

type Count = { used: number; max: number };

/**
 * How many more accounts of a kind fit. `obstacle`: what else keeps one from being created. The licence's numbers are told to
 * those who may see the licence; the others learn what is left of it.
 */
export function seatGauge(
  limit: keyof Limits,
  organization: Count & { name: string },
  licence: Count & { visible: boolean },
  obstacle: string | null,
): SeatGauge {
  const what = { users: 'users', apiUsers: 'API users', taxiiUsers: 'TAXII users' }[limit];
  const left = Math.max(0, organization.max - organization.used);
  const leftInLicence = Math.max(0, licence.max - licence.used);
  const permission = limit === 'taxiiUsers' ? 'organization.limit.taxiiUsers' : 'organization.limit.other';
  const full =
    left === 0
      ? `The organization "${organization.name}" may have ${organization.max} ${what} and has ${organization.used}.`
      : leftInLicence === 0
        ? `The licence of this instance allows no more ${what}.`
        : null;
  const whyNot = obstacle ?? full;
  return {
    used: organization.used,
    max: organization.max,
    remaining: Math.min(left, leftInLicence),
    overUse: Math.max(0, organization.used - organization.max),
    licence: {
      used: licence.visible ? licence.used : null,
      max: licence.visible ? licence.max : null,
      remaining: leftInLicence,
      raisedBy: [...PERMISSIONS['licence.edit'].system],
    },
    raisedBy: [...PERMISSIONS[permission].system],
    canCreate: whyNot === null,
    whyNot,
  };
}
