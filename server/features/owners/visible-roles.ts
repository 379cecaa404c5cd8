import type { SharedKind } from '../../../contract/owners.ts';
import type { OwnerKind } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import type { App } from '../../context.ts';
import { effectiveCommunityRole } from './owners.rules.ts';
import { listRolesIn, listRolesOf, type OwnerWithRoles, type RoleBearer } from './shared.store.ts';

/** A community or source in which the account has a role; `target` = what the asker's rights there depend on. */
export type VisibleRole = { owner: OwnerWithRoles & { kind: SharedKind }; target: Target };

/** The communities and sources in which the account has a role, of which those are left out that the asker may not know of. */
export async function listVisibleRoles(
  db: App['db']['read'],
  access: Access,
  bearer: RoleBearer,
): Promise<VisibleRole[]> {
  const rows = await listRolesOf(db, bearer);
  const { actor } = access;
  const ids = rows.map((row) => row.id);
  const own = actor.kind === 'account' ? await listRolesIn(db, actor, ids) : undefined;
  return rows.flatMap((row): VisibleRole[] => {
    const mine = own?.get(row.id);
    const communityRole =
      actor.kind === 'account'
        ? effectiveCommunityRole(actor.systemRole, mine?.individual, mine?.organization_default)
        : undefined;
    const { kind } = row;
    if (kind === 'organization' || !access.can('owner.view', { communityRole })) return [];
    return [{ owner: { ...row, kind }, target: { communityRole } }];
  });
}

/** The owners as the asker may know of them: those stay unnamed that the asker cannot see. */
export async function ownersAsSeen(
  db: App['db']['read'],
  { actor, can }: Access,
  owners: readonly { id: number; kind: OwnerKind; name: string }[],
): Promise<{ id: number; name: string | null }[]> {
  const ids = owners.flatMap(({ id, kind }) => (kind === 'organization' ? [] : [id]));
  const own = actor.kind === 'account' ? await listRolesIn(db, actor, ids) : undefined;
  return owners.map(({ id, kind, name }) => {
    const mine = own?.get(id);
    const isVisible = can(
      'owner.view',
      kind === 'organization'
        ? { organizationId: id }
        : {
            communityRole:
              actor.kind === 'account'
                ? effectiveCommunityRole(actor.systemRole, mine?.individual, mine?.organization_default)
                : undefined,
          },
    );
    return { id, name: isVisible ? name : null };
  });
}
