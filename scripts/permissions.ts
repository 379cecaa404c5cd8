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
import { PERMISSION_TEXTS } from '../server/access/permission-texts.ts';
import { type Grant, PERMISSIONS, type Permission } from '../server/access/permissions.ts';

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
    return `| \`${permission}\`${marks(grant)} | ${PERMISSION_TEXTS[permission]} | ${[
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
