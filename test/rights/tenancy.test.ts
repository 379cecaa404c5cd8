import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { addMember, createOrganization, createOwner } from '../../server/features/owners/owners.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { giveCommunityRole } from '../../server/testing/builders.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { keyOf, pathOf } from './matrix.ts';
import { ROUTE_RIGHTS, type Sent } from './route-rights.ts';
import { differences, everyRow } from './stored.ts';
import { type Answer, openWorld, send, type World } from './world.ts';

const GHOST = 999_999_999;
const MARK = /zebra/i;

/** All that there is of one organization. */
type Tenant = {
  organization: { id: number; name: string };
  administrator: { id: number; cookie: string };
  director: { id: number; cookie: string };
  user: { id: number; userName: string; pseudonym: string };
  taxiiUser: { id: number; userName: string };
  group: { id: number; name: string };
  service: { id: number; name: string };
  community: { id: number; name: string };
  collection: string;
};

async function openTenant(world: World, word: string): Promise<Tenant> {
  const { app } = world;
  const { operator } = app;
  const limits = { users: 1000, apiUsers: 1000, taxiiUsers: 1000 };
  const organization = await createOrganization(app, operator, {
    name: `${word} Limited`,
    description: `${word} describes itself`,
    limits,
  });
  const newUser = async (name: string, organizationRole: 'Standard User' | 'Organization Administrator') => {
    const { id, userName, pseudonym } = await createUser(app, operator, {
      organization: organization.id,
      email: `${word}.${name}@example.com`.toLowerCase(),
      firstName: word,
      lastName: name,
      pseudonym: `${word}-${name}`.toLowerCase(),
      organizationRole,
    });
    return { id, userName, pseudonym };
  };
  const administrator = await newUser('boss', 'Organization Administrator');
  const director = await newUser('director', 'Standard User');
  const user = await newUser('user', 'Standard User');
  const community = await createOwner(app, operator, { kind: 'community', name: `${word} Commons` });
  await addMember(app, operator, { owner: community.id, organization: organization.id, defaultRole: 'User' });
  await giveCommunityRole(app, { accountId: director.id }, community, 'Director');
  const service = await createTaxiiService(app, operator, {
    name: `${word} service`,
    path: `${word}-path`.toLowerCase(),
    organizations: [organization.id],
  });
  const { id, userName } = await createTaxiiUser(app, operator, {
    userName: `${word}-siem`,
    organization: organization.id,
    service: service.id,
    contactEmail: `${word}@example.net`,
  });
  const group = await createUserGroup(app, operator, {
    organization: organization.id,
    name: `${word} group`,
    members: [user.id],
  });
  return {
    organization,
    administrator: { ...administrator, cookie: (await world.session(administrator.id)).cookie },
    director: { ...director, cookie: (await world.session(director.id)).cookie },
    user,
    taxiiUser: { id, userName },
    group,
    service,
    community,
    collection: organization.collectionId,
  };
}

/** The ids and names of a tenant that stand in requests; those of a ghost exist nowhere. */
type Names = {
  organization: number;
  user: number;
  userName: string;
  pseudonym: string;
  group: number;
  groupName: string;
  service: number;
  serviceName: string;
  community: number;
  communityName: string;
  administrator: number;
};
const namesOf = (of: Tenant): Names => ({
  organization: of.organization.id,
  user: of.user.id,
  userName: of.user.userName,
  pseudonym: of.user.pseudonym,
  group: of.group.id,
  groupName: of.group.name,
  service: of.service.id,
  serviceName: of.service.name,
  community: of.community.id,
  communityName: of.community.name,
  administrator: of.administrator.id,
});
const ghost: Names = {
  organization: GHOST,
  user: GHOST,
  userName: 'ghost@example.com',
  pseudonym: 'ghost-user',
  group: GHOST,
  groupName: 'ghost group',
  service: GHOST,
  serviceName: 'ghost service',
  community: GHOST,
  communityName: 'ghost community',
  administrator: GHOST,
};

let number = 0;
const form = () => ({
  email: `new-${++number}@example.org`,
  firstName: 'New',
  lastName: 'Comer',
  organizationRole: 'Standard User',
});
const version = async (world: World, table: 'accounts' | 'user_groups', id: number) =>
  (await world.app.db.read.selectFrom(table).select('version').where('id', '=', id).executeTakeFirstOrThrow())
    .version;

type Case = {
  title: string;
  by?: 'director';
  /** The request of somebody of `own`, which names `named`; everything else in it is the own organization's. */
  request(
    world: World,
    own: Tenant,
    named: Names,
  ): Promise<[string, string, unknown?]> | [string, string, unknown?];
  /** For one's own names it is refused as well: whoever asks holds no such right. */
  never?: true;
};

const members = (title: string, member: (named: Names) => unknown): Case => ({
  title,
  request: async (world, own, named) => [
    'PUT',
    `/groups/${own.group.id}/members`,
    { version: await version(world, 'user_groups', own.group.id), members: [member(named)] },
  ],
});
const ofTaxiiUser = (title: string, change: (named: Names) => unknown): Case => ({
  title,
  request: async (world, own, named) => [
    'PATCH',
    `/accounts/${own.taxiiUser.id}`,
    { version: await version(world, 'accounts', own.taxiiUser.id), ...Object(change(named)) },
  ],
});
const newTaxiiUser = (title: string, fields: (named: Names) => object): Case => ({
  title,
  request: (_world, own, named) => [
    'POST',
    `/organizations/${own.organization.id}/taxii-users`,
    { userName: `siem-${++number}`, service: own.service.id, ...fields(named) },
  ],
});

/** Ids and names of others, everywhere where a request may have them beside the path. */
const CASES: readonly Case[] = [
  members('members of a group by id', ({ user }) => user),
  members('members of a group by user name', ({ userName }) => userName),
  {
    title: 'members of a new group',
    request: (_world, own, { user }) => [
      'POST',
      `/organizations/${own.organization.id}/groups`,
      { name: `New ${++number}`, members: [user] },
    ],
  },
  {
    title: 'groups of a new user by id',
    request: (_world, own, { group }) => [
      'POST',
      `/organizations/${own.organization.id}/users`,
      { ...form(), groups: [group] },
    ],
  },
  {
    title: 'groups of a new user by name',
    request: (_world, own, { groupName }) => [
      'POST',
      `/organizations/${own.organization.id}/users`,
      { ...form(), groups: [groupName] },
    ],
  },
  {
    title: 'groups of an account',
    request: async (world, own, { group }) => [
      'PATCH',
      `/accounts/${own.user.id}`,
      { version: await version(world, 'accounts', own.user.id), groups: [group] },
    ],
  },
  ofTaxiiUser('the service of a TAXII user by id', ({ service }) => ({ service })),
  ofTaxiiUser('the service of a TAXII user by name', ({ serviceName }) => ({ service: serviceName })),
  ofTaxiiUser('the allow-list of a TAXII user: an organization', ({ organization }) => ({
    onlyOwners: [organization],
  })),
  ofTaxiiUser('the allow-list of a TAXII user: a community', ({ community }) => ({
    onlyOwners: [community],
  })),
  ofTaxiiUser('the allow-list of a TAXII user: a community by name', ({ communityName }) => ({
    onlyOwners: [communityName],
  })),
  newTaxiiUser('the service of a new TAXII user', ({ service }) => ({ service })),
  newTaxiiUser('the allow-list of a new TAXII user', ({ community }) => ({ onlyOwners: [community] })),
  {
    title: 'an heir by id',
    request: (_world, own, { user }) => [
      'POST',
      `/accounts/${own.administrator.id}/responsibilities`,
      { heirs: { collections: user } },
    ],
  },
  {
    title: 'an heir by user name',
    request: (_world, own, { userName }) => [
      'POST',
      `/accounts/${own.administrator.id}/responsibilities`,
      { heirs: { collections: userName } },
    ],
  },
  {
    title: 'the responsible account of a collection by id',
    request: async ({ app }, own, { user }) => {
      const row = await app.db.read
        .selectFrom('collections')
        .select('version')
        .where('id', '=', own.collection)
        .executeTakeFirstOrThrow();
      return [
        'PATCH',
        `/collections/${own.collection}`,
        { version: row.version, changes: { responsible: user } },
      ];
    },
  },
  {
    title: 'the responsible account of a collection by user name',
    request: async ({ app }, own, { userName }) => {
      const row = await app.db.read
        .selectFrom('collections')
        .select('version')
        .where('id', '=', own.collection)
        .executeTakeFirstOrThrow();
      return [
        'PATCH',
        `/collections/${own.collection}`,
        { version: row.version, changes: { responsible: userName } },
      ];
    },
  },
  {
    title: 'the organization to which an account moves',
    never: true,
    request: async (world, own, { organization }) => [
      'POST',
      `/accounts/${own.user.id}/organization`,
      { organization, version: await version(world, 'accounts', own.user.id) },
    ],
  },
  {
    title: 'the organization whose audit trail is verified',
    request: (_world, _own, { organization }) => ['POST', '/audit/verification', { organization }],
  },
  {
    title: 'an account in one’s own community',
    by: 'director',
    request: (_world, own, { pseudonym }) => [
      'PUT',
      `/communities/${own.community.id}/accounts/${pseudonym}`,
      { role: 'Commenter' },
    ],
  },
  {
    title: 'the individual role of an account in one’s own community',
    by: 'director',
    request: (_world, own, { pseudonym }) => [
      'DELETE',
      `/communities/${own.community.id}/accounts/${pseudonym}`,
    ],
  },
  {
    title: 'an account in one’s own anonymous community, by its id',
    by: 'director',
    never: true,
    request: (_world, own, { user }) => [
      'PUT',
      `/communities/${own.community.id}/accounts/${user}`,
      { role: 'Commenter' },
    ],
  },
  {
    title: 'a filter of the collections by owner',
    request: (_world, _own, { organization }) => ['GET', `/collections?owner=${organization}`],
  },
  {
    title: 'a filter of the TAXII services by organization',
    request: (_world, _own, { organization }) => ['GET', `/taxii-services?organization=${organization}`],
  },
  {
    title: 'a filter of the accounts of a community by organization',
    by: 'director',
    request: (_world, own, { organization }) => [
      'GET',
      `/communities/${own.community.id}/accounts?organization=${organization}`,
    ],
  },
  {
    title: 'a filter of the accounts by group',
    request: (_world, own, { group }) => [
      'GET',
      `/organizations/${own.organization.id}/accounts?group=${group}`,
    ],
  },
  {
    title: 'a filter of the accounts by service',
    request: (_world, own, { service }) => [
      'GET',
      `/organizations/${own.organization.id}/accounts?service=${service}`,
    ],
  },
  {
    title: 'a filter of the audit trail by actor',
    request: (_world, own, { administrator }) => [
      'GET',
      `/organizations/${own.organization.id}/audit?actorId=${administrator}`,
    ],
  },
  {
    title: 'a filter of the audit trail by target',
    request: (_world, own, { user }) => [
      'GET',
      `/organizations/${own.organization.id}/audit?targetKind=user&targetId=${user}`,
    ],
  },
  {
    title: 'an organization to make a member of one’s own community, by its id',
    by: 'director',
    request: (_world, own, { organization }) => [
      'PUT',
      `/communities/${own.community.id}/members/${organization}`,
      { defaultRole: 'User' },
    ],
  },
  {
    title: 'the membership of an organization in one’s own community',
    by: 'director',
    request: (_world, own, { organization }) => [
      'DELETE',
      `/communities/${own.community.id}/members/${organization}`,
    ],
  },
];

/** The answer without what differs from request to request, and without the names that the request itself brought. */
function plain(answer: Answer, named: Names): string {
  let text = answer.text.replace(/"requestId":"[^"]*"/, '');
  for (const name of Object.values(named))
    text = text.replaceAll(
      new RegExp(`(?<![\\w.])${String(name).replaceAll('.', '\\.')}(?![\\w])`, 'g'),
      '#',
    );
  return `${answer.status} ${text}`;
}

describe.each(ENGINES)('the organizations of an instance on %s', (engine) => {
  let world: World;
  let victim: Tenant;
  let attacker: Tenant;
  beforeAll(async () => {
    world = await openWorld(engine);
    victim = await openTenant(world, 'Zebra');
    attacker = await openTenant(world, 'Otter');
  });
  afterAll(async () => {
    await world?.close();
  });

  /** All that is not the attacker's own: what is told of its attempts stands in its own audit trail. */
  const others = () =>
    everyRow(world.app, (table, row) => {
      if (table === 'audit_events' || table === 'audit_heads') return row.chain !== attacker.organization.id;
      return table !== 'audit_repeats' && table !== 'sessions';
    });

  it('item 76: every request with ids of another organization is answered like one with ids that exist nowhere, and leaves nothing there', {
    timeout: 120_000,
  }, async () => {
    const actor = world.actor('Organization Administrator from elsewhere');
    const passes = (table: string, row: Record<string, unknown>) =>
      table === 'audit_events' || table === 'audit_heads'
        ? row.chain !== actor.asker.organizationId
        : table !== 'audit_repeats' && table !== 'sessions' && table !== 'credentials';
    const wrong: string[] = [];
    let count = 0;
    for (const endpoint of ALL_ENDPOINTS) {
      for (const operation of ROUTE_RIGHTS[keyOf(endpoint)] ?? []) {
        for (const on of operation.on) {
          if (on === 'own account' || on === 'instance' || on.toLowerCase().includes('service')) continue;
          const thing = await world.thing(on);
          const sent: Sent = (await operation.send?.({ world, thing, asker: actor.asker })) ?? {};
          const isText = typeof thing.id === 'string';
          const absent: Sent = {
            ...sent,
            params: Object.fromEntries(
              [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [
                name,
                name === 'session' || (name === 'collection' && isText)
                  ? randomUUID()
                  : name === 'object'
                    ? `indicator--${randomUUID()}`
                    : // Which form is asked for is no id of anything.
                      ((name === 'kind' ? sent.params?.kind : undefined) ?? GHOST),
              ]),
            ),
            ...(keyOf(endpoint) === 'POST /audit/verification' ? { body: { organization: GHOST } } : {}),
          };
          const before = await everyRow(world.app, passes);
          const ask = (what: Sent) =>
            send(world, actor.cookie, endpoint.method, pathOf(endpoint, what, thing), what.body);
          const [theirs, nobodys] = [await ask(sent), await ask(absent)];
          const blind = ({ status, text }: Answer, { params = {} }: Sent) => {
            const ids = [thing.id, GHOST, ...Object.values(params)].map(String);
            return `${status} ${ids.reduce(
              (shown, id) => shown.replaceAll(id, '#'),
              text.replace(/"requestId":"[^"]*"/, ''),
            )}`;
          };
          const left = differences(before, await everyRow(world.app, passes));
          count++;
          if (theirs.status !== 404 || blind(theirs, sent) !== blind(nobodys, absent) || left.length > 0)
            wrong.push(
              `${keyOf(endpoint)} · ${thing.name}: ${blind(theirs, sent)} but ${blind(nobodys, absent)} ${left.join(' ')}`,
            );
        }
      }
    }
    expect(count).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it('item 77: an organization named in the query or in the body of a request that has no place for it is refused, and in a header ignored', async () => {
    const administrator = world.actor('Administrator of the staff');
    const wrong: string[] = [];
    for (const endpoint of ALL_ENDPOINTS) {
      const [operation] = ROUTE_RIGHTS[keyOf(endpoint)] ?? [];
      const on = operation?.on[0];
      if (operation === undefined || operation.isPublic || on === undefined || on === 'own account') continue;
      const thing = await world.thing(on);
      const sent = (await operation.send?.({ world, thing, asker: administrator.asker })) ?? {};
      for (const field of ['organizationId', 'organization_id', 'owner_id']) {
        const query = await send(
          world,
          administrator.cookie,
          endpoint.method,
          pathOf(endpoint, { ...sent, query: { ...sent.query, [field]: victim.organization.id } }, thing),
          sent.body,
        );
        if (query.status !== 400) wrong.push(`${keyOf(endpoint)}?${field}: ${query.status}`);
        if (!['POST', 'PUT', 'PATCH'].includes(endpoint.method)) continue;
        const body = await send(world, administrator.cookie, endpoint.method, pathOf(endpoint, sent, thing), {
          ...Object(sent.body ?? {}),
          [field]: victim.organization.id,
        });
        if (body.status !== 400) wrong.push(`${keyOf(endpoint)} {${field}}: ${body.status}`);
      }
    }
    expect(wrong).toEqual([]);

    const made = await send(
      world,
      attacker.administrator.cookie,
      'POST',
      `/organizations/${attacker.organization.id}/users`,
      form(),
      {
        'X-Organization': String(victim.organization.id),
        'X-Organization-Id': String(victim.organization.id),
      },
    );
    expect(JSON.parse(made.text)).toMatchObject({ organization: attacker.organization.name });
    const both = await send(
      world,
      attacker.administrator.cookie,
      'POST',
      `/organizations/${attacker.organization.id}/users`,
      { ...form(), organization: victim.organization.id },
    );
    expect([both.status, both.code]).toEqual([400, 'invalid_input']);
  });

  it('item 88: no list, search, count, export or error text tells anything of another organization', {
    timeout: 60_000,
  }, async () => {
    const { id } = attacker.organization;
    const lists = [
      '/organizations',
      `/organizations/${id}/accounts`,
      `/organizations/${id}/groups`,
      `/organizations/${id}/audit`,
      `/organizations/${id}/activity`,
      `/communities/${attacker.community.id}/accounts`,
      `/communities/${attacker.community.id}/members`,
      '/communities',
      '/sources',
      '/taxii-services',
      '/collections',
    ];
    const plainLists = [
      `/organizations/${id}`,
      `/organizations/${id}/seats`,
      `/organizations/${id}/audit/export.csv`,
      `/organizations/${id}/audit/export.jsonl`,
      '/accounts',
      '/audit',
      '/audit/export.csv',
      `/accounts/${attacker.user.id}`,
      `/accounts/${attacker.user.id}/community-roles`,
      `/accounts/${attacker.user.id}/deletion`,
      '/session',
    ];
    const mine = (path: string) =>
      path
        .replaceAll(String(id), String(victim.organization.id))
        .replaceAll(`/communities/${attacker.community.id}`, `/communities/${victim.community.id}`);
    const told: string[] = [];
    let answered = 0;
    const look = async (cookie: string, path: string) => {
      const answer = await send(world, cookie, 'GET', path);
      if (answer.status === 200) answered++;
      if (MARK.test(answer.text)) told.push(`${path}: ${answer.text.slice(0, 300)}`);
      if (![200, 400, 403, 404].includes(answer.status)) told.push(`${path}: ${answer.status}`);
    };
    for (const [who, theirs] of [
      ['administrator', victim.administrator.cookie],
      ['director', victim.director.cookie],
    ] as const) {
      const { cookie } = attacker[who];
      for (const path of [...lists, ...plainLists]) {
        await look(cookie, path);
        // What the other organization is given in the same place: there is something to tell.
        const seen = await send(world, theirs, 'GET', mine(path));
        if (seen.status === 200 && path !== '/sources') expect(seen.text, path).toMatch(MARK);
      }
      for (const path of lists) {
        await look(cookie, `${path}?search=zebra`);
        for (const sort of ['userName', '-userName', 'name', '-name', 'id', '-id', 'owner', 'lastUsedAt'])
          await look(cookie, `${path}?sort=${sort}`);
        // Where a page of theirs ends is no way into it.
        for (const sort of ['', '&sort=-name', '&sort=-userName', '&sort=id', '&sort=-id']) {
          const page = await send(world, theirs, 'GET', `${mine(path)}?limit=1${sort}`);
          const next = page.status === 200 ? (JSON.parse(page.text) as { next: string | null }).next : null;
          if (next !== null) await look(cookie, `${path}?after=${encodeURIComponent(next)}${sort}`);
        }
      }
    }
    expect(told).toEqual([]);
    expect(answered).toBeGreaterThan(60);
  });

  it('item 88: neither the seats nor the counts of an organization change with what happens in another', async () => {
    const counts = async () => {
      const answer = await send(
        world,
        attacker.administrator.cookie,
        'GET',
        `/organizations/${attacker.organization.id}/seats`,
      );
      // What is left of the licence is left for all of them together.
      return JSON.stringify(JSON.parse(answer.text), (key, value) => (key === 'licence' ? undefined : value));
    };
    const before = await counts();
    await createUser(world.app, world.app.operator, {
      ...form(),
      organizationRole: 'Standard User',
      organization: victim.organization.id,
    });
    expect(before).toContain('"used":4');
    expect(await counts()).toBe(before);
  });

  it.each(CASES)(
    'item 76: $title: a foreign one is answered like one that exists nowhere, and leaves nothing there',
    async ({ request, by, never }) => {
      const cookieOf = (of: Tenant) => (by === 'director' ? of.director : of.administrator).cookie;
      const ask = async (own: Tenant, named: Names) => {
        const [method, path, body] = await request(world, own, named);
        return await send(world, cookieOf(own), method, path, body);
      };
      const before = await others();
      const theirs = await ask(attacker, namesOf(victim));
      const left = differences(before, await others());
      const nobodys = await ask(attacker, ghost);
      expect(plain(theirs, namesOf(victim))).toBe(plain(nobodys, ghost));
      expect(left).toEqual([]);
      expect(theirs.text).not.toMatch(/zebra (?!user|boss|director|group|service|commons)/i);
      // The very same request with names of one's own is in order: that is why the other was refused.
      const own = await ask(victim, namesOf(victim));
      expect(own.status < 400, `${own.status} ${own.text}`).toBe(never !== true);
      if (!never && !by && theirs.status < 400)
        expect(plain(own, namesOf(victim))).not.toBe(plain(theirs, namesOf(victim)));
    },
  );
});
