import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { expectPage, expectStatus, idsOf } from './shapes.ts';
import { CASES, type Verdict } from './stix-cases.ts';
import { SAMPLES, sample, uuid } from './stix-samples.ts';
import { fill, openWorld, type Place, type World } from './world.ts';

describe.each(ENGINES)('STIX checks on %s', (engine) => {
  let world: World;
  let lenient: Place;
  let strict: Place;
  beforeAll(async () => {
    world = await openWorld(engine);
    lenient = await world.newCommunity('Lenient');
    strict = await world.newCommunity('Strict');
    await world.setStrict(strict);
  });
  afterAll(() => world?.close());

  async function verdict(place: Place, object: unknown, says: RegExp | undefined): Promise<Verdict> {
    const status = expectStatus(await world.client.post(place.objects, { objects: [object] }));
    const id = status.successes?.[0]?.id;
    if (id !== undefined) await world.client.delete(`${place.objects}${encodeURIComponent(id)}/`);
    const message = status.failures?.[0]?.message ?? status.successes?.[0]?.message;
    if (message !== undefined) {
      if (says !== undefined) expect(message).toMatch(says);
      expect(message).toMatch(/STIX 2\.[01]|RFC/);
    }
    if (status.failure_count === 1) return 'refused';
    return message === undefined ? 'taken' : 'warned';
  }

  it.each(CASES)(
    '%s · %s is judged as documented, by a lenient and by a strict collection',
    async (_check, _what, object, inLenient, inStrict, says) => {
      expect(await verdict(lenient, object, says)).toBe(inLenient);
      expect(await verdict(strict, object, says)).toBe(inStrict);
    },
  );

  it('S1, S23 · one object of each of the types of STIX 2.1 is taken by both', async () => {
    for (const place of [lenient, strict]) {
      await fill(world.client, place.objects, SAMPLES);
      const page = expectPage(await world.client.get(place.objects));
      expect(idsOf(page)).toEqual(SAMPLES.map((each) => each.id));
      for (const each of SAMPLES) {
        const found = expectPage(await world.client.get(`${place.objects}${each.id}/`));
        expect(found.objects).toEqual([each]);
      }
    }
  });

  it('S10 · a first version with modified later than created is taken, as the first that is held need not be the first there was', async () => {
    const later = sample('tool', { id: `tool--${uuid(500)}`, modified: '2026-05-01T00:00:00.000Z' });
    expect(await verdict(lenient, later, undefined)).toBe('taken');
    expect(await verdict(strict, later, undefined)).toBe('taken');
  });

  it('S11 · a version by another creator, or with another created, is taken with a warning', async () => {
    const base = { id: `tool--${uuid(600)}`, created_by_ref: `identity--${uuid(1)}` };
    await fill(world.client, lenient.objects, [sample('tool', base)]);
    const next = sample('tool', {
      ...base,
      created: '2025-12-01T00:00:00.000Z',
      modified: '2026-02-01T00:00:00.000Z',
      created_by_ref: `identity--${uuid(2)}`,
    });
    const status = expectStatus(await world.client.post(lenient.objects, { objects: [next] }));
    expect(status.success_count).toBe(1);
    expect(status.successes?.[0]?.message).toMatch(/created_by_ref/);
    expect(status.successes?.[0]?.message).toMatch(/created:/);
  });

  it('S12 · a version after a revoked one is taken with a warning, and refused by a strict collection', async () => {
    for (const [place, taken] of [
      [lenient, 1],
      [strict, 0],
    ] as const) {
      const id = `tool--${uuid(700)}`;
      await fill(world.client, place.objects, [sample('tool', { id, revoked: true })]);
      const later = sample('tool', { id, modified: '2026-02-01T00:00:00.000Z' });
      const status = expectStatus(await world.client.post(place.objects, { objects: [later] }));
      expect(status.success_count).toBe(taken);
      expect((status.successes ?? status.failures)?.[0]?.message).toMatch(/revoked/);
      const shown = expectPage(await world.client.get(`${place.objects}${id}/`)).objects?.[0];
      expect(shown?.revoked).toBe(taken === 1 ? undefined : true);
    }
  });

  it('S13 · the same version with other content is refused by both', async () => {
    for (const place of [lenient, strict]) {
      const id = `tool--${uuid(800)}`;
      await fill(world.client, place.objects, [sample('tool', { id })]);
      expect(await verdictKept(place, sample('tool', { id, name: 'other' }))).toBe('refused');
      expect(await verdictKept(place, sample('tool', { id }))).toBe('taken');
    }
  });
  async function verdictKept(place: Place, object: unknown): Promise<Verdict> {
    const status = expectStatus(await world.client.post(place.objects, { objects: [object] }));
    return status.failure_count === 1 ? 'refused' : 'taken';
  }

  it('S5, S13 · an observable has no version: other content under its id is a new version, the same content is not', async () => {
    const one = { type: 'file', id: `file--${uuid(900)}`, name: 'a.exe' };
    await fill(world.client, lenient.objects, [one]);
    await fill(world.client, lenient.objects, [one]);
    await fill(world.client, lenient.objects, [{ ...one, size: 5 }]);
    await fill(world.client, lenient.objects, [one]);
    const versions = expectPage(await world.client.get(`${lenient.objects}${one.id}/versions/`)).versions;
    expect(versions?.length).toBe(2);
    const shown = expectPage(await world.client.get(`${lenient.objects}${one.id}/`)).objects;
    expect(shown).toEqual([{ ...one, size: 5 }]);
  });

  it('S28 · an object is at most as large as a request may be, and large ones are stored', async () => {
    const large = sample('note', { id: `note--${uuid(1000)}`, content: 'x'.repeat(3_000_000) });
    await fill(world.client, lenient.objects, [large]);
    expect(expectPage(await world.client.get(`${lenient.objects}${large.id}/`)).objects).toEqual([large]);
  });
});
