import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { addMember, createOwner, type NewOwner } from '../owners/owners.service.ts';
import {
  listConfiguredCollections,
  setCollectionStrict,
  setCollectionWritable,
} from './collections.service.ts';
import { findCollection } from './collections.store.ts';

describe.each(ENGINES)('switching writing over TAXII on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let community: NewOwner;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Ports' });
    await addMember(app, app.operator, {
      owner: community.name,
      organization: organization.name,
      defaultRole: 'Editor',
    });
  });
  afterAll(async () => await app?.close());

  const writable = async (id: string) => (await findCollection(app.db.read, id))?.writable;
  const missing = (id: string) => ({
    code: 'not_found',
    details: { message: `There is no collection ${id}.` },
  });

  it('a collection accepts no writing at first', async () => {
    expect(await writable(organization.collectionId)).toBe(0);
  });

  it('works as Organization Administrator in its own collection, on and off', async () => {
    const { administrator, collectionId } = organization;
    expect(await setCollectionWritable(app, administrator, collectionId, true)).toMatchObject({
      writable: true,
    });
    expect(await writable(collectionId)).toBe(1);
    await setCollectionWritable(app, administrator, collectionId.toUpperCase(), false);
    expect(await writable(collectionId)).toBe(0);
  });

  it.each(['Standard User', 'Read Only User'] as const)(
    'finds no collection as %s of the organization, who may not see settings',
    async (person) => {
      const caller = await newPerson(app, person, organization);
      const id = organization.collectionId;
      expect(await refusalOf(setCollectionWritable(app, caller, id, true))).toEqual(missing(id));
      expect(await writable(id)).toBe(0);
    },
  );

  it('finds no collection as Organization Administrator of another organization, like one that does not exist', async () => {
    const { administrator } = await newOrganization(app);
    for (const id of [organization.collectionId, app.ids.uuid(), 'nothing'])
      expect(await refusalOf(setCollectionWritable(app, administrator, id, true))).toEqual(missing(id));
  });

  it.each(['Operations Administrator', 'Accounts Administrator', 'Community Leader'] as const)(
    'is forbidden as %s, who sees the collection',
    async (person) => {
      const caller = await newPerson(app, person, organization);
      const refusal = await refusalOf(setCollectionWritable(app, caller, organization.collectionId, true));
      expect(refusal).toEqual({ code: 'forbidden', details: { permission: 'collection.configure' } });
    },
  );

  it.each(['Administrator', 'Super User'] as const)('works as %s everywhere', async (person) => {
    const caller = await newPerson(app, person, await newOrganization(app));
    for (const { collectionId } of [organization, community]) {
      await setCollectionWritable(app, caller, collectionId, true);
      expect(await writable(collectionId)).toBe(1);
      await setCollectionWritable(app, caller, collectionId, false);
    }
  });

  it('works in a community as its Director, and not as its Editor, whatever it is at home', async () => {
    const director = await newPerson(app, 'Standard User', await newOrganization(app));
    await giveCommunityRole(app, director, community, 'Director');
    await setCollectionWritable(app, director, community.collectionId, true);
    expect(await writable(community.collectionId)).toBe(1);
    const refusal = await refusalOf(
      setCollectionWritable(app, organization.administrator, community.collectionId, false),
    );
    expect(refusal.code).toBe('not_found');
    expect(await writable(community.collectionId)).toBe(1);
  });

  it('switches the strict checks in the same way, and by the same people', async () => {
    const own = await newOrganization(app);
    expect(await setCollectionStrict(app, own.administrator, own.collectionId, true)).toMatchObject({
      strict: true,
      writable: false,
    });
    expect(await setCollectionStrict(app, own.administrator, own.collectionId, false)).toMatchObject({
      strict: false,
    });
    const stranger = (await newOrganization(app)).administrator;
    expect(await refusalOf(setCollectionStrict(app, stranger, own.collectionId, true))).toEqual(
      missing(own.collectionId),
    );
  });

  it('leaves one event with the value before and after, which the organization may see', async () => {
    const own = await newOrganization(app);
    await setCollectionWritable(app, own.administrator, own.collectionId, true);
    const events = (await auditTrail(app, own.id)).filter((event) => event.target_kind === 'collection');
    expect(events).toMatchObject([
      {
        action: 'collection.writable',
        target_id: own.collectionId,
        target_name: own.name,
        details: { writable: { before: false, after: true } },
      },
    ]);
  });

  it('the list shows each asker the collections whose settings it may see', async () => {
    const ids = async (caller: Parameters<typeof listConfiguredCollections>[1]) =>
      (await listConfiguredCollections(app, caller)).items.map((row) => row.id).sort();
    const everything = await ids(app.operator);
    expect(everything).toContain(organization.collectionId);
    expect(everything).toContain(community.collectionId);
    expect(await ids(await newPerson(app, 'Accounts Administrator', organization))).toEqual(everything);
    expect(await ids(organization.administrator)).toEqual([organization.collectionId]);
    expect(await ids(await newPerson(app, 'Standard User', organization))).toEqual([]);
    const director = await newPerson(app, 'Standard User', organization);
    await giveCommunityRole(app, director, community, 'Director');
    expect(await ids(director)).toEqual([community.collectionId]);
  });
});
