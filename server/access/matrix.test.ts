import { expect, it } from 'vitest';
import {
  COMMUNITY_ROLES,
  type CommunityRole,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  SYSTEM_ROLES,
  type SystemRole,
} from '../../contract/roles.ts';
import { type Actor, can, type Target } from './can.ts';
import { type Grant, PERMISSIONS, type Permission } from './permissions.ts';

const ALL = Object.keys(PERMISSIONS) as Permission[];
const OWN = 1;
const FOREIGN = 2;
/** Ranks with everybody, so that rank decides nothing except in the tables about it. */
const LOWEST = { systemRole: 'Taxii User' } as const;

const SYSTEM_CODES: Record<SystemRole, string> = {
  Administrator: 'Adm',
  'Operations Administrator': 'Ops',
  'Accounts Administrator': 'Acc',
  'Community Leader': 'Led',
  'Super User': 'Sup',
  User: 'Usr',
  'Read Only User': 'RdO',
  'Api User': 'Api',
  'Exchange Admin': 'Exc',
  'Taxii User': 'Txi',
};
const ORGANIZATION_CODES: Record<OrganizationRole, string> = {
  'Read Only User': 'RdU',
  'Read Only Commenter': 'RdC',
  'Standard User': 'Std',
  'Sharing User': 'Shr',
  'App Developer': 'Dev',
  'Organization Administrator': 'OAd',
};
const COMMUNITY_CODES: Record<CommunityRole, string> = {
  Banned: 'Ban',
  Subscriber: 'Sub',
  User: 'Usr',
  Commenter: 'Com',
  Contributor: 'Con',
  Editor: 'Edi',
  Director: 'Dir',
};

function actor(systemRole: SystemRole, organizationRole: OrganizationRole): Actor {
  return {
    kind: 'account',
    accountId: 7,
    name: 'somebody',
    organizationId: OWN,
    systemRole,
    organizationRole,
  };
}

/** A System role that by itself gives nothing outside of TAXII, for the tables about the other roles. */
const plain = (organizationRole: OrganizationRole) => actor('User', organizationRole);

type Column = [code: string, isHeld: (permission: Permission) => boolean];

function table(title: string, columns: readonly Column[], permissions: readonly Permission[] = ALL): string {
  const width = Math.max(...ALL.map((permission) => permission.length));
  const line = (head: string, cells: readonly string[]) =>
    `${head.padEnd(width)}  ${cells.map((cell) => cell.padEnd(3)).join(' ')}`.trimEnd();
  const header = line(
    '',
    columns.map(([code]) => code),
  );
  const rows = permissions.map((permission) =>
    line(
      permission,
      columns.map(([, isHeld]) => (isHeld(permission) ? ' x' : ' .')),
    ),
  );
  return [title, '', header, ...rows].join('\n');
}

function legend(codes: Record<string, string>): string {
  return Object.entries(codes)
    .map(([role, code]) => `${code} ${role}`)
    .join(', ');
}

const systemColumns = (target: Target): Column[] =>
  SYSTEM_ROLES.map((role) => [
    SYSTEM_CODES[role],
    (permission) => can(actor(role, 'Read Only User'), permission, target),
  ]);

const organizationColumns = (target: Target): Column[] =>
  ORGANIZATION_ROLES.map((role) => [
    ORGANIZATION_CODES[role],
    (permission) => can(plain(role), permission, target),
  ]);

function matrix(): string {
  const ranked = ALL.filter((permission) => (PERMISSIONS[permission] as Grant).ranked === true);
  return [
    'Who holds which permission: x = yes, . = no.',
    `System roles: ${legend(SYSTEM_CODES)}.`,
    `Organization roles: ${legend(ORGANIZATION_CODES)}.`,
    `Community roles: ${legend(COMMUNITY_CODES)}.`,
    '',
    table('THE OPERATOR, and SYSTEM ROLES on the instance as a whole', [
      ['Op', (permission) => can({ kind: 'operator', name: 'operator' }, permission, LOWEST)],
      ...systemColumns(LOWEST),
    ]),
    '',
    table(
      'SYSTEM ROLES in a foreign organization (Organization role there: none)',
      systemColumns({ ...LOWEST, organizationId: FOREIGN }),
    ),
    '',
    table(
      'SYSTEM ROLES in the own organization, with the Organization role Read Only User',
      systemColumns({ ...LOWEST, organizationId: OWN }),
    ),
    '',
    table(
      'ORGANIZATION ROLES in the own organization, with the System role User',
      organizationColumns({ ...LOWEST, organizationId: OWN }),
    ),
    '',
    table(
      'ORGANIZATION ROLES in a foreign organization, with the System role User',
      organizationColumns({ ...LOWEST, organizationId: FOREIGN }),
    ),
    '',
    table('COMMUNITY ROLES in the community or source, with the System role User; "–" = no role there', [
      ['–', (permission) => can(plain('Organization Administrator'), permission, LOWEST)],
      ...COMMUNITY_ROLES.map(
        (communityRole): Column => [
          COMMUNITY_CODES[communityRole],
          (permission) => can(plain('Organization Administrator'), permission, { ...LOWEST, communityRole }),
        ],
      ),
    ]),
    '',
    ...[...SYSTEM_ROLES].map(
      (targetRole) =>
        `${table(
          `RANK: System roles on an account whose System role is ${targetRole}, as Organization Administrator of its organization`,
          SYSTEM_ROLES.map(
            (role): Column => [
              SYSTEM_CODES[role],
              (permission) =>
                can(actor(role, 'Organization Administrator'), permission, {
                  organizationId: OWN,
                  systemRole: targetRole,
                }),
            ],
          ),
          ranked,
        )}\n`,
    ),
  ].join('\n');
}

// Reviewed as text: a change of any cell shows in the difference. Renewed with: vitest run -u server/access
it('the permission table gives every role exactly what the matrix says', async () => {
  await expect(matrix()).toMatchFileSnapshot('matrix.txt');
});
