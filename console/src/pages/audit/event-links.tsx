import { Text } from '@mantine/core';
import type { AuditEventShown } from '../../../../contract/audit.ts';
import { ScreenLink } from '../../kit/link.tsx';

const wrap = { overflowWrap: 'anywhere' } as const;

/** Who did it, as a link where it is an account that the reader may know. */
export function ActorLink({ event: { actorAccountId, actorName } }: { event: AuditEventShown }) {
  if (actorAccountId === null)
    return (
      <Text span inherit style={wrap}>
        {actorName}
      </Text>
    );
  return (
    <ScreenLink inherit style={wrap} to="/accounts/$account" params={{ account: String(actorAccountId) }}>
      {actorName}
    </ScreenLink>
  );
}

const ACCOUNTS = new Set(['user', 'read_only_user', 'api_user', 'taxii_user']);

/** What it was done to, as a link where there is a screen of it. */
export function TargetLink({ event }: { event: AuditEventShown }) {
  const { action, outcome, targetKind, targetId, targetName, organizationId } = event;
  const name = targetName ?? targetId ?? '–';
  const isGone = outcome === 'done' && action.endsWith('.delete');
  if (targetId !== null && !isGone) {
    if (ACCOUNTS.has(targetKind))
      return (
        <ScreenLink inherit style={wrap} to="/accounts/$account" params={{ account: targetId }}>
          {name}
        </ScreenLink>
      );
    if (targetKind === 'organization')
      return (
        <ScreenLink
          inherit
          style={wrap}
          to="/organizations/$organization/settings"
          params={{ organization: targetId }}
        >
          {name}
        </ScreenLink>
      );
    if (targetKind === 'user_group' && organizationId !== null)
      return (
        <ScreenLink
          inherit
          style={wrap}
          to="/organizations/$organization/groups/$group"
          params={{ organization: String(organizationId), group: targetId }}
        >
          {name}
        </ScreenLink>
      );
    if (targetKind === 'community' || targetKind === 'source')
      return (
        <ScreenLink
          inherit
          style={wrap}
          to={targetKind === 'community' ? '/communities/$owner' : '/sources/$owner'}
          params={{ owner: targetId }}
        >
          {name}
        </ScreenLink>
      );
  }
  return (
    <Text span inherit style={wrap}>
      {name}
    </Text>
  );
}
