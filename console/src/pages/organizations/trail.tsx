import type { ReactNode } from 'react';
import { getOrganizationEndpoint } from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { ScreenLink } from '../../kit/link.tsx';

/** Which organization one is in, where that is not the own one: to its settings, and to all organizations. */
export function useOrganizationTrail({ id, name }: { id: number; name: string }): ReactNode[] {
  return useIsElsewhere(String(id)) ? trailOf(String(id), name) : [];
}

/** The same where only its id is known. */
export function useTrailToOrganization(organization: string): ReactNode[] {
  const isElsewhere = useIsElsewhere(organization);
  const name = useOrganizationName(organization);
  return isElsewhere && name !== undefined ? trailOf(organization, name) : [];
}

/** What the organization with this id is called; undefined while that is not known. */
export function useOrganizationName(organization: string): string | undefined {
  const { organization: own } = useSession();
  const isOwn = String(own.id) === organization;
  const answer = useEndpoint(getOrganizationEndpoint, { params: { organization } }, { enabled: !isOwn });
  return isOwn ? own.name : answer.data?.name;
}

function useIsElsewhere(organization: string): boolean {
  const { organization: own, abilities } = useSession();
  return String(own.id) !== organization && abilities['organization.list'];
}

const trailOf = (organization: string, name: string): ReactNode[] => [
  <ScreenLink key="organizations" to="/organizations" size="sm">
    Organizations
  </ScreenLink>,
  <ScreenLink
    key="organization"
    to="/organizations/$organization/settings"
    params={{ organization }}
    size="sm"
  >
    {name}
  </ScreenLink>,
];
