import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import {
  checkTaxii2Collection,
  createElasticInput,
  createOpenCtiIngester,
  mineMeldPoll,
  mispPull,
  openCtiConnectorWalk,
  taxii2Get,
  taxii2Pages,
  xsoarPoll,
} from './clients.ts';
import { expectError, expectPage, expectTaxii, idsOf, TIMESTAMP } from './shapes.ts';
import { SAMPLES } from './stix-samples.ts';
import { type Client, createClient, TAXII, talk } from './wire.ts';
import { fill, openWorld, type Place, placePath, ROOT, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.each(ENGINES)('clients that read, on %s', (engine) => {
  let world: World;
  let client: Client;
  let place: Place;
  let all: string[];
  beforeAll(async () => {
    world = await openWorld(engine);
    client = world.client;
    place = await world.newCommunity('Demo Organization');
    all = [...range(1, 20).map(id), ...SAMPLES.map((each) => each.id)];
    await fill(client, place.objects, [...range(1, 20).map((number) => indicator(number)), ...SAMPLES], 7);
  });
  afterAll(() => world?.close());

  it('C1 · taxii2client pages through objects, manifest and versions to their end, whatever the page size', async () => {
    for (const size of [0, 1, 7, 5000]) {
      for (const path of [place.objects, place.manifest]) {
        const pages = await taxii2Pages(client, path, size);
        expect(pages.flatMap(idsOf)).toEqual(all);
      }
    }
    await fill(
      client,
      place.objects,
      range(2, 6).map((day) => indicator(500, { modified: `2026-01-0${day}T00:00:00Z` })),
    );
    const versions = await taxii2Pages(client, `${place.objects}${id(500)}/versions/`, 2);
    expect(versions.flatMap((page) => page.versions ?? [])).toHaveLength(5);
    await client.delete(`${place.objects}${id(500)}/`);
  });

  it('C1, C13 · taxii2client finds its way from discovery through the default root to collections it accepts', async () => {
    const server = await taxii2Get(client, '/taxii2');
    expect(server.api_roots).toContain(server.default);
    const rootPath = new URL(String(server.default)).pathname;
    const root = await taxii2Get(client, rootPath);
    expect(root.versions).toContain(TAXII);
    const { collections = [] } = await taxii2Get(client, `${rootPath}collections/`);
    for (const collection of collections) {
      const url = `${rootPath}collections/${collection.id}/`;
      checkTaxii2Collection(url, await taxii2Get(client, url));
    }
    const chosen = collections.find(({ title }) => title === 'Demo Organization');
    const pages = await taxii2Pages(
      client,
      `${placePath(rootPath, String(chosen?.id))}objects/`,
      1000,
      'match[type]=indicator',
    );
    expect(pages.flatMap(idsOf)).toHaveLength(21);
  });

  it('C2 · stix2’s TAXIICollectionSource asks for 5,000 at a time, gets single objects, all versions, and 404 for unknown ones', async () => {
    const query = async (filters: string) =>
      (await taxii2Pages(client, place.objects, 5000, filters)).flatMap(idsOf);
    expect(await query('')).toEqual(all);
    expect(await query('match[type]=malware&match[version]=all')).toHaveLength(1);
    const object = await taxii2Get(client, `${place.objects}${id(3)}/`, '?match[version]=last');
    expect(object.objects?.[0]).toEqual(indicator(3));
    await expect(taxii2Get(client, `${place.objects}${id(999)}/`)).rejects.toThrow('HTTP 404');
  });

  it('C3, R5, R7 · OpenCTI’s ingester gets everything once, with a cursor cut to milliseconds and next beside a newer added_after', async () => {
    const service = await world.newService({ name: 'OpenCTI', path: 'opencti', defaultPageSize: 10 });
    const own = await world.newCommunity('For OpenCTI');
    await fill(
      client,
      own.objects,
      range(1, 25).map((number) => indicator(number)),
      25,
    );
    const run = createOpenCtiIngester(service, `${placePath('/opencti/', own.collectionId)}objects/`);
    const seen: string[] = [];
    for (let runs = 0; runs < 4; runs++) seen.push(...(await run()).ids);
    expect(seen).toEqual(range(1, 25).map(id));
    await fill(
      client,
      own.objects,
      range(26, 40).map((number) => indicator(number)),
      4,
    );
    for (let isDone = false; !isDone; ) {
      const result = await run();
      seen.push(...result.ids);
      isDone = result.isDone;
    }
    expect(seen).toEqual(range(1, 40).map(id));
    expect(await run()).toEqual({ ids: [], isDone: true });
  });

  it('C4, R4 · the OpenCTI connector sends nothing but next after the first page; a left-over next is refused elsewhere', async () => {
    const ids = await openCtiConnectorWalk(
      client,
      place.objects,
      'added_after=2000-01-01T00:00:00.000Z&match[type]=indicator',
    );
    expect(ids).toHaveLength(21);
    const other = await world.newCommunity('Other collection');
    const { next } = await taxii2Get(client, place.objects, '?limit=1');
    await expect(taxii2Get(client, other.objects, `?next=${next}`)).rejects.toThrow('HTTP 400');
    const titles = (await taxii2Get(client, `${ROOT}collections/`)).collections?.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles?.length);
  });

  it('C6, R6, R7, R9 · Elastic goes on by next, keeps the Last header, and starts with seconds or an offset', async () => {
    for (const [initial, url] of [
      ['2020-01-01T00:00:00Z', place.objects.slice(0, -1)],
      ['2020-01-01T02:00:00+02:00', place.objects],
    ] as const) {
      const poll = createElasticInput(client, url, 6);
      expect(await poll(initial)).toEqual(all);
      expect(await poll(initial)).toEqual([]);
      expect(await poll(initial)).toEqual([]);
      await fill(client, place.objects, [indicator(600), indicator(601)]);
      expect(await poll(initial)).toEqual([id(600), id(601)]);
      for (const number of [600, 601]) await client.delete(`${place.objects}${id(number)}/`);
    }
  });

  it('C7, R3 · FortiSOAR’s health check, its malformed Content-Type, its missing slash and its unescaped next', async () => {
    const health = await client.get(ROOT, { Accept: 'application/vnd.oasis.taxii+json;version=2.0' });
    expectTaxii(health, 200);
    const headers = {
      Accept: String(health.headers['content-type']),
      'Content-Type': 'taxii+json;version=2.1',
    };
    const path = place.objects.slice(0, -1);
    const first = await client.get(`${path}?limit=30`, headers);
    expectPage(first);
    const second = await client.get(`${path}?limit=100&next=${first.json.next}`, headers);
    expect([...idsOf(first.json), ...idsOf(second.json)]).toEqual(all);
  });

  it('C8, R19 · XSOAR picks a collection by its title, meets no empty page, and falls back only for another version', async () => {
    const { objects, cursor } = await xsoarPoll(client, place.objects, '2020-01-01T00:00:00Z', 4);
    expect(objects).toHaveLength(24);
    const again = await xsoarPoll(client, place.objects, cursor, 100);
    expect(again.objects).toHaveLength(24); // its cursor is a STIX time: it reads again, which does no harm
    for (const path of ['/taxii2/', place.objects]) {
      expectError(await client.get(path, { Accept: 'application/vnd.oasis.taxii+json; version=2.0' }), 406);
    }
    const { collections } = await taxii2Get(client, `${ROOT}collections/`);
    expect(collections?.filter(({ title }) => title === 'Demo Organization')).toHaveLength(1);
    const user = await createTaxiiUser(world.app, world.app.operator, {
      userName: 'xsoar',
      organization: world.home.name,
      service: 'intel',
      apiKey: true,
    });
    const token = createClient(world.port, `Token ${user.apiKey}`);
    expectTaxii(await token.get(ROOT), 200);
  });

  it('C9 · MISP pulls with doubled slashes, an empty next and the scheme in lower case', async () => {
    expect(await mispPull(client, place.path)).toEqual(all);
    const empty = await world.newCommunity('Nothing for MISP');
    expect(await mispPull(client, empty.path)).toEqual([]);
  });

  it('C10 · misp-modules filters by specification version', async () => {
    const pages = await taxii2Pages(client, place.objects, 100, 'match[spec_version]=2.1');
    expect(pages.flatMap(idsOf)).toEqual(all);
    const old = await taxii2Pages(client, place.objects, 100, 'match[spec_version]=2.0');
    expect(old.flatMap(idsOf)).toEqual([]);
  });

  it('C11, R13 · cytaxii2 finds an absolute default and sends a Content-Type on GET', async () => {
    const headers = { 'Content-Type': TAXII };
    const discovery = await client.get('/taxii2/', headers);
    const root = new URL(String(discovery.json.default));
    expectTaxii(await client.get(`${root.pathname}collections`, headers), 200);
    expectPage(await client.get(`${place.objects}?limit=2`, headers));
  });

  it('C12, C15 · Sentinel and Splunk ES take an API root with or without slash and a collection id, and get a stable order', async () => {
    for (const root of ['/intel', '/intel/']) {
      expectTaxii(await client.get(root), 200);
      expectTaxii(await client.get(`${root.replace(/\/$/, '')}/collections/${place.collectionId}`), 200);
    }
    const orders = new Set<string>();
    for (let polls = 0; polls < 3; polls++) orders.add((await client.get(`${place.objects}?limit=100`)).text);
    expect(orders.size).toBe(1);
  });

  it('C16 · Sumo Logic’s limit of 99, an API key in a header, and a key as password without a user name', async () => {
    const user = await createTaxiiUser(world.app, world.app.operator, {
      userName: 'sumo',
      organization: world.home.name,
      service: 'intel',
      apiKey: true,
    });
    const key = user.apiKey ?? '';
    for (const headers of [
      { Authorization: null, 'X-API-Key': key },
      { Authorization: `Bearer ${key}` },
      { Authorization: `Basic ${Buffer.from(`:${key}`).toString('base64')}` },
    ]) {
      expect(idsOf(expectPage(await client.get(`${place.objects}?limit=99`, headers)))).toEqual(all);
    }
  });

  it('C17, C18 · EclecticIQ finds valid date headers everywhere, and Trellix asks for 15,000', async () => {
    for (const path of [place.objects, place.manifest, `${place.objects}?match[type]=x-none`]) {
      for (const limit of ['100', '15000']) {
        const answer = await client.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}`);
        expectPage(answer);
        for (const name of ['x-taxii-date-added-first', 'x-taxii-date-added-last']) {
          expect(answer.headers[name]).toMatch(TIMESTAMP);
        }
      }
    }
  });

  it('C19 · a MineMeld that pages by next comes to an end', async () => {
    expect(await mineMeldPoll(client, place.objects, '2020-01-01T00:00:00Z')).toEqual(all);
    expect(await mineMeldPoll(client, place.objects, '2026-01-01T00:00:00.000Z')).toEqual(all);
  });

  it('C20 · curl and scripts: any Accept, no slash, no redirect', async () => {
    for (const accept of ['*/*', 'application/json', null]) {
      for (const path of ['/taxii2', '/intel', place.path.slice(0, -1), place.objects.slice(0, -1)]) {
        expectTaxii(await client.get(path, { Accept: accept, 'User-Agent': 'curl/8.5.0' }), 200);
        // curl --http2 over plain HTTP
        const upgrade = {
          Connection: 'Upgrade, HTTP2-Settings',
          Upgrade: 'h2c',
          'HTTP2-Settings': 'AAMAAABk',
        };
        expectTaxii(await client.get(path, { Accept: accept, ...upgrade }), 200);
      }
    }
  });

  it('C21 · a ThreatConnect customer’s configuration goes on working: a long prefix, the owner’s name as id, no slashes', async () => {
    const root = '/api/services/taxii/v2/taxii/tc_taxii';
    const migrated = await world.newService({ name: 'Migrated', path: root });
    const discovery = expectTaxii(await migrated.get('/api/services/taxii/v2/taxii/taxii2'), 200);
    expect(discovery.default).toBe(`http://127.0.0.1:${world.port}${root}/`);
    expectTaxii(await migrated.get(root), 200);
    const { collections } = expectTaxii(await migrated.get(`${root}/collections`), 200);
    expect(collections?.map(({ alias }) => alias)).toContain('Demo Organization');
    const path = `${root}/collections/Demo%20Organization`;
    expect(expectTaxii(await migrated.get(path), 200).id).toBe(place.collectionId);
    const page = expectPage(await migrated.get(`${path}/objects?limit=5`));
    expect(idsOf(page)).toEqual(all.slice(0, 5));
    const next = expectPage(await migrated.get(`${path}/objects?limit=5&next=${page.next}`));
    expect(idsOf(next)).toEqual(all.slice(5, 10));
    expectPage(await migrated.get(`${path}/manifest?limit=5`));
  });

  it('C22 · a TAXII 1.x client gets a clean refusal', async () => {
    const body = '<taxii_11:Discovery_Request message_id="1"/>';
    const headers = { 'Content-Type': 'application/xml', Accept: 'application/xml' };
    for (const path of ['/', '/services/discovery', '/taxii-discovery-service', place.objects]) {
      const answer = await client.post(path, body, headers);
      expect([404, 405, 406, 415]).toContain(answer.status);
      expectTaxii(answer, answer.status);
    }
    const { answers, broken } = await talk(
      world.port,
      [
        `POST /services/poll HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ],
      { answers: 1 },
    );
    expect([answers[0]?.status, broken]).toEqual([401, false]);
  });

  it('C23, R17 · ATT&CK tools send dozens of filtered requests for 5,000 objects at once, and none is throttled', async () => {
    const types = [...new Set(SAMPLES.map((each) => each.type))];
    const requests = [...types, ...types].map((type) =>
      taxii2Pages(client, place.objects, 5000, `match[type]=${type}`),
    );
    const pages = await Promise.all(requests);
    expect(pages.flat().flatMap(idsOf)).toHaveLength(2 * all.length);
  });
});
