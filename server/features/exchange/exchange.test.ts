import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator, serveTestApp, type TestServer } from '../../testing/test-server.ts';

const TAXII = 'application/taxii+json;version=2.1';

describe.each(ENGINES)('a TAXII user on %s', (engine) => {
  let app: TestApp;
  let served: TestServer;
  let collection: string;
  beforeAll(async () => {
    app = await openTestApp(engine);
    served = await serveTestApp(app);
    collection = `${served.server.url}/intel/collections/${served.organization.collectionId}`;
  });
  afterAll(async () => {
    await served?.close();
    await app?.close();
  });
  const request = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { Accept: TAXII, Authorization: served.authorization, ...init.headers } });

  it('adds objects and reads them back byte by byte', async () => {
    const texts = [
      JSON.stringify(indicator(1, { x_big: 1 })).replace('"x_big":1', '"x_big":12345678901234567890.0'),
      JSON.stringify(indicator(2, { name: '🛰 "quoted" \u202e' }), null, 2),
    ];
    const added = await request(`${collection}/objects/`, {
      method: 'POST',
      headers: { 'Content-Type': TAXII },
      body: `{"objects":[${texts.join(', ')}]}`,
    });
    expect(added.status).toBe(202);
    expect(await added.json()).toMatchObject({
      status: 'complete',
      total_count: 2,
      success_count: 2,
      failure_count: 0,
    });
    const page = await request(`${collection}/objects/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toBe(`{"more":false,"objects":[${texts.join(',')}]}`);
  });

  it('is refused with a wrong password, and told nothing', async () => {
    const answer = await fetch(`${collection}/objects/`, {
      headers: {
        Accept: TAXII,
        Authorization: `Basic ${Buffer.from('harbour-siem:wrong').toString('base64')}`,
      },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
    expect(await answer.json()).toMatchObject({ http_status: '401' });
  });
});
