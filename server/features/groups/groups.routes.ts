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
    bind(
      listGroupsEndpoint,
      async (caller, { params, query }) => await listUserGroups(app, caller, { ...query, ...params }),
    ),
    bind(
      createGroupEndpoint,
      async (caller, { params, body }) => await createUserGroup(app, caller, { ...body, ...params }),
    ),
    bind(getGroupEndpoint, async (caller, { params }) => await getUserGroup(app, caller, params.group)),
    bind(
      editGroupEndpoint,
      async (caller, { params, body }) => await editUserGroup(app, caller, { ...body, ...params }),
    ),
    bind(deleteGroupEndpoint, async (caller, { params }) => {
      await deleteUserGroup(app, caller, params.group);
      return undefined;
    }),
    bind(
      setGroupMembersEndpoint,
      async (caller, { params, body }) => await setUserGroupMembers(app, caller, { ...body, ...params }),
    ),
  ];
}
