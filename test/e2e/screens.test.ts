import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountKind } from '../../contract/roles.ts';
import { type OpenedApp, openApp } from '../../server/app.ts';
import { createDemoClock } from '../../server/cli/demo/clock.ts';
import { FIRST_DAY, type Populated, populate } from '../../server/cli/demo/populate.ts';
import { operator, testConfig } from '../../server/testing/test-app.ts';
import { type ConsoleUser, inBothSchemes, picture, serveTestConsole, type TestConsole } from './console.ts';

/** What the addresses of the populated instance are made of. */
type Ids = {
  /** The organization with most in it. */
  home: number;
  user: number;
  reader: number;
  api: number;
  taxii: number;
  group: number;
  community: number;
  source: number;
  service: number;
  collection: string;
  object: string;
};

type Screen = {
  /** Of the pictures. */
  name: string;
  address: (ids: Ids) => string;
  /** Who looks, where it is not an Administrator: nobody who is signed in, or somebody who reads the intelligence. */
  as?: 'nobody' | 'reader';
  /** One of the main ones: a picture on a phone as well. */
  isMain?: true;
};

const membership = (rest: string) => (ids: Ids) => `/organizations/${ids.home}/membership${rest}`;
/** A drawer over a short list: the long one is looked at by itself. */
const drawer = (rest: string) => membership(`${rest}?search=rafael`);
const account = (kind: 'user' | 'reader' | 'api' | 'taxii', rest: string) => (ids: Ids) =>
  `/accounts/${ids[kind]}${rest}`;
const collection = (rest: string) => (ids: Ids) => `/collections/${ids.collection}${rest}`;
const object = (rest: string) => (ids: Ids) => `/collections/${ids.collection}/objects/${ids.object}${rest}`;
const at = (address: string) => () => address;

/** Every route of the console, and the screens that are seen there. */
const SCREENS: Readonly<Record<string, readonly Screen[]>> = {
  '/sign-in': [{ name: 'sign-in', address: at('/sign-in'), as: 'nobody', isMain: true }],
  '/link': [{ name: 'link', address: at('/link'), as: 'nobody' }],
  '/setup': [{ name: 'setup', address: at('/setup'), as: 'nobody' }],
  '/': [{ name: 'home', address: at('/'), isMain: true }],
  '/profile': [
    { name: 'profile', address: at('/profile'), isMain: true },
    { name: 'profile-password', address: at('/profile?tab=password') },
    { name: 'profile-second-factors', address: at('/profile?tab=second-factors') },
    { name: 'profile-sessions', address: at('/profile?tab=sessions') },
  ],
  '/organizations/$organization/membership': [{ name: 'membership', address: membership(''), isMain: true }],
  '/organizations/$organization/membership/new/$kind': [
    { name: 'create-user', address: drawer('/new/user'), isMain: true },
    { name: 'create-read-only-user', address: drawer('/new/read-only-user') },
    { name: 'create-api-user', address: drawer('/new/api-user') },
    { name: 'create-taxii-user', address: drawer('/new/taxii-user') },
  ],
  '/organizations/$organization/membership/edit/$account': [
    { name: 'edit-user', address: (ids) => drawer(`/edit/${ids.user}`)(ids), isMain: true },
    { name: 'edit-read-only-user', address: (ids) => drawer(`/edit/${ids.reader}`)(ids) },
    { name: 'edit-api-user', address: (ids) => drawer(`/edit/${ids.api}`)(ids) },
    { name: 'edit-taxii-user', address: (ids) => drawer(`/edit/${ids.taxii}`)(ids) },
  ],
  '/organizations/$organization/import': [
    { name: 'import', address: ({ home }) => `/organizations/${home}/import` },
  ],
  '/organizations/$organization/review': [
    { name: 'review', address: ({ home }) => `/organizations/${home}/review` },
    { name: 'review-keys', address: ({ home }) => `/organizations/${home}/review?list=keys` },
  ],
  '/organizations/$organization/groups': [
    { name: 'groups', address: ({ home }) => `/organizations/${home}/groups` },
  ],
  '/organizations/$organization/groups/$group': [
    { name: 'group', address: ({ home, group }) => `/organizations/${home}/groups/${group}` },
  ],
  '/organizations/$organization/audit': [
    { name: 'audit', address: ({ home }) => `/organizations/${home}/audit`, isMain: true },
  ],
  '/organizations/$organization/activity': [
    { name: 'activity', address: ({ home }) => `/organizations/${home}/activity` },
  ],
  '/accounts': [{ name: 'all-accounts', address: at('/accounts'), isMain: true }],
  '/accounts/$account': [
    { name: 'account-user', address: account('user', ''), isMain: true },
    { name: 'account-rights', address: account('user', '?tab=rights') },
    { name: 'account-sessions', address: account('user', '?tab=sessions') },
    { name: 'account-authenticator', address: account('user', '?tab=authenticator') },
    { name: 'account-groups', address: account('user', '?tab=groups') },
    { name: 'account-community-roles', address: account('user', '?tab=community-roles') },
    { name: 'account-audit', address: account('user', '?tab=audit') },
    { name: 'account-read-only-user', address: account('reader', '') },
    { name: 'account-api-user', address: account('api', '') },
    { name: 'account-taxii-user', address: account('taxii', '') },
    { name: 'account-keys', address: account('taxii', '?tab=keys') },
    { name: 'account-taxii', address: account('taxii', '?tab=taxii'), isMain: true },
    { name: 'account-usage', address: account('taxii', '?tab=usage') },
  ],
  '/accounts/$account/edit': [{ name: 'account-edit', address: account('user', '/edit') }],
  '/accounts/$account/delete': [
    { name: 'account-delete', address: account('user', '/delete'), isMain: true },
  ],
  '/organizations': [{ name: 'organizations', address: at('/organizations'), isMain: true }],
  '/organizations/new': [{ name: 'create-organization', address: at('/organizations/new') }],
  '/organizations/$organization/settings': [
    { name: 'organization', address: ({ home }) => `/organizations/${home}/settings`, isMain: true },
  ],
  '/communities': [{ name: 'communities', address: at('/communities') }],
  '/communities/new': [{ name: 'create-community', address: at('/communities/new') }],
  '/communities/$owner': [
    { name: 'community', address: ({ community }) => `/communities/${community}` },
    { name: 'community-roles', address: ({ community }) => `/communities/${community}?tab=roles` },
    { name: 'community-about', address: ({ community }) => `/communities/${community}?tab=about` },
  ],
  '/sources': [{ name: 'sources', address: at('/sources') }],
  '/sources/new': [{ name: 'create-source', address: at('/sources/new') }],
  '/sources/$owner': [{ name: 'source', address: ({ source }) => `/sources/${source}` }],
  '/licence': [{ name: 'licence', address: at('/licence') }],
  '/settings': [{ name: 'settings', address: at('/settings'), isMain: true }],
  '/mail': [{ name: 'mail', address: at('/mail') }],
  '/terms': [
    { name: 'terms', address: at('/terms') },
    { name: 'terms-acceptances', address: at('/terms?tab=acceptances') },
  ],
  '/terms/new': [{ name: 'publish-terms', address: at('/terms/new') }],
  '/audit': [{ name: 'audit-instance', address: at('/audit') }],
  '/taxii-services': [{ name: 'services', address: at('/taxii-services') }],
  '/taxii-services/new': [{ name: 'create-service', address: at('/taxii-services/new') }],
  '/taxii-services/$service': [
    { name: 'edit-service', address: ({ service }) => `/taxii-services/${service}` },
  ],
  '/collections': [{ name: 'collections', address: at('/collections'), isMain: true }],
  '/collections/$collection': [
    { name: 'collection', address: collection(''), as: 'reader', isMain: true },
    { name: 'collection-objects', address: collection('?tab=objects'), as: 'reader', isMain: true },
    { name: 'collection-statistics', address: collection('?tab=statistics'), as: 'reader' },
    { name: 'collection-readers', address: collection('?tab=readers'), as: 'reader' },
    { name: 'collection-settings', address: collection('?tab=settings'), as: 'reader' },
    { name: 'collection-connect', address: collection('?tab=connect'), as: 'reader' },
  ],
  '/collections/$collection/objects/$object': [
    { name: 'object', address: object(''), as: 'reader', isMain: true },
    { name: 'object-relationships', address: object('?tab=relationships'), as: 'reader' },
    { name: 'object-json', address: object('?tab=json'), as: 'reader' },
  ],
  '/$': [{ name: 'nothing', address: at('/nothing/at/all') }],
};

const ALL = Object.entries(SCREENS).flatMap(([route, screens]) =>
  screens.map((screen) => ({ ...screen, route })),
);
const WIDTHS = [1280, 1920, 768, 360] as const;

/** The addresses of the routes, as the console defines them. */
function routesOf(source: string): string[] {
  const defined = new Map(
    [
      ...source.matchAll(
        /const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*(?:path|id): '([^']*)'/g,
      ),
    ].map(([, name = '', parent = '', path = '']) => [name, { parent, path }]),
  );
  expect(defined.size).toBe(source.match(/= createRoute\(/g)?.length);
  const parents = new Set([...defined.values()].map(({ parent }) => parent));
  const addressOf = (name: string): string => {
    const route = defined.get(name);
    if (route === undefined) return '';
    // The frame of those who are signed in has no address of its own.
    const own = name === 'inside' ? '' : route.path.replace(/^\/?/, '/');
    return `${addressOf(route.parent)}${own}`;
  };
  return [...defined.keys()]
    .filter((name) => name !== 'inside' || !parents.has(name))
    .map(addressOf)
    .sort();
}

/** What stands out of the window, or of what stands over it. */
const OUTSIDE = `[document.documentElement, ...document.querySelectorAll('[role="dialog"]')]
  .filter((each) => each.scrollWidth > (each === document.documentElement ? innerWidth : each.clientWidth))
  .flatMap((each) => {
    const right = each === document.documentElement ? innerWidth : each.getBoundingClientRect().right;
    const found = [...each.querySelectorAll('*')]
      .filter((one) => one.getBoundingClientRect().right > right + 1)
      .map((one) => one.outerHTML.slice(0, 160));
    return found.length === 0 ? [each.outerHTML.slice(0, 160)] : found.slice(0, 8);
  })`;

it('every route of the console is looked at here', () => {
  const source = readFileSync(new URL('../../console/src/routes.tsx', import.meta.url), 'utf8');
  expect(routesOf(source)).toEqual(Object.keys(SCREENS).sort());
});

describe('every screen of the console, over a populated instance', () => {
  let app: OpenedApp;
  let removeData: () => Promise<void>;
  let console: TestConsole<OpenedApp>;
  let ids: Ids;
  let administrator: ConsoleUser;
  let reader: ConsoleUser;
  let nobody: ConsoleUser;

  beforeAll(async () => {
    const { config, remove } = await testConfig('sqlite');
    removeData = remove;
    const clock = createDemoClock();
    clock.goTo(FIRST_DAY);
    app = await openApp({ ...config, logLevel: 'warn' }, { replace: { clock } });
    const demo = await populate(app, clock, operator(), { samples: true, isStopped: () => false });
    console = await serveTestConsole(app);
    ids = await idsOf(app, demo);
    const signedIn = async (asked: string) => {
      const { email = '', password = '' } = demo.signIns.find(({ role }) => role === asked) ?? {};
      const user = await console.newUser();
      await user.signIn({ userName: email, password });
      return user;
    };
    administrator = await signedIn('Administrator');
    // No System role opens intelligence.
    reader = await signedIn('Organization Administrator');
    nobody = await console.newUser();
  }, 120_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
    await removeData();
  });

  it.each(ALL.map((screen, index) => ({ ...screen, number: String(index + 1).padStart(2, '0') })))(
    '$number $name',
    async ({ name, address, as, isMain, number, route }) => {
      const user = as === undefined ? administrator : { nobody, reader }[as];
      await look(user, { address: address(ids), picture: `${number}-${name}`, isMain: isMain === true });
      const shown = new URL(user.page.url()).pathname.replace(/^\/console/, '');
      expect(shown).toMatch(new RegExp(`^${route.replace(/\$\w+/g, '[^/]+').replace('/$', '/.+')}$`));
    },
    60_000,
  );
});

async function look(
  { page, open }: ConsoleUser,
  { address, picture: name, isMain }: { address: string; picture: string; isMain: boolean },
): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await open(address);
  await page.getByRole('heading', { level: 1, includeHidden: true }).first().waitFor({ state: 'attached' });
  await atRest(page);
  expect(await page.getByRole('heading', { level: 1, includeHidden: true }).allInnerTexts()).toHaveLength(1);
  expect(await inBothSchemes(page, name)).toEqual([]);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 800 });
    await expect
      .poll(() => page.evaluate<string[]>(OUTSIDE), { message: `wider than ${width}`, timeout: 8000 })
      .toEqual([]);
  }
  if (isMain) await picture(page, `${name}-phone`);
}

/** Until every part of the page has what it waited for. */
async function atRest(page: Page): Promise<void> {
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
}

async function idsOf({ db }: OpenedApp, { owners, partner }: Populated): Promise<Ids> {
  const [organization] = owners;
  const owner = async (name: string) =>
    (await db.read.selectFrom('owners').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
  const home = await owner(organization?.owner ?? '');
  const accountOf = async (kind: AccountKind, name = '') =>
    (
      await db.read
        .selectFrom('accounts')
        .select('id')
        .where('organization_id', '=', home)
        .where('kind', '=', kind)
        .where('deleted_at', 'is', null)
        .where('user_name', 'like', `${name}%`)
        .executeTakeFirstOrThrow()
    ).id;
  const first = async (table: 'taxii_services' | 'user_groups') =>
    (await db.read.selectFrom(table).select('id').orderBy('id').executeTakeFirstOrThrow()).id;
  const { stix_id } = await db.read
    .selectFrom('objects')
    .select('stix_id')
    .where('owner_id', '=', home)
    .where('type', '=', 'malware')
    .executeTakeFirstOrThrow();
  return {
    home,
    user: await accountOf('user', 'rafael'),
    reader: await accountOf('read_only'),
    api: await accountOf('api'),
    taxii: await accountOf('taxii', partner.userName),
    group: await first('user_groups'),
    community: await owner(owners.find(({ kind }) => kind === 'community')?.owner ?? ''),
    source: await owner(owners.find(({ kind }) => kind === 'source')?.owner ?? ''),
    service: await first('taxii_services'),
    collection: organization?.collectionId ?? '',
    object: stix_id,
  };
}
