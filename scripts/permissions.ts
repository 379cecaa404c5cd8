/** Writes `docs/permissions.md` from the permission table: `npm run permissions`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  COMMUNITY_ROLES,
  ORGANIZATION_ROLES,
  SYSTEM_ROLE_RANK,
  SYSTEM_ROLES,
  type SystemRole,
} from '../contract/roles.ts';
import { type Grant, PERMISSIONS, type Permission } from '../server/access/permissions.ts';

/** What each permission lets its holder do; a permission without its explanation is a type error. */
const EXPLANATIONS: Record<Permission, string> = {
  'instance.operate':
    'run the instance: first Administrator, acting as an account, backup, restore, migration',
  'licence.view': 'see the licence and how much of it is used',
  'licence.edit': 'set the totals of the licence and its two switches',
  'settings.view': 'see the system settings',
  'settings.edit': 'change a system setting',
  'organization.view': 'know that the organization exists; to everybody else it is "not found"',
  'organization.create': 'create an organization',
  'organization.edit': 'rename an organization',
  'organization.permissions':
    'enable and disable an organization, and set what its members may do (the permissions tab)',
  'organization.delete': 'delete an organization that is empty',
  'organization.seats': 'see how many more accounts of each kind fit into the organization',
  'organization.activity': 'see who added or changed what in the organization',
  'organization.list': 'list all organizations with their limits and how much of them is used',
  'organization.limit.taxiiUsers': 'set the TAXII User Limit of an organization',
  'organization.limit.other': 'set the other limits of an organization (users, API users)',
  'owner.view': 'know that the community or source exists; to everybody else it is "not found"',
  'owner.create': 'create a community or a source',
  'owner.edit': 'rename a community or source, describe it, and turn its profile anonymity on',
  'owner.revealNames': 'turn the profile anonymity of a community or source off',
  'owner.delete': 'delete a community or source that is empty',
  'community.viewMembers': 'see who is a member of the community',
  'source.viewMembers': 'see who is a member of the source',
  'owner.members': 'make an organization a member of a community or source, and set its default role there',
  'account.create': 'create an account of any of the four kinds in the organization',
  'account.view': 'see the accounts of the organization; to everybody else they are "not found"',
  'account.edit': 'edit an account',
  'account.profile': 'edit the profile: names, time zone, when one is logged out',
  'account.roles': 'change the Organization role of an account',
  'account.lock': 'lock and unlock an account',
  'account.disable': 'disable and enable an account, and set when it expires',
  'account.delete': 'delete an account',
  'account.credential': 'give an account a new password, key or token, or end one',
  'account.authenticator': 'remove the second factors of an account',
  'account.sessions': 'see and end the sessions of an account',
  'account.move': 'move an account to another organization',
  'account.viewSystemRole': 'see the System role of an account',
  'account.systemRole': "choose the System role of an account, up to one's own rank",
  'account.userName': 'change the user name of an account after its creation',
  'account.pseudonym': 'change the pseudonym of an account that is no TAXII user',
  'account.customTqlTimeout': 'give an account a TQL timeout of its own',
  'account.termsOfService': 'have an account accept the terms of service again',
  'group.view': 'see the user groups of the organization',
  'group.edit': 'create, change and delete user groups of the organization',
  'audit.view': 'read the audit trail of the organization',
  'audit.viewInstance': 'read and verify the whole audit trail',
  'taxiiService.create': 'create a TAXII service: its path, page limits and organizations',
  'taxiiService.edit': 'configure a TAXII service',
  'taxiiService.delete': 'delete a TAXII service that nobody uses',
  'taxiiService.view': 'see TAXII services',
  'collection.configure': 'configure a collection, for instance switch writing over TAXII on and off',
  'collection.view': 'see how a collection is configured',
  'exchange.connect': 'use a TAXII service at all',
  'api.connect': 'use what is below `/api/v2` at all',
  'intelligence.read': 'read everything in the owner',
  'intelligence.readPublished': 'read what is published in the owner',
  'intelligence.create':
    'add intelligence to the owner (over TAXII only where the collection accepts writing)',
  'intelligence.delete':
    'delete intelligence of the owner (over TAXII only where the collection accepts writing)',
};

/** The whole text of `docs/permissions.md`. */
export function permissionsDocument(): string {
  return `<!-- Generated from server/access/permissions.ts. Renew it with: npm run permissions -->
# Who may do what

An account has a **System role**, which acts on the whole instance, an **Organization role**, which acts in its own
organization, and in each community or source a **Community role**: its individual role there, else the default role of
its organization. A permission is held when *any one* of these columns names the role. The **operator** is whoever runs
the command line of the instance.

What an asker may not even see answers \`404\`, what it may see but not do answers \`403\`.

${areas()
  .map(([area, permissions]) => areaSection(area, permissions))
  .join('\n')}
## Rank

A permission marked **ranked** is held on an account only while the System role of that account does not rank above the
holder's. Equal rank is allowed. The operator stands above all ranks.

**own: yes** is held by everybody on the own account, **own: no** by nobody. A permission marked **membership** is held by
Accounts Administrators only while the system setting \`accountsAdministratorManagesMembers\` is on.

| Rank | System roles |
|---:|---|
${ranks()
  .map(([rank, roles]) => `| ${rank} | ${roles.join(', ')} |`)
  .join('\n')}
`;
}

function areas(): [string, Permission[]][] {
  const permissions = Object.keys(PERMISSIONS) as Permission[];
  return [...Map.groupBy(permissions, (permission) => permission.split('.')[0] ?? '')];
}

const TITLES: Record<string, string> = {
  instance: 'The instance',
  organization: 'Organizations',
  owner: 'Communities and sources',
  community: 'Members of communities',
  source: 'Members of sources',
  licence: 'Licence',
  settings: 'System settings',
  account: 'Accounts',
  group: 'User groups',
  audit: 'Audit trail',
  taxiiService: 'TAXII services',
  collection: 'Collections',
  exchange: 'TAXII',
  intelligence: 'Intelligence',
};

function areaSection(area: string, permissions: readonly Permission[]): string {
  const rows = permissions.map((permission) => {
    const grant: Grant = PERMISSIONS[permission];
    return `| \`${permission}\`${marks(grant)} | ${EXPLANATIONS[permission]} | ${[
      roles(grant.system, SYSTEM_ROLES),
      roles(grant.organization, ORGANIZATION_ROLES),
      roles(grant.community, COMMUNITY_ROLES),
      grant.operator ? 'yes' : '–',
    ].join(' | ')} |`;
  });
  return `## ${TITLES[area] ?? area}

| Permission | To … | System roles | Organization roles (own organization) | Community roles | Operator |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function marks(grant: Grant): string {
  const all = [
    grant.ranked === true ? '**ranked**' : '',
    grant.self === 'granted' ? '**own: yes**' : '',
    grant.self === 'refused' ? '**own: no**' : '',
    grant.membership === true ? '**membership**' : '',
  ].filter((mark) => mark !== '');
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}

function roles<Role extends string>(held: readonly Role[], all: readonly Role[]): string {
  if (held.length === 0) return '–';
  if (held.length === all.length) return 'all';
  // Naming the exceptions is shorter to read than naming nearly all.
  const without = all.filter((role) => !held.includes(role));
  return without.length === 1
    ? `all but ${without.join()}`
    : all.filter((role) => held.includes(role)).join(', ');
}

function ranks(): [number, SystemRole[]][] {
  return [...Map.groupBy(SYSTEM_ROLES, (role) => SYSTEM_ROLE_RANK[role])].sort(([a], [b]) => b - a);
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'permissions.md'), permissionsDocument());
}
