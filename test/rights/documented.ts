import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SYSTEM_ROLES } from '../../contract/roles.ts';

/** Whoever asks, in the words of docs/permissions.md. */
export type Asker = {
  accountId: number;
  organizationId: number;
  systemRole: string;
  organizationRole: string;
};

/** What is asked for, in the same words. */
export type Asked = {
  organizationId?: number | undefined;
  communityRole?: string | undefined;
  systemRole?: string | undefined;
  accountId?: number | undefined;
};

type Row = {
  system: readonly string[] | 'all';
  organization: readonly string[] | 'all';
  community: readonly string[] | 'all but Banned';
  marks: string;
};

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/permissions.md'), 'utf8');

/** The tables of docs/permissions.md, as a reader takes them. */
const ROWS: ReadonlyMap<string, Row> = new Map(
  TEXT.split('\n').flatMap((line): [string, Row][] => {
    const [, first = '', , system = '', organization = '', community = ''] =
      line.split(' | ').length < 6 ? [] : ['', ...line.replace(/^\| | \|$/g, '').split(' | ')];
    const name = /^`([a-zA-Z.]+)`/.exec(first)?.[1];
    if (name === undefined) return [];
    const row = {
      system: rolesIn(system) as Row['system'],
      organization: rolesIn(organization) as Row['organization'],
      community: rolesIn(community) as Row['community'],
      marks: first,
    };
    return [[name, row]];
  }),
);

function rolesIn(cell: string): readonly string[] | string {
  if (cell === '–') return [];
  return cell.startsWith('all') ? cell : cell.split(', ');
}

const RANKS: ReadonlyMap<string, number> = new Map(
  [...TEXT.matchAll(/^\| (\d+) \| ([^|]+) \|$/gm)].flatMap(([, rank, roles = '']) =>
    roles.split(', ').map((role): [string, number] => [role, Number(rank)]),
  ),
);

/** What the reading of the document rests on: it has a rank for every System role. */
export const DOCUMENTED = {
  permissions: [...ROWS.keys()],
  unranked: SYSTEM_ROLES.filter((role) => !RANKS.has(role)),
};

/** Whether docs/permissions.md gives the asker the permission; `managesMembers` = the setting that it names. */
export function isDocumented(asker: Asker, permission: string, asked: Asked, managesMembers = true): boolean {
  const row = ROWS.get(permission);
  if (row === undefined) throw new Error(`docs/permissions.md has no permission ${permission}`);
  const isOwn = asked.accountId === asker.accountId;
  if (isOwn && row.marks.includes('**own: yes**')) return true;
  if (isOwn && row.marks.includes('**own: no**')) return false;
  if (row.marks.includes('**ranked**')) {
    const [own, other] = [RANKS.get(asker.systemRole), RANKS.get(asked.systemRole ?? '')];
    if (own === undefined || other === undefined || other > own) return false;
  }
  const isSuspended =
    row.marks.includes('**membership**') && asker.systemRole === 'Accounts Administrator' && !managesMembers;
  if (!isSuspended && (row.system === 'all' || row.system.includes(asker.systemRole))) return true;
  if (asked.organizationId === asker.organizationId)
    return row.organization === 'all' || row.organization.includes(asker.organizationRole);
  if (asked.communityRole === undefined) return false;
  return row.community === 'all but Banned'
    ? asked.communityRole !== 'Banned'
    : row.community.includes(asked.communityRole);
}

/**
 * Who may know that something exists, by the articles and product.md, decision 10: everybody else is answered 404. Written
 * down here a second time on purpose, and not read from the permission table.
 */
export function mayKnowOf(
  asker: Asker,
  noun: 'account' | 'organization' | 'owner' | 'group' | 'collection' | 'intelligence' | 'object' | 'service',
  asked: Asked,
  managesMembers = true,
): boolean {
  const isMember = asked.organizationId === asker.organizationId;
  const administers = ['Administrator', 'Operations Administrator', 'Accounts Administrator', 'Super User'];
  const leads = [...administers, 'Community Leader'];
  const isOrganizationAdministrator = asker.organizationRole === 'Organization Administrator';
  const { communityRole } = asked;
  switch (noun) {
    case 'account': {
      const isOff = asker.systemRole === 'Accounts Administrator' && !managesMembers;
      return (
        asked.accountId === asker.accountId ||
        (administers.includes(asker.systemRole) && !isOff) ||
        (isMember && isOrganizationAdministrator)
      );
    }
    case 'organization':
      return isMember || leads.includes(asker.systemRole);
    case 'owner':
      return leads.includes(asker.systemRole) || (communityRole !== undefined && communityRole !== 'Banned');
    case 'group':
      return isMember || administers.includes(asker.systemRole);
    case 'collection':
      return (
        leads.includes(asker.systemRole) ||
        (isMember && isOrganizationAdministrator) ||
        communityRole === 'Director'
      );
    // Whoever may see a collection is told that it may not be read.
    case 'intelligence':
      return (
        mayKnowOf(asker, 'collection', asked, managesMembers) ||
        isDocumented(asker, 'intelligence.readPublished', asked, managesMembers)
      );
    // Nothing is published: who reads only that finds no object.
    case 'object':
      return (
        mayKnowOf(asker, 'collection', asked, managesMembers) ||
        isDocumented(asker, 'intelligence.read', asked, managesMembers)
      );
    // Every organization may use the services of these tests.
    case 'service':
      return leads.includes(asker.systemRole) || isOrganizationAdministrator;
  }
}
