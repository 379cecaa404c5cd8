import {
  exportAuditCsvEndpoint,
  exportAuditJsonlEndpoint,
  exportOrganizationAuditCsvEndpoint,
  exportOrganizationAuditJsonlEndpoint,
  listActivityEndpoint,
  listAuditEndpoint,
  listOrganizationAuditEndpoint,
  verifyAuditEndpoint,
} from './audit.ts';
import type { Endpoint } from './endpoint.ts';
import {
  createOrganizationEndpoint,
  deleteOrganizationEndpoint,
  editOrganizationEndpoint,
  getOrganizationEndpoint,
  getSeatsEndpoint,
  listOrganizationsEndpoint,
  setLimitsEndpoint,
  setOrganizationPermissionsEndpoint,
} from './organizations.ts';
import { communityEndpoints, listCommunityRolesEndpoint, sourceEndpoints } from './owners.ts';
import {
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listSessionsEndpoint,
  showSessionEndpoint,
  signInEndpoint,
  signOutEndpoint,
} from './session.ts';
import { setupEndpoint } from './setup.ts';

/** Every operation of the REST API. A route that is not listed here, or a listed one without a route, fails the build. */
export const ALL_ENDPOINTS: readonly Endpoint[] = [
  setupEndpoint,
  signInEndpoint,
  showSessionEndpoint,
  signOutEndpoint,
  listSessionsEndpoint,
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listOrganizationsEndpoint,
  createOrganizationEndpoint,
  getOrganizationEndpoint,
  editOrganizationEndpoint,
  deleteOrganizationEndpoint,
  setLimitsEndpoint,
  setOrganizationPermissionsEndpoint,
  getSeatsEndpoint,
  ...Object.values(communityEndpoints),
  ...Object.values(sourceEndpoints),
  listCommunityRolesEndpoint,
  listAuditEndpoint,
  listOrganizationAuditEndpoint,
  exportAuditCsvEndpoint,
  exportAuditJsonlEndpoint,
  exportOrganizationAuditCsvEndpoint,
  exportOrganizationAuditJsonlEndpoint,
  verifyAuditEndpoint,
  listActivityEndpoint,
];
