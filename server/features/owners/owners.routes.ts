import {
  createOrganizationEndpoint,
  deleteOrganizationEndpoint,
  editOrganizationEndpoint,
  getOrganizationEndpoint,
  getSeatsEndpoint,
  listOrganizationsEndpoint,
  setLimitsEndpoint,
  setOrganizationPermissionsEndpoint,
} from '../../../contract/organizations.ts';
import { communityEndpoints, listCommunityRolesEndpoint, sourceEndpoints } from '../../../contract/owners.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import {
  clearCommunityRole,
  listCommunityRoles,
  listMemberAccounts,
  listMembers,
  removeMember,
  setCommunityRole,
} from './members.service.ts';
import {
  deleteOrganization,
  editOrganization,
  getOrganization,
  getSeats,
  listOrganizations,
  setOrganizationPermissions,
} from './organizations.service.ts';
import { addMember, createOrganization, createOwner, setLimits } from './owners.service.ts';
import { deleteOwner, editOwner, getOwnerView, listOwners } from './shared.service.ts';

/** Organizations, communities and sources over REST. */
export function createOwnerRoutes(app: App): RestRoute[] {
  return [
    bind(listOrganizationsEndpoint, (caller, { query }) => listOrganizations(app, caller, query)),
    bind(createOrganizationEndpoint, (caller, { body }) => createOrganization(app, caller, body)),
    bind(getOrganizationEndpoint, (caller, { params }) => getOrganization(app, caller, params.organization)),
    bind(editOrganizationEndpoint, (caller, { params, body }) =>
      editOrganization(app, caller, { ...params, ...body }),
    ),
    bind(deleteOrganizationEndpoint, (caller, { params }) =>
      deleteOrganization(app, caller, params.organization),
    ),
    bind(setLimitsEndpoint, (caller, { params, body }) => setLimits(app, caller, { ...params, ...body })),
    bind(setOrganizationPermissionsEndpoint, (caller, { params, body }) =>
      setOrganizationPermissions(app, caller, { ...params, ...body }),
    ),
    bind(getSeatsEndpoint, (caller, { params }) => getSeats(app, caller, params.organization)),
    ...sharedRoutes(app, 'community', communityEndpoints),
    ...sharedRoutes(app, 'source', sourceEndpoints),
    bind(listCommunityRolesEndpoint, (caller, { params }) => listCommunityRoles(app, caller, params.account)),
  ];
}

/** Communities and sources are the same below another path; a source is not found among the communities. */
function sharedRoutes(
  app: App,
  kind: 'community' | 'source',
  endpoints: typeof communityEndpoints | typeof sourceEndpoints,
): RestRoute[] {
  return [
    bind(endpoints.list, (caller, { query }) => listOwners(app, caller, { ...query, kind })),
    bind(endpoints.create, (caller, { body }) => createOwner(app, caller, { ...body, kind })),
    bind(endpoints.get, (caller, { params }) => getOwnerView(app, caller, { ...params, kind })),
    bind(endpoints.edit, (caller, { params, body }) => editOwner(app, caller, { ...params, ...body, kind })),
    bind(endpoints.delete, (caller, { params }) => deleteOwner(app, caller, { ...params, kind })),
    bind(endpoints.listMembers, (caller, { params, query }) =>
      listMembers(app, caller, { ...params, ...query, kind }),
    ),
    bind(endpoints.setMember, (caller, { params, body }) =>
      addMember(app, caller, { ...params, ...body, kind }),
    ),
    bind(endpoints.removeMember, (caller, { params }) => removeMember(app, caller, { ...params, kind })),
    bind(endpoints.listAccounts, (caller, { params, query }) =>
      listMemberAccounts(app, caller, { ...params, ...query, kind }),
    ),
    bind(endpoints.setRole, (caller, { params, body }) =>
      setCommunityRole(app, caller, { ...params, ...body, kind }),
    ),
    bind(endpoints.clearRole, async (caller, { params }) => {
      await clearCommunityRole(app, caller, { ...params, kind });
    }),
  ];
}
