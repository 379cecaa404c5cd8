import { expect } from 'vitest';
import type { Limits } from '../../contract/organizations.ts';
import type { AccountKind, CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';
import type { Engine } from '../../server/db/dialect.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { insertAccount } from '../../server/features/accounts/accounts.store.ts';
import { editLicence } from '../../server/features/instance/licence.service.ts';
import { importObjects } from '../../server/features/intelligence/import.service.ts';
import {
  addMember,
  createOrganization,
  createOwner,
  type NewOwner,
} from '../../server/features/owners/owners.service.ts';
import { startServer } from '../../server/serving.ts';
import { fresh } from '../../server/testing/accounts.ts';
import { giveCommunityRole, givePassword } from '../../server/testing/builders.ts';
import { type RestClient, type RestReply, restClient } from '../../server/testing/rest-client.ts';
import { openTestApp } from '../../server/testing/test-app.ts';
import { basic, indicator } from '../../server/testing/test-server.ts';

const ROOMY: Limits = { users: 100_000, apiUsers: 100_000, taxiiUsers: 100_000 };

/** A person who is signed in over HTTP. */
export type Person = RestClient & {
  name: string;
  id: number;
  userName: string;
  pseudonym: string;
  password: string;
};

/** The roles of somebody, and where they belong: to the organization in question or to another one. */
type Roles = readonly [system: SystemRole, organization: OrganizationRole, place: 'here' | 'elsewhere'];

/**
 * Whom both articles admit to the administration of accounts, each with no other right than the one that is meant. A Super
 * User is Organization Administrator in every organization.
 */
export const ADMITTED: readonly Roles[] = [
  ['User', 'Organization Administrator', 'here'],
  ['Administrator', 'Read Only User', 'elsewhere'],
  ['Operations Administrator', 'Read Only User', 'elsewhere'],
  ['Accounts Administrator', 'Read Only User', 'elsewhere'],
  ['Super User', 'Organization Administrator', 'elsewhere'],
];

/** Every other System role and Organization role that a person can have, at its strongest. */
export const EXCLUDED: readonly Roles[] = [
  ['User', 'App Developer', 'here'],
  ['User', 'Sharing User', 'here'],
  ['User', 'Standard User', 'here'],
  ['User', 'Read Only Commenter', 'here'],
  ['Read Only User', 'Read Only Commenter', 'here'],
  ['Read Only User', 'Read Only User', 'here'],
  ['Community Leader', 'App Developer', 'here'],
  ['Community Leader', 'Organization Administrator', 'elsewhere'],
  ['User', 'Organization Administrator', 'elsewhere'],
];

/** The paths below an organization where accounts are created. */
export const FORMS = ['users', 'read-only-users', 'api-users', 'taxii-users'] as const;
export type Form = (typeof FORMS)[number];

/** What each form needs, and no more. */
export function filledIn(form: Form): Record<string, unknown> {
  const names = { firstName: 'Ada', lastName: 'Byron' };
  if (form === 'taxii-users') return { userName: fresh('siem') };
  if (form === 'api-users') return { ...names, organizationRole: 'Standard User' };
  const person = { ...names, email: `${fresh('ada')}@example.com` };
  return form === 'users' ? { ...person, organizationRole: 'Standard User' } : person;
}

/** What a created account answers with, whatever its form. */
export type Created = {
  id: number;
  userName: string;
  accessId: string;
  pseudonym: string;
  password: string;
  secretKey: string;
  token: string;
  apiKey: string;
} & Record<string, unknown>;

/** An account as it is shown; what the tests look at has a type. */
export type Shown = {
  id: number;
  version: number;
  userName: string;
  pseudonym: string;
  abilities: Record<string, boolean>;
  status: { state: string; lockedBy: string | null };
  credentials: { kind: string; expiresAt: string | null }[];
} & Record<string, unknown>;

export type Articles = Awaited<ReturnType<typeof openArticles>>;

/** A served instance, and people of every role who use it over HTTP. */
export async function openArticles(engine: Engine) {
  const app = await openTestApp(engine, { logLevel: 'info' });
  await editLicence(app, app.operator, { limits: ROOMY });
  const server = await startServer(app);

  const newOrganization = (limits: Partial<Limits> = {}): Promise<NewOwner> =>
    createOrganization(app, app.operator, { name: fresh('Organization'), limits: { ...ROOMY, ...limits } });
  const elsewhere = await newOrganization();

  /** Somebody new with these roles, signed in. Takes a seat, and asks nobody for it. */
  async function person(
    organization: { id: number },
    systemRole: SystemRole,
    organizationRole: OrganizationRole,
  ): Promise<Person> {
    const word = fresh('person');
    const kind: AccountKind = systemRole === 'Read Only User' ? 'read_only' : 'user';
    const account = {
      kind,
      organization_id: organization.id,
      user_name: `${word}@example.com`,
      pseudonym: `pseudonym-of-${word}`,
      first_name: 'Grace',
      last_name: word,
      contact_email: null,
      system_role: systemRole,
      organization_role: organizationRole,
      service_id: null,
      narrowed: 0,
      credential_version: 1,
      locked_at: null,
      disabled_at: null,
      deleted_at: null,
      expires_at: null,
      created_at: app.clock.now(),
      last_used_at: null,
      last_used_from: null,
    };
    const id = await inTransaction(app.db, (tx) => insertAccount(tx, account));
    const password = await givePassword(app, id);
    const client = restClient(server.url);
    await client.signIn(account.user_name, password);
    const { user_name: userName, pseudonym } = account;
    return Object.assign(client, { name: systemRole, id, userName, pseudonym, password });
  }

  const administratorOf = (organization: { id: number }) =>
    person(organization, 'User', 'Organization Administrator');

  /** The people with these roles, for the organization in question. */
  async function people(roles: readonly Roles[], here: { id: number }): Promise<Person[]> {
    const found: Person[] = [];
    for (const [system, organizational, place] of roles) {
      const someone = await person(place === 'here' ? here : elsewhere, system, organizational);
      found.push(Object.assign(someone, { name: `${system}, ${organizational}, ${place}` }));
    }
    return found;
  }

  const signedIn = async (email: string, password: string): Promise<RestClient> => {
    const client = restClient(server.url);
    await client.signIn(email, password);
    return client;
  };

  /** The answer to somebody's sign-in: the session, or an error. */
  const signIn = (email: string, password: string) =>
    restClient(server.url).request('POST', '/session', { email, password });

  /** Creates an account over HTTP, which must work; `fields` replace or add to what the form needs. */
  async function create(
    by: RestClient,
    organization: { id: number },
    form: Form,
    fields: Record<string, unknown> = {},
  ): Promise<Created> {
    const reply = await tryToCreate(by, organization, form, fields);
    expect(reply, JSON.stringify(reply.body)).toMatchObject({ status: 201 });
    return reply.body as Created;
  }

  function tryToCreate(
    by: RestClient,
    organization: { id: number },
    form: Form,
    fields: Record<string, unknown> = {},
  ): Promise<RestReply<Record<string, unknown>>> {
    const body = { ...filledIn(form), ...fields };
    return by.request('POST', `/organizations/${organization.id}/${form}`, body);
  }

  /** The account, which must be visible to the asker. */
  async function show(by: RestClient, id: number): Promise<Shown> {
    const reply = await by.request<Shown>('GET', `/accounts/${id}`);
    expect(reply.status).toBe(200);
    return reply.body;
  }

  const versionOf = async (id: number): Promise<number> => {
    const { version } = await app.db.read
      .selectFrom('accounts')
      .select('version')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return version;
  };

  const edit = async (by: RestClient, id: number, changes: Record<string, unknown>) =>
    await by.request('PATCH', `/accounts/${id}`, { version: await versionOf(id), ...changes });

  const remove = async (by: RestClient, id: number, heirs: Record<string, unknown> = {}) =>
    await by.request('POST', `/accounts/${id}/deletion`, { version: await versionOf(id), heirs });

  type Gauge = { used: number; max: number; remaining: number; canCreate: boolean; whyNot: string | null } & {
    raisedBy: string[];
    licence: { remaining: number };
  };
  async function seats(by: RestClient, organization: { id: number }) {
    const path = `/organizations/${organization.id}/seats`;
    const { status, body } = await by.request<
      Record<'users' | 'apiUsers' | 'taxiiUsers', Gauge> & {
        readOnlyUsers: Pick<Gauge, 'used' | 'canCreate' | 'whyNot'>;
      }
    >('GET', path);
    expect(status).toBe(200);
    return body;
  }

  /** Sets limits of the organization as it is now. */
  async function limit(by: RestClient, organization: { id: number }, limits: Partial<Limits>) {
    const { version } = await app.db.read
      .selectFrom('organizations')
      .select('version')
      .where('owner_id', '=', organization.id)
      .executeTakeFirstOrThrow();
    return await by.request('PUT', `/organizations/${organization.id}/limits`, { version, limits });
  }

  /** A community or source that the organization is a member of. */
  async function sharedOwner(
    organization: { id: number },
    defaultRole: CommunityRole,
    { kind = 'community', anonymous = true }: { kind?: 'community' | 'source'; anonymous?: boolean } = {},
  ): Promise<NewOwner> {
    const owner = await createOwner(app, app.operator, { kind, name: fresh(kind), anonymous });
    await addMember(app, app.operator, { owner: owner.id, organization: organization.id, defaultRole });
    return owner;
  }

  /** Adds an indicator to the owner; its id. */
  async function publish(owner: NewOwner, number: number): Promise<string> {
    const object = indicator(number);
    const source = (async function* () {
      yield Buffer.from(JSON.stringify(object));
    })();
    const { added } = await importObjects(app, app.operator, { owner: owner.name }, source);
    expect(added).toBe(1);
    return String(object.id);
  }

  type Objects = { status: number; body: { collections?: { id: string }[]; objects?: { id: string }[] } };
  /** A request of a TAXII client, such as `/intel/collections/`. */
  async function taxii(
    path: string,
    credentials: { userName: string; password: string } | undefined,
  ): Promise<Objects> {
    const response = await fetch(`${server.url}${path}`, {
      headers: {
        Accept: 'application/taxii+json;version=2.1',
        ...(credentials === undefined ? {} : { Authorization: basic(credentials) }),
      },
    });
    return { status: response.status, body: (await response.json()) as Objects['body'] };
  }

  return {
    app,
    url: server.url,
    elsewhere,
    nobody: restClient(server.url),
    newOrganization,
    person,
    administratorOf,
    people,
    signIn,
    signedIn,
    create,
    tryToCreate,
    show,
    edit,
    remove,
    seats,
    limit,
    sharedOwner,
    publish,
    taxii,
    giveCommunityRole: (account: { id: number }, owner: { id: number }, role: CommunityRole) =>
      giveCommunityRole(app, { accountId: account.id }, owner, role),
    async close() {
      await server.close(500);
      await app.close();
    },
  };
}

/** The code of an error that was answered; undefined where none was. */
export function codeOf({ body }: RestReply): string | undefined {
  return (body as { error?: { code: string } } | undefined)?.error?.code;
}

/** The fields that an answer has problems with, in order. */
export function fieldsOf({ body }: RestReply): string[] {
  const { problems = [] } = (body as { error?: { problems?: { path: string }[] } }).error ?? {};
  return problems.map(({ path }) => path).toSorted();
}
