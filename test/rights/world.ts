import { CompiledQuery } from 'kysely';
import type { CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';
import { COMMUNITY_ROLES, ORGANIZATION_ROLES } from '../../contract/roles.ts';
import type { Engine } from '../../server/db/dialect.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { insertAccount } from '../../server/features/accounts/accounts.store.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { editLicence } from '../../server/features/instance/licence.service.ts';
import { addMember, createOrganization, createOwner } from '../../server/features/owners/owners.service.ts';
import { insertSession } from '../../server/features/sessions/sessions.store.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { SESSION_COOKIE } from '../../server/http/rest-browser.ts';
import { startServer } from '../../server/serving.ts';
import { addTo } from '../../server/testing/objects.ts';
import { openTestApp } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import type { Asked, Asker } from './documented.ts';

export type Noun =
  | 'account'
  | 'organization'
  | 'owner'
  | 'group'
  | 'collection'
  | 'intelligence'
  | 'object'
  | 'service'
  | 'instance';

/** What a request is about. */
export type Thing = {
  name: string;
  noun: Noun;
  id: number | string;
  /** What rights on it depend on, beside the asker's Community role. */
  rights: Asked;
  /** The community or source that it belongs to. */
  ownerId?: number;
};

/** Whoever asks. Without a cookie: nobody. */
export type Actor = {
  name: string;
  asker: Asker | undefined;
  cookie: string | undefined;
  /** A machine: no session is its own, not even one that stands in the database. */
  isMachine: boolean;
  /** One of several who differ in their Community role only, and not the first of them. */
  isCommunityMember?: true;
};

const HUGE = { users: 1_000_000, apiUsers: 1_000_000, taxiiUsers: 1_000_000 };
const STAFF = [
  'Administrator',
  'Operations Administrator',
  'Accounts Administrator',
  'Community Leader',
  'Super User',
] as const;

/** Of the object that every owner with a collection in these tests holds. */
export const SOME_OBJECT = String(indicator(1).id);

let number = 0;
const next = (word: string) => `${word} ${++number}`;

/** An instance with an actor of every kind, and things of every kind that they may ask for. */
export async function openWorld(engine: Engine) {
  const app = await openTestApp(engine, { logLevel: 'info' });
  // Thousands of requests write here, and no power fails: who may do what does not wait for the disk.
  if (engine === 'sqlite') await app.db.write.executeQuery(CompiledQuery.raw('pragma synchronous = off'));
  const { operator } = app;
  await editLicence(app, operator, { limits: HUGE });
  const organization = (name: string) => createOrganization(app, operator, { name, limits: HUGE });
  const [home, elsewhere, partner, staff, guest] = [
    await organization('Home'),
    await organization('Elsewhere'),
    await organization('Partner'),
    await organization('Staff'),
    // Has no accounts, and is member of this and that for a while.
    await organization('Guest'),
  ];
  const commons = await createOwner(app, operator, { kind: 'community', name: 'Commons' });
  const feed = await createOwner(app, operator, { kind: 'source', name: 'Feed' });
  for (const owner of [commons, feed]) {
    await addMember(app, operator, { owner: owner.id, organization: home.id, defaultRole: 'User' });
    await addMember(app, operator, { owner: owner.id, organization: partner.id, defaultRole: 'Subscriber' });
  }
  for (const owner of [home, commons, feed]) await addTo(app, owner, [indicator(1)]);
  const service = await createTaxiiService(app, operator, { name: 'Main service', path: 'main' });
  const server = await startServer(app);

  async function account(
    organizationId: number,
    systemRole: SystemRole,
    organizationRole: OrganizationRole,
  ): Promise<number> {
    const kind = kindOf(systemRole);
    const word = next(kind);
    return await inTransaction(app.db, (tx) =>
      insertAccount(tx, {
        kind,
        organization_id: organizationId,
        user_name: `${word.replace(' ', '.')}@example.com`,
        pseudonym: word.replace(/[ _]/g, '-'),
        first_name: 'Some',
        last_name: 'Body',
        contact_email: null,
        system_role: systemRole,
        organization_role: organizationRole,
        service_id: kind === 'taxii' ? service.id : null,
        narrowed: 0,
        credential_version: 1,
        locked_at: null,
        disabled_at: null,
        deleted_at: null,
        expires_at: null,
        created_at: app.clock.now(),
        last_used_at: null,
        last_used_from: null,
      }),
    );
  }

  /**
   * A session of the account, whose person has done everything that is required, and has shown lately who they are: what a
   * browser sends, and the id under which it is shown.
   */
  async function session(accountId: number): Promise<{ cookie: string; id: string }> {
    const token = app.secrets.generate(256);
    const now = app.clock.now();
    const id = app.ids.uuid();
    await inTransaction(app.db, async (tx) => {
      const { credential_version } = await tx
        .updateTable('accounts')
        .set({ password_reset_required: 0, mfa_reset_required: 0, terms_acceptance_required: 0 })
        .where('id', '=', accountId)
        .returning('credential_version')
        .executeTakeFirstOrThrow();
      await insertSession(tx, {
        hash: app.secrets.digest(token),
        id,
        account_id: accountId,
        credential_version,
        created_at: now,
        last_seen_at: now,
        expires_at: now + 3_600_000_000,
        address: null,
        user_agent: null,
        verified_at: now,
      });
    });
    return { cookie: `${SESSION_COOKIE}=${token}`, id };
  }

  async function actor(
    name: string,
    organizationId: number,
    systemRole: SystemRole,
    organizationRole: OrganizationRole,
  ): Promise<Actor & { asker: Asker }> {
    const accountId = await account(organizationId, systemRole, organizationRole);
    const asker = { accountId, organizationId, systemRole, organizationRole };
    const { cookie } = await session(accountId);
    const isMachine = ['Api User', 'Exchange Admin', 'Taxii User'].includes(systemRole);
    return { name, asker, cookie, isMachine };
  }

  const actors: Actor[] = [{ name: 'nobody', asker: undefined, cookie: undefined, isMachine: false }];
  for (const role of STAFF) {
    const rest = role === 'Super User' ? 'Organization Administrator' : 'Standard User';
    actors.push(await actor(`${role} of the staff`, staff.id, role, rest));
    actors.push(await actor(`${role} at home`, home.id, role, rest));
  }
  for (const role of ['Api User', 'Exchange Admin', 'Taxii User'] as const)
    actors.push(await actor(`${role} at home`, home.id, role, 'Standard User'));
  for (const [place, of] of [
    ['at home', home],
    ['from elsewhere', elsewhere],
  ] as const)
    for (const role of ORGANIZATION_ROLES)
      actors.push(
        await actor(
          `${role} ${place}`,
          of.id,
          role.startsWith('Read Only') ? 'Read Only User' : 'User',
          role,
        ),
      );
  /** Community roles of single accounts, in every community and source of the tests. */
  const individual = new Map<number, CommunityRole>();
  for (const role of COMMUNITY_ROLES) {
    const made = await actor(`${role} of the partner`, partner.id, 'User', 'Standard User');
    individual.set(made.asker.accountId, role);
    actors.push(role === 'User' ? made : { ...made, isCommunityMember: true });
  }
  const giveRoles = async (ownerId: number) => {
    await inTransaction(app.db, async (tx) => {
      for (const [account_id, role] of individual)
        await tx.insertInto('account_roles').values({ owner_id: ownerId, account_id, role }).execute();
    });
  };
  await giveRoles(commons.id);
  await giveRoles(feed.id);

  /** The Community role of the asker there. */
  function communityRole(asker: Asker, ownerId: number): CommunityRole | undefined {
    const own = individual.get(asker.accountId);
    if (own !== undefined) return own;
    const hasMembers = ownerId === commons.id || ownerId === feed.id;
    return hasMembers && asker.organizationId === home.id ? 'User' : undefined;
  }

  const accountThing = async (systemRole: SystemRole): Promise<Thing> => {
    const id = await account(home.id, systemRole, 'Standard User');
    const rights = { organizationId: home.id, systemRole, accountId: id };
    return { name: `${systemRole} at home`, noun: 'account', id, rights };
  };
  const ownerThing = async (kind: 'community' | 'source'): Promise<Thing> => {
    const made = await createOwner(app, operator, { kind, name: next(kind) });
    await giveRoles(made.id);
    return { name: `an empty ${kind}`, noun: 'owner', id: made.id, rights: {}, ownerId: made.id };
  };
  const given = (thing: Thing) => async () => thing;
  const ofHome = { organizationId: home.id };
  const collection = (
    name: string,
    { id, collectionId }: typeof commons,
    rights: Asked,
    noun: 'collection' | 'intelligence' | 'object' = 'collection',
  ): Thing => ({
    name,
    noun,
    id: collectionId,
    rights,
    ...(id === home.id ? {} : { ownerId: id }),
  });

  /** How each thing is made when it is needed, or needed again. */
  const makers = {
    user: () => accountThing('User'),
    leader: () => accountThing('Community Leader'),
    accountsAdministrator: () => accountThing('Accounts Administrator'),
    administrator: () => accountThing('Administrator'),
    apiUser: () => accountThing('Api User'),
    taxiiUser: () => accountThing('Taxii User'),
    organization: given({ name: 'the home organization', noun: 'organization', id: home.id, rights: ofHome }),
    emptyOrganization: async () => {
      const { id } = await organization(next('Empty'));
      return { name: 'an empty organization', noun: 'organization', id, rights: { organizationId: id } };
    },
    community: given({ name: 'a community', noun: 'owner', id: commons.id, rights: {}, ownerId: commons.id }),
    source: given({ name: 'a source', noun: 'owner', id: feed.id, rights: {}, ownerId: feed.id }),
    emptyCommunity: () => ownerThing('community'),
    emptySource: () => ownerThing('source'),
    group: async () => {
      const { id } = await createUserGroup(app, operator, { organization: home.id, name: next('Group') });
      return { name: 'a group at home', noun: 'group', id, rights: ofHome };
    },
    homeCollection: given(collection('the collection of home', home, ofHome)),
    communityCollection: given(collection('the collection of a community', commons, {})),
    sourceCollection: given(collection('the collection of a source', feed, {})),
    homeIntelligence: given(collection('the intelligence of home', home, ofHome, 'intelligence')),
    communityIntelligence: given(collection('the intelligence of a community', commons, {}, 'intelligence')),
    sourceIntelligence: given(collection('the intelligence of a source', feed, {}, 'intelligence')),
    homeObject: given(collection('an object of home', home, ofHome, 'object')),
    communityObject: given(collection('an object of a community', commons, {}, 'object')),
    sourceObject: given(collection('an object of a source', feed, {}, 'object')),
    service: given({ name: 'a TAXII service', noun: 'service', id: service.id, rights: {} }),
    spareService: async () => {
      const name = next('Spare');
      const { id } = await createTaxiiService(app, operator, {
        name,
        path: name.replace(' ', '-').toLowerCase(),
      });
      return { name: 'a spare TAXII service', noun: 'service', id, rights: {} };
    },
    instance: given({ name: 'the instance', noun: 'instance', id: 0, rights: {} }),
  } satisfies Record<string, () => Promise<Thing>>;

  const stock = new Map<keyof typeof makers, Thing>();
  async function thing(name: keyof typeof makers): Promise<Thing> {
    const present = stock.get(name) ?? (await makers[name]());
    stock.set(name, present);
    return present;
  }

  return {
    app,
    server,
    home,
    elsewhere,
    partner,
    staff,
    guest,
    service,
    commons,
    feed,
    actors,
    account,
    session,
    communityRole,
    thing,
    /** The thing is used up: the next who needs one is given another. */
    useUp(name: keyof typeof makers) {
      stock.delete(name);
    },
    actor(name: string): Actor & { asker: Asker } {
      const found = actors.find((each) => each.name === name);
      if (found?.asker === undefined) throw new Error(`there is no actor ${name}`);
      return { ...found, asker: found.asker };
    },
    async close() {
      await server.close(1000);
      await app.close();
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
export type ThingName = Parameters<World['thing']>[0];

function kindOf(role: SystemRole) {
  if (role === 'Taxii User') return 'taxii';
  if (role === 'Api User' || role === 'Exchange Admin') return 'api';
  return role === 'Read Only User' ? 'read_only' : 'user';
}

export type Answer = { status: number; code: string | undefined; text: string; headers: Headers };

/** Sends a request as somebody with that cookie. */
export async function send(
  app: { server: { url: string } },
  cookie: string | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${app.server.url}/rest/v1${path}`, {
    method,
    headers: {
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const code = /^\{"error":\{"code":"(\w+)"/.exec(text)?.[1];
  return { status: answer.status, code, text, headers: answer.headers };
}
