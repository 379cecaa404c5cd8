import { Text } from '@mantine/core';
import type { AuditEventShown } from '../../../../contract/audit.ts';
import { Breakable } from '../../kit/breakable.tsx';
import { ScreenLink } from '../../kit/link.tsx';

/** Whole words where there is room; the table is scrolled before a name is cut into letters. */
const wrap = { overflowWrap: 'anywhere', display: 'inline-block', minWidth: 120 } as const;

/** Who did it, as a link where it is an account that the reader may know. */
export function ActorLink({ event: { actorAccountId, actorName } }: { event: AuditEventShown }) {
  if (actorAccountId === null)
    return (
      <Text span inherit style={wrap}>
        <Breakable text={actorName} />
      </Text>
    );
  return (
    <ScreenLink inherit style={wrap} to="/accounts/$account" params={{ account: String(actorAccountId) }}>
      <Breakable text={actorName} />
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
          <Breakable text={name} />
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
          <Breakable text={name} />
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
          <Breakable text={name} />
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
          <Breakable text={name} />
        </ScreenLink>
      );
  }
  return (
    <Text span inherit style={wrap}>
      <Breakable text={name} />
    </Text>
  );
}
