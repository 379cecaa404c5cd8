import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getInstanceEndpoint } from '../../../contract/instance.ts';
import { USAGE_DAYS_KEPT } from '../../../contract/usage.ts';
import { migration0007 } from '../../db/migrations/0007-usage.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { deleteTaxiiUser } from '../../testing/account-changes.ts';
import { giveCommunityRole, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic, indicator, newTaxiiUser } from '../../testing/test-server.ts';
import { setCollectionWritable } from '../collections/collections.service.ts';
import { createAdministrator } from '../instance/instance.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { createUsageRecorder, type Served } from './recorder.ts';
import { dayOf } from './usage.rules.ts';
import { getAccountUsage, getCollectionUsage, getOrganizationUsage } from './usage.service.ts';
import { addUsage, deleteOldUsage } from './usage.store.ts';

const TAXII = 'application/taxii+json;version=2.1';
const DAY_SECONDS = 86_400;

describe.each(ENGINES)('usage figures on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  let number = 0;
  const newWorld = async () => {
    const organization = await newOrganization(app);
    await setCollectionWritable(app, app.operator, organization.collectionId, true);
    const user = async () =>
      await newTaxiiUser(app, { userName: `poller-${++number}`, organization: organization.name });
    return { organization, user };
  };
  const served = (accountId: number, collectionId: string, changes: Partial<Served> = {}): Served => ({
    ...{ accountId, collectionId, address: '192.0.2.1', continues: false, objects: 1, octets: 10 },
    ...changes,
  });
  const note = async (...pages: Served[]) => {
    const recorder = createUsageRecorder(app);
    for (const page of pages) recorder.served(page);
    await recorder.flush();
  };

  it('count polls, objects, octets and what was added, from the requests of a TAXII user', async () => {
    const { organization, user } = await newWorld();
    const poller = await user();
    const server = await startServer(app);
    const url = `${server.url}/intel/collections/${organization.collectionId}`;
    const request = async (path: string, init: RequestInit = {}) => {
      const headers = { Accept: TAXII, 'Content-Type': TAXII, Authorization: basic(poller) };
      const answer = await fetch(`${url}${path}`, { headers, ...init });
      return {
        status: answer.status,
        octets: Number(answer.headers.get('content-length')),
        body: await answer.json(),
      };
    };
    const objects = [1, 2, 3].map((each) => indicator(each));
    for (const body of [objects, objects])
      expect(
        (await request('/objects/', { method: 'POST', body: JSON.stringify({ objects: body }) })).status,
      ).toBe(202);
    const first = await request('/objects/?limit=2');
    const next = await request(`/objects/?limit=2&next=${(first.body as { next: string }).next}`);
    const manifest = await request('/manifest/');
    const one = await request(`/objects/${String(objects[0]?.id)}/`);
    const versions = await request(`/objects/${String(objects[0]?.id)}/versions/`);
    // None of these is a poll of the collection.
    await request('/');
    await request('/objects/?limit=x');
    await request('/objects/indicator--00000000-0000-4000-8000-0000000000ff/');
    await server.close(1000);

    const figures = {
      polls: 4,
      objectsServed: 4,
      octetsServed: [first, next, manifest, one, versions].reduce((sum, { octets }) => sum + octets, 0),
      // Added once: what is there already is not added again.
      objectsAdded: 3,
    };
    const ofOrganization = await getOrganizationUsage(app, organization.administrator, {
      organization: organization.id,
    });
    expect(ofOrganization).toMatchObject({
      total: figures,
      taxiiUsers: [{ id: poller.id, userName: poller.userName, deleted: false, total: figures }],
      furtherTaxiiUsers: 0,
    });
    expect(ofOrganization.days).toHaveLength(30);
    expect(ofOrganization.days.at(-1)).toBe(new Date().toISOString().slice(0, 10));
    expect(ofOrganization.series.polls.at(-1)).toBe(4);
    expect(ofOrganization.taxiiUsers[0]?.lastPolledFrom).toMatch(/127\.0\.0\.1/);
    const owner = { id: organization.id, name: organization.name, kind: 'organization' };
    expect(await getAccountUsage(app, organization.administrator, { account: poller.id })).toMatchObject({
      total: figures,
      collections: [{ id: organization.collectionId, owner, total: figures }],
    });
    expect(
      await getCollectionUsage(app, organization.administrator, { collection: organization.collectionId }),
    ).toMatchObject({
      collection: { owner },
      total: figures,
      readers: [{ account: { id: poller.id, name: poller.userName }, total: figures }],
    });
  });

  it('of one row add up, whichever processes write them, and however many at once', async () => {
    const { organization, user } = await newWorld();
    const [one, other] = [await user(), await user()];
    const pages = [one, other].map(({ id }) => served(id, organization.collectionId));
    await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await note(...(index % 2 === 0 ? pages : [...pages].reverse())),
      ),
    );
    const usage = await getOrganizationUsage(app, organization.administrator, {
      organization: organization.id,
    });
    expect(usage.total).toEqual({ polls: 20, objectsServed: 20, octetsServed: 200, objectsAdded: 0 });
    expect(usage.taxiiUsers.map(({ total }) => total.polls)).toEqual([10, 10]);
  });

  it('that could not be written are kept for the next time', async () => {
    const { organization, user } = await newWorld();
    const { id } = await user();
    let isBroken = true;
    const db = new Proxy(app.db, {
      get: (target, name) => {
        if (name === 'write' && isBroken) throw new Error('no connection');
        return Reflect.get(target, name) as unknown;
      },
    });
    const recorder = createUsageRecorder({ db, clock: app.clock });
    recorder.served(served(id, organization.collectionId));
    await expect(recorder.flush()).rejects.toThrow('no connection');
    recorder.served(served(id, organization.collectionId, { address: '192.0.2.9' }));
    isBroken = false;
    await recorder.flush();
    await recorder.flush();
    const usage = await getAccountUsage(app, organization.administrator, { account: id });
    expect(usage.total.polls).toBe(2);
    expect(usage.collections[0]?.lastPolledFrom).toBe('192.0.2.9');
  });

  it('stand on their days, show the last poll, and leave out what is before the days that are asked for', async () => {
    const { organization, user } = await newWorld();
    const { id } = await user();
    const of = organization.collectionId;
    await note(served(id, of, { address: '192.0.2.1' }));
    app.clock.advance(2 * DAY_SECONDS);
    await note(
      served(id, of, { address: '192.0.2.2' }),
      served(id, of, { continues: true, address: '192.0.2.3' }),
    );
    // A process that writes late does not make its poll the last one.
    const now = app.clock.now();
    await inTransaction(app.db, (tx) =>
      addUsage(tx, [
        {
          ...{
            collection_id: of,
            day: dayOf(now),
            account_id: id,
            polls: 1,
            objects_served: 0,
            octets_served: 0,
          },
          ...{ objects_added: 0, last_polled_at: now - 60_000_000, last_polled_from: '192.0.2.4' },
        },
      ]),
    );
    const ask = { account: id };
    const three = await getAccountUsage(app, organization.administrator, { ...ask, days: 3 });
    expect(three.series).toEqual({
      polls: [1, 0, 2],
      objectsServed: [1, 0, 2],
      octetsServed: [10, 0, 20],
      objectsAdded: [0, 0, 0],
    });
    expect(three.collections[0]).toMatchObject({ lastPolledFrom: '192.0.2.2', series: three.series });
    const two = await getAccountUsage(app, organization.administrator, { ...ask, days: 2 });
    expect([two.days.length, two.total.polls]).toEqual([2, 2]);
    app.clock.advance(5 * DAY_SECONDS);
    expect(await getAccountUsage(app, organization.administrator, { ...ask, days: 3 })).toMatchObject({
      total: { polls: 0 },
      collections: [],
    });
    expect(
      (await refusalOf(getAccountUsage(app, organization.administrator, { ...ask, days: 0 }))).code,
    ).toBe('invalid_input');
  });

  it('of a year are read in pieces between which other requests have their turn, and are those of the whole year', async () => {
    const { organization, user } = await newWorld();
    const { administrator, collectionId, id } = organization;
    const [often, lately] = [await user(), await user()];
    const today = dayOf(app.clock.now());
    const row = (account: { id: number }, daysAgo: number, polls: number) => ({
      ...{ collection_id: collectionId, day: today - daysAgo, account_id: account.id },
      ...{ polls, objects_served: 2 * polls, octets_served: 3 * polls, objects_added: 0 },
      ...{ last_polled_at: (today - daysAgo) * DAY_SECONDS * 1_000_000, last_polled_from: '192.0.2.9' },
    });
    const days = [0, 30, 31, 61, 62, 365];
    await inTransaction(app.db, (tx) =>
      addUsage(tx, [
        ...days.map((daysAgo) => row(lately, daysAgo, 1)),
        ...[200, 300, 366].map((daysAgo) => row(often, daysAgo, 10)),
      ]),
    );
    let turns = 0;
    const tick = () => {
      turns++;
      next = setImmediate(tick);
    };
    let next = setImmediate(tick);
    const whole = await getOrganizationUsage(app, administrator, { organization: id, days: 366 });
    clearImmediate(next);
    expect(turns).toBeGreaterThan(30);
    expect(whole).toMatchObject({
      total: { polls: 26, objectsServed: 52, octetsServed: 78 },
      taxiiUsers: [
        { id: often.id, total: { polls: 20 } },
        { id: lately.id, total: { polls: 6 }, lastPolledFrom: '192.0.2.9' },
      ],
    });
    const [, second] = whole.taxiiUsers;
    expect(second?.series.polls.flatMap((polls, index) => (polls === 0 ? [] : [365 - index]))).toEqual(
      [...days].reverse(),
    );
    const { readers } = await getCollectionUsage(app, administrator, { collection: collectionId, days: 366 });
    expect(readers).toMatchObject([
      { account: { id: lately.id }, total: { polls: 6 } },
      { account: { id: often.id }, total: { polls: 20 } },
    ]);
  });

  it('are kept for a deleted TAXII user, by what is left of it, and go when they are too old', async () => {
    const { organization, user } = await newWorld();
    const { id, userName } = await user();
    await note(served(id, organization.collectionId));
    await deleteTaxiiUser(app, organization.administrator, userName);
    await note(served(id, organization.collectionId));
    const ask = () =>
      getOrganizationUsage(app, organization.administrator, { organization: organization.id, days: 366 });
    expect((await ask()).taxiiUsers).toMatchObject([{ id, deleted: true, total: { polls: 2 } }]);
    const keep = (days: number) =>
      inTransaction(app.db, (tx) => deleteOldUsage(tx, app.clock.now() + days * DAY_SECONDS * 1_000_000));
    await keep(USAGE_DAYS_KEPT);
    expect((await ask()).total.polls).toBe(2);
    await keep(USAGE_DAYS_KEPT + 1);
    expect((await ask()).total.polls).toBe(0);
  });

  it('name the first hundred, and count the others', async () => {
    const { organization, user } = await newWorld();
    const first = await user();
    await note(...Array.from({ length: 103 }, () => served(first.id, app.ids.uuid())));
    const usage = await getAccountUsage(app, organization.administrator, { account: first.id });
    expect([usage.collections.length, usage.furtherCollections, usage.total.polls]).toEqual([100, 3, 103]);
    // Collections that are gone: whose they were is not known any more.
    expect(usage.collections[0]?.owner).toBeNull();
  });

  describe('are shown', () => {
    const shared = async (kind: 'community' | 'source', anonymous: boolean) => {
      const [here, there] = [await newWorld(), await newWorld()];
      const owner = await createOwner(app, app.operator, { kind, name: `Shared ${++number}`, anonymous });
      for (const { organization } of [here, there])
        await addMember(app, app.operator, {
          owner: owner.id,
          organization: organization.id,
          defaultRole: 'User',
        });
      const [own, other] = [await here.user(), await there.user()];
      await note(served(own.id, owner.collectionId), served(other.id, owner.collectionId));
      const director = await newPerson(app, 'Standard User', here.organization);
      await giveCommunityRole(app, director, owner, 'Director');
      const readers = async (caller: Parameters<typeof getCollectionUsage>[1]) => {
        const usage = await getCollectionUsage(app, caller, { collection: owner.collectionId });
        return new Map(usage.readers.map((reader) => [reader.organization?.id, reader]));
      };
      return { here, there, owner, own, other, director, readers };
    };

    it.each([true, false])(
      'of a community to its Director with TAXII users by organization and pseudonym, never with id or address (anonymity: %s)',
      async (anonymous) => {
        const { here, there, director, readers } = await shared('community', anonymous);
        const found = await readers(director);
        for (const { organization } of [here, there]) {
          const reader = found.get(organization.id);
          expect(reader).toMatchObject({
            account: { id: null, deleted: false },
            organization: { name: organization.name },
            lastPolledFrom: null,
            total: { polls: 1 },
          });
          expect(reader?.account.name).not.toMatch(/^poller/);
        }
      },
    );

    it('to a Director who administers an organization with the accounts of that one', async () => {
      const { here, there, own, owner, readers } = await shared('source', true);
      await giveCommunityRole(app, here.organization.administrator, owner, 'Director');
      const found = await readers(here.organization.administrator);
      expect(found.get(here.organization.id)).toMatchObject({
        account: { id: own.id, name: own.userName },
        lastPolledFrom: '192.0.2.1',
      });
      expect(found.get(there.organization.id)).toMatchObject({ account: { id: null }, lastPolledFrom: null });
    });

    it('of readers whose organization has left without telling who they are', async () => {
      const { there, director, owner, readers } = await shared('community', false);
      await inTransaction(app.db, (tx) =>
        tx
          .deleteFrom('memberships')
          .where('owner_id', '=', owner.id)
          .where('organization_id', '=', there.organization.id)
          .execute(),
      );
      expect((await readers(director)).get(undefined)).toMatchObject({
        account: { id: null, name: 'an account that is not listed' },
        organization: null,
        lastPolledFrom: null,
      });
    });

    it('to nobody who may not see the configuration of the collection, the account or the accounts', async () => {
      const { here, there, owner, own } = await shared('community', false);
      const standard = await newPerson(app, 'Standard User', here.organization);
      for (const caller of [standard, here.organization.administrator])
        expect(
          (await refusalOf(getCollectionUsage(app, caller, { collection: owner.collectionId }))).code,
        ).toBe('not_found');
      expect((await refusalOf(getAccountUsage(app, standard, { account: own.id }))).code).toBe('not_found');
      const elsewhere = there.organization.administrator;
      expect((await refusalOf(getAccountUsage(app, elsewhere, { account: own.id }))).code).toBe('not_found');
      const organization = here.organization.id;
      expect((await refusalOf(getOrganizationUsage(app, standard, { organization }))).code).toBe('forbidden');
      expect((await refusalOf(getOrganizationUsage(app, elsewhere, { organization }))).code).toBe(
        'not_found',
      );
    });

    it('to the administrator of an organization without the name of a community that it has left', async () => {
      const { here, own, owner } = await shared('community', false);
      const ask = async () =>
        (await getAccountUsage(app, here.organization.administrator, { account: own.id })).collections[0]
          ?.owner;
      expect(await ask()).toMatchObject({ id: owner.id, name: owner.name });
      await inTransaction(app.db, (tx) =>
        tx.deleteFrom('memberships').where('organization_id', '=', here.organization.id).execute(),
      );
      expect(await ask()).toBeNull();
    });
  });

  it('begin, on a database that is brought to this version, with what was added before', async () => {
    const { organization, user } = await newWorld();
    const writer = await user();
    const server = await startServer(app);
    await fetch(`${server.url}/intel/collections/${organization.collectionId}/objects/`, {
      method: 'POST',
      headers: { Accept: TAXII, 'Content-Type': TAXII, Authorization: basic(writer) },
      body: JSON.stringify({ objects: [4, 5].map((each) => indicator(each)) }),
    });
    await server.close(1000);
    await inTransaction(app.db, async (tx) => {
      for (const table of ['taxii_usage', 'object_additions']) await tx.schema.dropTable(table).execute();
      await migration0007.up(tx, engine);
    });
    const { collectionId: collection } = organization;
    const usage = await getCollectionUsage(app, organization.administrator, { collection });
    expect([usage.total.objectsAdded, usage.series.objectsAdded.at(-1), usage.total.polls]).toEqual([
      2, 2, 0,
    ]);
  });

  it('the instance tells a stranger whether it is set up, sends mail and takes passkeys, and nothing else', async () => {
    const fresh = await openTestApp(engine);
    try {
      const server = await startServer(fresh);
      const ask = async (host: string) =>
        (await restClient(server.url.replace('127.0.0.1', host)).request('GET', '/instance')).body;
      const view = { name: 'Taxiway', setUp: false, mailConfigured: false, passkeys: true };
      expect(await ask('localhost')).toEqual(view);
      expect(await ask('127.0.0.1')).toEqual({ ...view, passkeys: false });
      await createAdministrator(fresh, fresh.operator, {
        email: 'first@example.com',
        password: 'a pass phrase to begin with',
      });
      expect(await ask('localhost')).toEqual({ ...view, setUp: true });
      expect(Object.keys(getInstanceEndpoint.output.shape)).toHaveLength(4);
      await server.close(1000);
    } finally {
      await fresh.close();
    }
  });
});
