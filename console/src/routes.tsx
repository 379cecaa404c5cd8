import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from './api/session.ts';
import { Interruptions } from './kit/interruptions.tsx';
import { NothingPage } from './kit/page.tsx';
import { textSearch } from './kit/url-state.ts';

/** Every address of the console. Each screen is a chunk of its own, fetched when it is first opened. */

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: () => (
    <>
      <Outlet />
      <Interruptions />
    </>
  ),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  validateSearch: (search) => textSearch(search, ['back']),
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
});
const link = createRoute({
  getParentRoute: () => root,
  path: 'link',
  component: lazyRouteComponent(() => import('./pages/sign-in/link-page.tsx'), 'LinkPage'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: 'setup',
  component: lazyRouteComponent(() => import('./pages/sign-in/setup-page.tsx'), 'SetupPage'),
});

/** What only those see who are signed in, and have done what was required first. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null || session.requiredActions.length > 0) {
      const back = location.href === '/' ? {} : { back: location.href };
      throw redirect({ to: '/sign-in', search: back });
    }
  },
  component: lazyRouteComponent(() => import('./kit/shell.tsx'), 'Shell'),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: (search) => textSearch(search, ['days', 'scope', 'figure', 'of', 'collection']),
  component: lazyRouteComponent(() => import('./pages/home/home-page.tsx'), 'HomePage'),
});
const profile = createRoute({
  getParentRoute: () => inside,
  path: 'profile',
  validateSearch: (search) => textSearch(search, ['tab']),
  component: lazyRouteComponent(() => import('./pages/profile/profile-page.tsx'), 'ProfilePage'),
});

/** The accounts of one organization. The drawers stand over the table, each at an address of its own. */
const TABLE_SEARCH = [
  'search',
  'sort',
  'kind',
  'state',
  'systemRole',
  'organizationRole',
  'group',
  'service',
  'authenticator',
  'pending',
  'credentialExpiresWithinDays',
  'expiresWithinDays',
  'unusedForDays',
  'neverUsed',
  'after',
] as const;
const membership = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/membership',
  validateSearch: (search) => textSearch(search, TABLE_SEARCH),
  component: lazyRouteComponent(() => import('./pages/membership/membership-page.tsx'), 'MembershipPage'),
});
const createAccount = createRoute({
  getParentRoute: () => membership,
  path: 'new/$kind',
  component: lazyRouteComponent(() => import('./pages/membership/create-drawer.tsx'), 'CreateDrawer'),
});
const editAccount = createRoute({
  getParentRoute: () => membership,
  path: 'edit/$account',
  component: lazyRouteComponent(() => import('./pages/membership/edit-drawer.tsx'), 'EditMembershipDrawer'),
});
const importAccounts = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/import',
  component: lazyRouteComponent(() => import('./pages/import/import-page.tsx'), 'ImportPage'),
});
const reviews = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/review',
  validateSearch: (search) => textSearch(search, ['list', 'after']),
  component: lazyRouteComponent(() => import('./pages/membership/review-page.tsx'), 'ReviewPage'),
});
const groups = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/groups',
  validateSearch: (search) => textSearch(search, ['search', 'sort', 'after']),
  component: lazyRouteComponent(() => import('./pages/groups/groups-page.tsx'), 'GroupsPage'),
});
const group = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/groups/$group',
  component: lazyRouteComponent(() => import('./pages/groups/group-page.tsx'), 'GroupPage'),
});
const AUDIT_SEARCH = [
  'action',
  'outcome',
  'targetKind',
  'targetId',
  'actor',
  'since',
  'until',
  'about',
  'after',
] as const;
const organizationAudit = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/audit',
  validateSearch: (search) => textSearch(search, AUDIT_SEARCH),
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'OrganizationAuditPage'),
});
const activity = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/activity',
  validateSearch: (search) => textSearch(search, ['after']),
  component: lazyRouteComponent(() => import('./pages/audit/activity-page.tsx'), 'ActivityPage'),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: 'accounts/$account',
  validateSearch: (search) => textSearch(search, ['tab', 'permission', 'after']),
  component: lazyRouteComponent(() => import('./pages/accounts/account-page.tsx'), 'AccountPage'),
});
const editOneAccount = createRoute({
  getParentRoute: () => account,
  path: 'edit',
  component: lazyRouteComponent(() => import('./pages/membership/edit-drawer.tsx'), 'EditAccountDrawer'),
});
const deleteAccount = createRoute({
  getParentRoute: () => inside,
  path: 'accounts/$account/delete',
  component: lazyRouteComponent(() => import('./pages/accounts/delete-page.tsx'), 'DeletePage'),
});

const organizations = createRoute({
  getParentRoute: () => inside,
  path: 'organizations',
  validateSearch: (search) => textSearch(search, ['search', 'sort', 'after']),
  component: lazyRouteComponent(
    () => import('./pages/organizations/organizations-page.tsx'),
    'OrganizationsPage',
  ),
});
const createOrganization = createRoute({
  getParentRoute: () => organizations,
  path: 'new',
  component: lazyRouteComponent(
    () => import('./pages/organizations/create-drawer.tsx'),
    'CreateOrganizationDrawer',
  ),
});
const organization = createRoute({
  getParentRoute: () => inside,
  path: 'organizations/$organization/settings',
  component: lazyRouteComponent(
    () => import('./pages/organizations/organization-page.tsx'),
    'OrganizationPage',
  ),
});
const OWNERS_SEARCH = ['search', 'sort', 'after'] as const;
const OWNER_SEARCH = ['tab', 'search', 'organization', 'after'] as const;
const communities = createRoute({
  getParentRoute: () => inside,
  path: 'communities',
  validateSearch: (search) => textSearch(search, OWNERS_SEARCH),
  component: lazyRouteComponent(() => import('./pages/owners/owners-page.tsx'), 'CommunitiesPage'),
});
const createCommunity = createRoute({
  getParentRoute: () => communities,
  path: 'new',
  component: lazyRouteComponent(() => import('./pages/owners/create-drawer.tsx'), 'CreateCommunityDrawer'),
});
const community = createRoute({
  getParentRoute: () => inside,
  path: 'communities/$owner',
  validateSearch: (search) => textSearch(search, OWNER_SEARCH),
  component: lazyRouteComponent(() => import('./pages/owners/owner-page.tsx'), 'CommunityPage'),
});
const sources = createRoute({
  getParentRoute: () => inside,
  path: 'sources',
  validateSearch: (search) => textSearch(search, OWNERS_SEARCH),
  component: lazyRouteComponent(() => import('./pages/owners/owners-page.tsx'), 'SourcesPage'),
});
const createSource = createRoute({
  getParentRoute: () => sources,
  path: 'new',
  component: lazyRouteComponent(() => import('./pages/owners/create-drawer.tsx'), 'CreateSourceDrawer'),
});
const source = createRoute({
  getParentRoute: () => inside,
  path: 'sources/$owner',
  validateSearch: (search) => textSearch(search, OWNER_SEARCH),
  component: lazyRouteComponent(() => import('./pages/owners/owner-page.tsx'), 'SourcePage'),
});
const licence = createRoute({
  getParentRoute: () => inside,
  path: 'licence',
  component: lazyRouteComponent(() => import('./pages/organizations/licence-page.tsx'), 'LicencePage'),
});
const allAccounts = createRoute({
  getParentRoute: () => inside,
  path: 'accounts',
  validateSearch: (search) => textSearch(search, TABLE_SEARCH),
  component: lazyRouteComponent(() => import('./pages/membership/all-accounts-page.tsx'), 'AllAccountsPage'),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: 'settings',
  validateSearch: (search) => textSearch(search, ['search']),
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
});
const mail = createRoute({
  getParentRoute: () => inside,
  path: 'mail',
  validateSearch: (search) => textSearch(search, ['state', 'after']),
  component: lazyRouteComponent(() => import('./pages/settings/mail-page.tsx'), 'MailPage'),
});
const terms = createRoute({
  getParentRoute: () => inside,
  path: 'terms',
  validateSearch: (search) => textSearch(search, ['tab', 'after']),
  component: lazyRouteComponent(() => import('./pages/settings/terms-page.tsx'), 'TermsPage'),
});
const publishTerms = createRoute({
  getParentRoute: () => terms,
  path: 'new',
  component: lazyRouteComponent(() => import('./pages/settings/publish-drawer.tsx'), 'PublishTermsDrawer'),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: 'audit',
  validateSearch: (search) => textSearch(search, [...AUDIT_SEARCH, 'organization']),
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'InstanceAuditPage'),
});

const services = createRoute({
  getParentRoute: () => inside,
  path: 'taxii-services',
  validateSearch: (search) => textSearch(search, ['sort', 'after']),
  component: lazyRouteComponent(() => import('./pages/taxii/services-page.tsx'), 'ServicesPage'),
});
const createService = createRoute({
  getParentRoute: () => services,
  path: 'new',
  component: lazyRouteComponent(() => import('./pages/taxii/service-drawer.tsx'), 'CreateServiceDrawer'),
});
const editService = createRoute({
  getParentRoute: () => services,
  path: '$service',
  component: lazyRouteComponent(() => import('./pages/taxii/service-drawer.tsx'), 'EditServiceDrawer'),
});
const collections = createRoute({
  getParentRoute: () => inside,
  path: 'collections',
  validateSearch: (search) => textSearch(search, ['search', 'sort', 'after', 'owner']),
  component: lazyRouteComponent(() => import('./pages/collections/collections-page.tsx'), 'CollectionsPage'),
});
const collection = createRoute({
  getParentRoute: () => inside,
  path: 'collections/$collection',
  validateSearch: (search) =>
    textSearch(search, ['tab', 'search', 'type', 'addedAfter', 'addedBefore', 'sort', 'after', 'days']),
  component: lazyRouteComponent(() => import('./pages/collections/collection-page.tsx'), 'CollectionPage'),
});
const object = createRoute({
  getParentRoute: () => inside,
  path: 'collections/$collection/objects/$object',
  validateSearch: (search) => textSearch(search, ['version', 'specVersion', 'tab']),
  component: lazyRouteComponent(() => import('./pages/collections/object-page.tsx'), 'ObjectPage'),
});

/** Within the frame, so that one can go on from there. */
const nothing = createRoute({ getParentRoute: () => inside, path: '$', component: NothingPage });

export const routeTree = root.addChildren([
  signIn,
  link,
  setup,
  inside.addChildren([
    home,
    profile,
    membership.addChildren([createAccount, editAccount]),
    importAccounts,
    reviews,
    groups,
    group,
    organizationAudit,
    activity,
    allAccounts,
    account.addChildren([editOneAccount]),
    deleteAccount,
    organizations.addChildren([createOrganization]),
    organization,
    communities.addChildren([createCommunity]),
    community,
    sources.addChildren([createSource]),
    source,
    licence,
    settings,
    mail,
    terms.addChildren([publishTerms]),
    audit,
    services.addChildren([createService, editService]),
    collections,
    collection,
    object,
    nothing,
  ]),
]);
