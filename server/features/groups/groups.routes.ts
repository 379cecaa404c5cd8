import {
  createGroupEndpoint,
  deleteGroupEndpoint,
  editGroupEndpoint,
  getGroupEndpoint,
  listGroupsEndpoint,
  setGroupMembersEndpoint,
} from '../../../contract/groups.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import {
  createUserGroup,
  deleteUserGroup,
  editUserGroup,
  getUserGroup,
  listUserGroups,
  setUserGroupMembers,
} from './groups.service.ts';

/** The REST endpoints of user groups. */
export function createGroupsRoutes(app: App): RestRoute[] {
  return [
    bind(listGroupsEndpoint, (caller, { params, query }) =>
      listUserGroups(app, caller, { ...query, ...params }),
    ),
    bind(createGroupEndpoint, (caller, { params, body }) =>
      createUserGroup(app, caller, { ...body, ...params }),
    ),
    bind(getGroupEndpoint, (caller, { params }) => getUserGroup(app, caller, params.group)),
    bind(editGroupEndpoint, (caller, { params, body }) => editUserGroup(app, caller, { ...body, ...params })),
    bind(deleteGroupEndpoint, (caller, { params }) => deleteUserGroup(app, caller, params.group)),
    bind(setGroupMembersEndpoint, (caller, { params, body }) =>
      setUserGroupMembers(app, caller, { ...body, ...params }),
    ),
  ];
}
