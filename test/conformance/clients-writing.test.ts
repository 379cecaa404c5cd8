import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { checkTaxii2Status, taxii2Get } from './clients.ts';
import { expectError, expectPage, expectStatus, expectTaxii, idsOf } from './shapes.ts';
import { uuid } from './stix-samples.ts';
import { TAXII } from './wire.ts';
import { openWorld, type Place, placePath, ROOT, type World } from './world.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const bundle = (objects: unknown[]) => ({ type: 'bundle', id: `bundle--${uuid(1)}`, objects });

describe.each(ENGINES)('clients that write, on %s', (engine) => {
  let world: World;
  let place: Place;
  beforeAll(async () => {
    world = await openWorld(engine);
    place = await world.newCommunity('Written');
  });
  afterAll(() => world?.close());

  it('C1, C2, R11 · stix2’s TAXIICollectionSink posts a bundle, and taxii2client’s Status accepts what it gets', async () => {
    const collection = await taxii2Get(world.client, place.path);
    expect(collection.can_write).toBe(true);
    const answer = await world.client.post(
      place.objects,
      bundle([indicator(1), indicator(2), { type: 'x' }]),
      {
        Accept: TAXII,
        'Content-Type': TAXII,
      },
    );
    const status = expectStatus(answer);
    checkTaxii2Status(status);
    const refreshed = await taxii2Get(world.client, `${ROOT}status/${status.id}/`);
    checkTaxii2Status(refreshed);
    expect(refreshed).toEqual(status);
  });

  it('C5, R2, R11 · OpenCTI’s stream connector posts one object a time as a STIX bundle', async () => {
    for (const number of range(10, 30)) {
      const answer = await world.client.post(place.objects, bundle([indicator(number)]), {
        Accept: 'application/taxii+json; version=2.1',
        'Content-Type': 'application/stix+json; version=2.1',
      });
      expect(expectStatus(answer).success_count).toBe(1);
    }
  });

  it('C9, R12 · MISP fills envelopes up to exactly max_content_length', async () => {
    const misp = await world.newService({ name: 'MISP', path: 'misp', maxContentLength: 4000 });
    const max = Number((await taxii2Get(misp, '/misp/')).max_content_length);
    const objects = range(100, 130).map((number) => JSON.stringify(indicator(number)));
    const path = `/${placePath('/misp/', place.collectionId)}objects/`; // MISP's double slash
    let sent = 0;
    while (sent < objects.length) {
      const part: string[] = [];
      while (sent < objects.length && `{"objects":[${[...part, objects[sent]].join(',')}]}`.length <= max) {
        part.push(objects[sent++] ?? '');
      }
      // Blanks up to the last octet.
      const body = `{"objects":[${part.join(',')}]}`;
      const padded = body.replace('{"objects":[', `{"objects":[${' '.repeat(max - body.length)}`);
      expect(padded.length).toBe(max);
      expect(expectStatus(await misp.post(path, padded)).success_count).toBe(part.length);
    }
    const ids = idsOf(expectPage(await world.client.get(place.objects)));
    for (const number of range(100, 130)) expect(ids).toContain(String(indicator(number).id));
  });

  it('C11 · cytaxii2 posts bundles with the TAXII content type', async () => {
    const answer = await world.client.post(place.objects, bundle([indicator(200)]), {
      'Content-Type': TAXII,
    });
    expect(expectStatus(answer).success_count).toBe(1);
  });

  it('C14 · Splunk CTIS offers the collections that the user may write, and finds right counts', async () => {
    await world.newCommunity('Not written', 'User');
    const { collections = [] } = await taxii2Get(world.client, `${ROOT}collections/`);
    for (const collection of collections) {
      const path = `${placePath(ROOT, String(collection.id))}objects/`;
      const answer = await world.client.post(path, { objects: [indicator(300)] });
      if (collection.can_write === true) checkTaxii2Status(expectStatus(answer));
      else expectError(answer, 403);
    }
    expect(collections.some(({ can_write: may }) => may === false)).toBe(true);
  });

  it('C5, item 163 · many clients that post one object each do not hinder one another', async () => {
    const busy = await world.newCommunity('Tiny posts');
    const answers = await Promise.all(
      range(1, 40).map((number) => world.client.post(busy.objects, { objects: [indicator(number)] })),
    );
    for (const answer of answers) expectStatus(answer);
    expect(idsOf(expectPage(await world.client.get(busy.objects))).sort()).toEqual(
      range(1, 40).map((number) => String(indicator(number).id)),
    );
    expectTaxii(await world.client.get(busy.path), 200);
  });
});
