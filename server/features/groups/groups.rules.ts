import type { GroupDetails, GroupItem, GroupReference } from '../../../contract/groups.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';

type Group = {
  id: number;
  organization_id: number;
  name: string;
  description: string | null;
  version: number;
  created_at: number;
};

type Member = {
  id: number;
  kind: AccountKind;
  user_name: string;
  first_name: string | null;
  last_name: string | null;
  pseudonym: string;
};

/** A group in a list. */
export function shownItem(access: Access, group: Group, memberCount: number): GroupItem {
  const mayEdit = access.can('group.edit', { organizationId: group.organization_id });
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    version: group.version,
    createdAt: formatTimestamp(group.created_at),
    memberCount,
    abilities: { edit: mayEdit, setMembers: mayEdit, delete: mayEdit },
  };
}

/** A group with its members. Members of an organization see each other's names; others see pseudonyms; nobody sees both. */
export function shownGroup(
  access: Access,
  group: Group,
  organization: { id: number; name: string },
  members: readonly Member[],
): GroupDetails {
  const { actor } = access;
  const isColleague = actor.kind === 'account' && actor.organizationId === organization.id;
  const seesNames = isColleague || access.can('account.view', { organizationId: organization.id });
  return {
    ...shownItem(access, group, members.length),
    organization: { id: organization.id, name: organization.name },
    members: members.map((member) => ({
      id: seesNames ? member.id : null,
      kind: member.kind,
      pseudonym: seesNames ? null : member.pseudonym,
      userName: seesNames ? member.user_name : null,
      firstName: seesNames ? member.first_name : null,
      lastName: seesNames ? member.last_name : null,
    })),
  };
}

/** One answer for a group that does not exist and one that the asker may not see. */
export function missingGroup(reference: GroupReference): AppError {
  const called = typeof reference === 'number' ? `with the id ${reference}` : `named "${reference.name}"`;
  return new AppError('not_found', { message: `There is no user group ${called}.` });
}
