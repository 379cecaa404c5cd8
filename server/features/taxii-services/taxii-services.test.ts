import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateTaxiiServiceInput } from '../../../contract/taxii-services.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiService, listTaxiiServices } from './taxii-services.service.ts';

let number = 0;

describe.each(ENGINES)('a TAXII service on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    administrator = await newPerson(app, 'Administrator', organization);
  });
  afterAll(async () => await app?.close());

  const create = (changes: Partial<CreateTaxiiServiceInput> = {}, caller: Someone = administrator) => {
    number++;
    return createTaxiiService(app, caller, { name: `Feed ${number}`, path: `feed-${number}`, ...changes });
  };

  it('exists once on a fresh install, at /intel/, for every organization', async () => {
    const [first] = (await listTaxiiServices(app, administrator)).items;
    expect(first).toMatchObject({
      path: 'intel',
      allOrganizations: true,
      organizations: [],
      strict: false,
      defaultPageSize: 1000,
      maxPageSize: 10_000,
      maxPageBytes: 20_000_000,
      responsible: null,
    });
  });

  describe('is created', () => {
    it('by an Administrator, who becomes its responsible account', async () => {
      const service = await create({ title: 'A title', description: 'What it is for', strict: true });
      expect(service).toMatchObject({
        title: 'A title',
        description: 'What it is for',
        strict: true,
        allOrganizations: true,
        responsible: { id: administrator.accountId, name: administrator.userName },
        defaultPageSize: 1000,
        maxPageSize: 10_000,
        version: 1,
        abilities: { edit: true, delete: true },
      });
    });

    it.each([
      'Operations Administrator',
      'Accounts Administrator',
      'Community Leader',
      'Super User',
      'Organization Administrator',
      'Standard User',
    ] as const)('not by the %s', async (person) => {
      const caller = await newPerson(app, person, organization);
      const before = await listTaxiiServices(app, administrator);
      expect((await refusalOf(create({}, caller))).code).toBe('forbidden');
      expect(await listTaxiiServices(app, administrator)).toEqual(before);
    });

    it('under its name where no title is given', async () => {
      const service = await create();
      expect(service.title).toBe(service.name);
    });

    it('for some organizations only', async () => {
      const service = await create({ organizations: [organization.name.toUpperCase()] });
      expect(service.allOrganizations).toBe(false);
      expect(service.organizations).toEqual([{ id: organization.id, name: organization.name }]);
      const rows = await app.db.read
        .selectFrom('taxii_service_organizations')
        .selectAll()
        .where('service_id', '=', service.id)
        .execute();
      expect(rows).toEqual([{ service_id: service.id, organization_id: organization.id }]);
    });

    it('for an organization that is named twice, once', async () => {
      const service = await create({ organizations: [organization.name, organization.name.toLowerCase()] });
      expect(service.organizations).toHaveLength(1);
    });

    it('not for an organization that does not exist', async () => {
      expect((await refusalOf(create({ organizations: ['Nothing'] }))).code).toBe('not_found');
    });

    it('with one event of the instance', async () => {
      const service = await create();
      const events = (await auditTrail(app)).filter((event) => event.target_id === String(service.id));
      expect(events.filter((event) => event.target_kind === 'taxii_service')).toMatchObject([
        { action: 'taxiiService.create', organization_id: null, details: { path: service.path } },
      ]);
    });
  });

  describe('has a path', () => {
    it.each([
      ['of one segment', 'North', 'North'],
      ['of several segments, as clients are already configured with', 'api/services/7/tc_taxii', undefined],
      ['whose outer slashes do not count', '/east/feed/', 'east/feed'],
    ])('%s', async (_, path, stored) => {
      expect((await create({ path })).path).toBe(stored ?? path);
    });

    it.each([
      ['empty', '/'],
      ['with an empty segment', 'a//b'],
      ['with a dot', 'a/../b'],
      ['with a blank', 'a b'],
      ['with a percent sign', 'a%2fb'],
      ['with a question mark', 'a?b'],
      ['that begins with a hyphen', '-a'],
      ['of the discovery endpoint', 'taxii2'],
      ['of the REST API', 'api/v3'],
      ['with the name of an endpoint in it', 'feeds/collections'],
      ['of health checks', 'healthz'],
    ])('that is not %s', async (_, path) => {
      expect(await refusalOf(create({ path }))).toMatchObject({
        code: 'invalid_input',
        details: { problems: [{ path: 'path' }] },
      });
    });

    it('that no other service has', async () => {
      const { path, name } = await create();
      expect(await refusalOf(create({ path: `/${path}/` }))).toEqual({
        code: 'name_taken',
        details: { message: `The TAXII service "${name}" at /${path}/ has that name or path already.` },
      });
    });

    it('that no other service has in another letter case', async () => {
      const { path } = await create();
      expect((await refusalOf(create({ path: path.toUpperCase() }))).code).toBe('name_taken');
    });
  });

  it('has a name that no other service has, without regard to case', async () => {
    const { name } = await create();
    expect((await refusalOf(create({ name: name.toUpperCase() }))).code).toBe('name_taken');
  });

  it('has a name that is not the path of another, so that one word names one service', async () => {
    const { path } = await create();
    expect((await refusalOf(create({ name: path }))).code).toBe('name_taken');
    const { name } = await create({ name: `word-${++number}` });
    expect((await refusalOf(create({ path: name }))).code).toBe('name_taken');
  });

  it('of one name is created once by those who ask at once', async () => {
    const name = `Wanted ${++number}`;
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => create({ name })));
    const codes = outcomes.map((o) => (o.status === 'fulfilled' ? 'created' : Reflect.get(o.reason, 'code')));
    expect(codes.sort()).toEqual(['created', ...Array.from({ length: 5 }, () => 'name_taken')]);
  });

  it.each<[string, Partial<CreateTaxiiServiceInput>]>([
    ['a page size of none', { defaultPageSize: 0 }],
    ['a page size beyond 10,000', { maxPageSize: 10_001 }],
    ['a default beyond the maximum', { defaultPageSize: 100, maxPageSize: 10 }],
    ['pages too small for an object', { maxPageBytes: 10 }],
    ['requests too small for an object', { maxContentLength: 10 }],
    ['no organization at all', { organizations: [] }],
    ['a title of blanks', { title: '  ' }],
  ])('is refused with %s', async (_, changes) => {
    expect((await refusalOf(create(changes))).code).toBe('invalid_input');
  });

  describe('in the list', () => {
    it.each([
      'Administrator',
      'Operations Administrator',
      'Accounts Administrator',
      'Community Leader',
      'Super User',
    ] as const)('is seen by the %s, whoever may use it', async (person) => {
      const other = await newOrganization(app);
      const { id } = await create({ organizations: [other.name] });
      const { items } = await listTaxiiServices(app, await newPerson(app, person, organization));
      expect(items.map((service) => service.id)).toContain(id);
    });

    it('is seen by the Organization Administrator where its organization may use it (“select the Service in the dropdown”)', async () => {
      const other = await newOrganization(app);
      const mine = await create({ organizations: [organization.name] });
      const theirs = await create({ organizations: [other.name] });
      const everybodys = await create();
      const services = (await listTaxiiServices(app, organization.administrator)).items.map(({ id }) => id);
      expect(services).toContain(mine.id);
      expect(services).toContain(everybodys.id);
      expect(services).not.toContain(theirs.id);
    });

    it.each(['Standard User', 'Read Only User'] as const)('is not seen by the %s', async (person) => {
      const caller = await newPerson(app, person, organization);
      expect((await refusalOf(listTaxiiServices(app, caller))).code).toBe('forbidden');
    });
  });
});
