import type { App } from '../../context.ts';
import type { ApiRoute } from '../../http/api-face.ts';
import { getOwner, getOwnOrganization, listOwners, listOwnMembers, whoAmI } from './api-v2.service.ts';

/** What clients of the reference product ask first. */
export function createApiV2Routes(app: App): ApiRoute[] {
  return [
    { path: '/whoami', handle: async (caller) => await whoAmI(app, caller) },
    { path: '/owners', handle: async (caller, { query }) => await listOwners(app, caller, query) },
    { path: '/owners/mine', handle: async (caller) => await getOwnOrganization(app, caller) },
    {
      path: '/owners/mine/members',
      handle: async (caller, { query }) => await listOwnMembers(app, caller, query),
    },
    {
      path: '/owners/:id',
      handle: async (caller, { params }) => await getOwner(app, caller, params.id ?? ''),
    },
  ];
}
