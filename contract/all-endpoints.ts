import { ACCOUNT_ENDPOINTS } from './account-endpoints.ts';
import { getAccountFormEndpoint, getEditFormEndpoint } from './account-forms.ts';
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
import { AUTHENTICATOR_ENDPOINTS } from './authenticators.ts';
import { BULK_ENDPOINTS } from './bulk.ts';
import { editCollectionEndpoint, getCollectionEndpoint, listCollectionsEndpoint } from './collections.ts';
import type { Endpoint } from './endpoint.ts';
import {
  createGroupEndpoint,
  deleteGroupEndpoint,
  editGroupEndpoint,
  getGroupEndpoint,
  listGroupsEndpoint,
  setGroupMembersEndpoint,
} from './groups.ts';
import { getInstanceEndpoint } from './instance.ts';
import {
  getCollectionStatisticsEndpoint,
  getNeighboursEndpoint,
  getObjectEndpoint,
  listObjectsEndpoint,
  listReadableCollectionsEndpoint,
} from './intelligence.ts';
import { getLicenceEndpoint, setLicenceEndpoint } from './licence.ts';
import { LINK_ENDPOINTS } from './links.ts';
import { listMailEndpoint, retryMailEndpoint, testMailEndpoint } from './mail.ts';
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
import { changePasswordEndpoint, passwordPolicyEndpoint } from './passwords.ts';
import { getProfileEndpoint } from './profile.ts';
import { getAccountRightsEndpoint } from './rights.ts';
import {
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listSessionsEndpoint,
  showSessionEndpoint,
  signInEndpoint,
  signOutEndpoint,
} from './session.ts';
import {
  getSettingEndpoint,
  listSettingsEndpoint,
  resetSettingEndpoint,
  setSettingEndpoint,
  setSettingsEndpoint,
} from './settings.ts';
import { setupEndpoint } from './setup.ts';
import {
  createTaxiiServiceEndpoint,
  deleteTaxiiServiceEndpoint,
  editTaxiiServiceEndpoint,
  getTaxiiServiceEndpoint,
  listTaxiiServicesEndpoint,
} from './taxii-services.ts';
import { getTaxiiViewEndpoint } from './taxii-view.ts';
import {
  acceptTermsEndpoint,
  getTermsEndpoint,
  listAcceptancesEndpoint,
  listTermsEndpoint,
  publishTermsEndpoint,
  showTermsEndpoint,
} from './terms.ts';
import { USAGE_ENDPOINTS } from './usage.ts';

/** Every operation of the REST API. A route that is not listed here, or a listed one without a route, fails the build. */
export const ALL_ENDPOINTS: readonly Endpoint[] = [
  setupEndpoint,
  getInstanceEndpoint,
  signInEndpoint,
  showSessionEndpoint,
  signOutEndpoint,
  passwordPolicyEndpoint,
  changePasswordEndpoint,
  listSessionsEndpoint,
  endAllSessionsEndpoint,
  endSessionEndpoint,
  ...LINK_ENDPOINTS,
  ...AUTHENTICATOR_ENDPOINTS,
  ...ACCOUNT_ENDPOINTS,
  getProfileEndpoint,
  getAccountRightsEndpoint,
  getAccountFormEndpoint,
  getEditFormEndpoint,
  ...BULK_ENDPOINTS,
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
  listSettingsEndpoint,
  setSettingsEndpoint,
  getSettingEndpoint,
  setSettingEndpoint,
  resetSettingEndpoint,
  showTermsEndpoint,
  acceptTermsEndpoint,
  publishTermsEndpoint,
  listTermsEndpoint,
  getTermsEndpoint,
  listAcceptancesEndpoint,
  listMailEndpoint,
  testMailEndpoint,
  retryMailEndpoint,
  getLicenceEndpoint,
  setLicenceEndpoint,
  listGroupsEndpoint,
  createGroupEndpoint,
  getGroupEndpoint,
  editGroupEndpoint,
  deleteGroupEndpoint,
  setGroupMembersEndpoint,
  listTaxiiServicesEndpoint,
  createTaxiiServiceEndpoint,
  getTaxiiServiceEndpoint,
  editTaxiiServiceEndpoint,
  deleteTaxiiServiceEndpoint,
  listCollectionsEndpoint,
  getCollectionEndpoint,
  editCollectionEndpoint,
  listReadableCollectionsEndpoint,
  getCollectionStatisticsEndpoint,
  listObjectsEndpoint,
  getObjectEndpoint,
  getNeighboursEndpoint,
  getTaxiiViewEndpoint,
  ...USAGE_ENDPOINTS,
];
