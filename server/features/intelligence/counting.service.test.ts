import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator } from '../../testing/test-server.ts';
import { countIntelligence } from './counting.service.ts';
import { importObjects } from './import.service.ts';

describe.each(ENGINES)('counting what an owner holds on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());

  it('counts an object once, however many versions it has', async () => {
    const { name } = organization;
    const identity = {
      type: 'identity',
      spec_version: '2.1',
      id: 'identity--00000000-0000-4000-8000-000000000001',
      created: '2026-01-01T00:00:00.000Z',
      modified: '2026-01-01T00:00:00.000Z',
      name: 'Harbour Watch',
    };
    const objects = [
      indicator(1),
      indicator(1, { modified: '2026-01-02T00:00:00.000Z' }),
      indicator(2),
      identity,
    ];
    async function* source() {
      yield Buffer.from(JSON.stringify(objects));
    }
    await importObjects(app, app.operator, { owner: name }, source());
    expect(await countIntelligence(app, app.operator, name)).toEqual({
      objects: 3,
      versions: 4,
      indicators: 2,
    });
  });

  it('is forbidden to administrators, and not found for an owner that is missing', async () => {
    const { administrator, name } = organization;
    for (const caller of [administrator, await newPerson(app, 'Administrator', organization)])
      expect((await refusalOf(countIntelligence(app, caller, name))).code).toBe('forbidden');
    expect((await refusalOf(countIntelligence(app, app.operator, 'Nobody'))).code).toBe('not_found');
  });
});
