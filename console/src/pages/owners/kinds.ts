import { communityEndpoints, type SharedKind, sourceEndpoints } from '../../../../contract/owners.ts';

/** Words and addresses of communities and of sources, whose screens are the same. */
export const KINDS = {
  community: {
    endpoints: communityEndpoints,
    list: '/communities',
    one: '/communities/$owner',
    create: '/communities/new',
    Title: 'Communities',
    One: 'Community',
    title: 'communities',
    a: 'a community',
    lead: 'Organizations join a community to share both ways.',
  },
  source: {
    endpoints: sourceEndpoints,
    list: '/sources',
    one: '/sources/$owner',
    create: '/sources/new',
    Title: 'Sources',
    One: 'Source',
    title: 'sources',
    a: 'a source',
    lead: 'Organizations join a source to receive from it.',
  },
} as const satisfies Record<SharedKind, object>;
