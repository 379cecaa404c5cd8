import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine, outputOf } from '../testing/command-line.ts';
import { indicator } from '../testing/test-server.ts';

const { file, start, taxiway, answerOf } = openCommandLine();

beforeAll(async () => {
  await answerOf('organization', 'create', 'Acme Power', '--taxii-users', '3');
  await answerOf('source', 'create', 'Daily Feed');
  await answerOf('taxii-user', 'create', 'low', '--organization', 'Acme Power');
}, 60_000);

describe('the command line', () => {
  it('prints tables for people and one JSON document for machines', async () => {
    const { code, out } = await taxiway(['organization', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ORGANIZATION +TAXII USERS +USERS +API USERS\nAcme Power +1 of 3 /);
    expect(await answerOf('organization', 'list')).toMatchObject({
      organizations: [{ name: 'Acme Power', limits: { taxiiUsers: 3 }, used: { taxiiUsers: 1 } }],
    });
  });

  it('shows an example in the help of a command', async () => {
    const { code, out } = await taxiway(['member', 'add', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--default-role <role>');
    expect(out).toMatch(/Example:\n {2}taxiway member add /);
  });

  it.each([
    ['an unknown command', ['frobnicate'], 2],
    ['no command', ['organization'], 2],
    ['a number that is none', ['organization', 'create', 'X', '--taxii-users', 'many'], 2],
    ['a bad name', ['organization', 'create', 'a/b'], 2],
    ['an unknown role', ['member', 'add', 'a', '--organization', 'b', '--default-role', 'King'], 2],
    ['a setting that is none', ['serve', '--port', '99999'], 2],
    ['a port of the demo that is none', ['demo', '--port', '99999'], 2, '--port: '],
    ['a backup in a folder that is missing', ['backup', 'missing/x'], 2, 'does not exist'],
    [
      'a database that cannot be reached',
      ['organization', 'list', '--database-url', 'postgres://joe:canary@127.0.0.1:1/x'],
      1,
      'The database at 127.0.0.1:1 cannot be reached: connection refused',
    ],
    ['a file that is missing', ['import', 'missing.json', '--owner', 'Daily Feed'], 2],
    ['--as where no account can act', ['migrate', '--as', 'low'], 2],
    ['a name that is taken', ['organization', 'create', 'ACME power'], 1],
    ['an owner that is missing', ['import', 'package.json', '--owner', 'Nobody'], 1],
    ['an account that is missing', ['organization', 'list', '--as', 'nobody'], 1],
  ])('answers %s with one line and an exit code', async (_what, args, expected, words = '') => {
    const { code, out, err } = await taxiway(args);
    expect(err).toMatch(/^taxiway: [^\n]+\n$/);
    expect(err).toContain(words);
    expect(err).not.toContain('canary');
    expect({ code, out }).toEqual({ code: expected, out: '' });
  });

  it('gives an error as JSON where JSON was asked for', async () => {
    const { code, out, err } = await taxiway(['serve', '--port', '99999', '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'invalid_input', problems: [{ path: '--port' }] },
    });
  });

  it.each([
    ['creating an organization', ['organization', 'create', 'Other'], 'organization.create'],
    ['creating a source', ['source', 'create', 'Other'], 'owner.create'],
    [
      'creating a TAXII user',
      ['taxii-user', 'create', 'x', '--organization', 'Acme Power'],
      'account.create',
    ],
    ['creating a TAXII service', ['taxii-service', 'create', 'X', '--path', 'x'], 'taxiiService.create'],
    [
      'creating an Administrator',
      ['administrator', 'create', '--email', 'eve@example.org'],
      'instance.operate',
    ],
  ])('refuses %s as an account without the right', async (_what, args, permission) => {
    const { code, out, err } = await taxiway([...args, '--as', 'low', '--json']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'forbidden', permission } });
  });

  it('creates owners and members, and lets an administrator allow writing', async () => {
    const community = await answerOf('community', 'create', 'Power Exchange');
    const member = ['--organization', 'Acme Power', '--default-role', 'Editor'];
    expect(await answerOf('member', 'add', 'Power Exchange', ...member)).toMatchObject({
      defaultRole: 'Editor',
    });
    const id = String(community.collectionId);
    expect(await answerOf('collection', 'allow-write', id)).toMatchObject({ writable: true });
    expect(await answerOf('collection', 'allow-write', id, '--off')).toMatchObject({ writable: false });
    expect(await answerOf('collection', 'strict', id)).toMatchObject({ strict: true, writable: false });
    const { collections } = await answerOf('collection', 'list');
    expect(collections).toContainEqual(expect.objectContaining({ id, owner: 'Power Exchange' }));
  });

  it('creates an Administrator with a generated password, and one with a typed password', async () => {
    const create = ['administrator', 'create', '--email'];
    const generated = await answerOf(...create, 'jane@example.org', '--organization', 'Acme Power');
    expect(String(generated.password)).toHaveLength(24);
    const typed = [...create, 'joe@example.org', '--password-stdin', '--json'];
    const { code, out } = await taxiway(typed, 'correct horse battery\n');
    expect(code).toBe(0);
    expect(JSON.parse(out)).not.toHaveProperty('password');
    expect((await taxiway([...create, 'x@example.org', '--password-stdin'], 'short\n')).code).toBe(2);
    // The allowed twin of the refusals above.
    expect(await answerOf('organization', 'create', 'By Jane', '--as', 'jane@example.org')).toMatchObject({
      name: 'By Jane',
    });
  });

  it('takes a TAXII user from its creation to its deletion', async () => {
    const created = await answerOf(
      'taxii-user',
      'create',
      '--organization',
      'Acme Power',
      '--api-key',
      '--only',
      'Acme Power',
      'siem',
    );
    expect(created).toMatchObject({
      userName: 'siem',
      organizationRole: 'Standard User',
      contactEmail: null,
    });
    expect(String(created.apiKey)).toMatch(/^txwk_/);
    const rotated = await answerOf('taxii-user', 'rotate', 'siem', '--overlap', '12h');
    expect(rotated.password).not.toBe(created.password);
    expect(Date.parse(String(rotated.previousValidUntil))).toBeGreaterThan(Date.now());
    for (const [command, state] of [
      ['lock', 'locked'],
      ['unlock', 'active'],
      ['disable', 'disabled'],
      ['enable', 'active'],
    ] as const) {
      await answerOf('taxii-user', command, 'siem');
      const { taxiiUsers } = await answerOf('taxii-user', 'list');
      const { service } = created;
      expect(taxiiUsers).toMatchObject([
        { userName: 'low' },
        { userName: 'siem', status: { state }, service },
      ]);
    }
    await answerOf('taxii-user', 'delete', 'siem');
    expect((await taxiway(['taxii-user', 'lock', 'siem'])).code).toBe(1);
  }, 60_000);

  it('says with the numbers that the limit of TAXII users is reached', async () => {
    await answerOf('organization', 'limits', 'Acme Power', '--taxii-users', '1');
    const create = ['taxii-user', 'create', 'more', '--organization', 'Acme Power', '--json'];
    const { code, err } = await taxiway(create);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'limit_reached', max: 1, used: 1 } });
  });

  it('creates TAXII services and lists them', async () => {
    await answerOf('taxii-service', 'create', 'Partners', '--path', 'api/partners');
    const { services } = await answerOf('taxii-service', 'list');
    expect(services).toMatchObject([{ path: 'intel' }, { path: 'api/partners' }]);
  });

  it('has nothing to migrate twice', async () => {
    expect(await answerOf('migrate')).toEqual({ applied: [] });
  });
});

describe('importing on the command line', () => {
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${JSON.stringify(indicator(from + index))}\n`).join('');

  it('counts, writes what is refused with reasons, and changes nothing the second time', async () => {
    writeFileSync(file('feed.jsonl'), `${lines(0, 3)}{"type": "indicator"}\nnot JSON\n${lines(3, 2)}`);
    const run = ['import', file('feed.jsonl'), '--owner', 'Daily Feed', '--refused', file('refused.jsonl')];
    expect(await answerOf(...run)).toMatchObject({ files: [{ added: 5, alreadyThere: 0, refused: 2 }] });
    const refused = readFileSync(file('refused.jsonl'), 'utf8').trimEnd().split('\n');
    expect(refused.map((line): unknown => JSON.parse(line))).toMatchObject([
      { file: file('feed.jsonl'), line: 4, index: 3, object: { type: 'indicator' } },
      { file: file('feed.jsonl'), line: 5, index: 4 },
    ]);
    expect(await answerOf(...run)).toMatchObject({ files: [{ added: 0, alreadyThere: 5, refused: 2 }] });
  });

  it('reads standard input', async () => {
    const { code, out } = await taxiway(['import', '-', '--owner', 'Daily Feed', '--json'], lines(100, 4));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ files: [{ file: '-', added: 4 }] });
  });

  it('says in one line that a file is no STIX, and counts each file and the kinds of warnings', async () => {
    const text = 'README.md';
    const nothing = await taxiway(['import', text, '--owner', 'Daily Feed']);
    expect(nothing).toMatchObject({ code: 1, out: '' });
    expect(nothing.err).toMatch(/^taxiway: Nothing was imported from README\.md: no JSON object [^\n]+\n$/);
    const odd = [400, 401].map((number) => indicator(number, { x_list: [] }));
    writeFileSync(file('odd.json'), JSON.stringify(odd));
    const files = [file('odd.json'), file('feed.jsonl'), 'package.json'];
    const { code, out, err } = await taxiway(['import', ...files, '--owner', 'Daily Feed']);
    expect(code).toBe(1);
    expect(out.split('\n')).toMatchObject([
      expect.stringMatching(/odd\.json: 2 added, 0 already there, 0 refused$/),
      expect.stringMatching(/feed\.jsonl: 0 added, 5 already there, 2 refused$/),
      expect.stringMatching(/package\.json: 0 added, 0 already there, 1 refused$/),
      'Imported 3 files.',
      expect.stringMatching(/^ {2}Added +2, 2 of them with warnings$/),
      expect.stringMatching(/^ {2}Already there +5$/),
      expect.stringMatching(/^ {2}Refused +3 /),
      'Warnings, by number of objects:',
      expect.stringMatching(/^ {2}2 {2}x_list: a list must not be empty /),
      '',
    ]);
    expect(err).toMatch(/^taxiway: Nothing was imported from package\.json: its only object was refused/);
  });

  it('keeps what came before a break, goes on with the next file, and fails', async () => {
    writeFileSync(file('broken.json'), `{"type": "bundle", "objects": [${lines(200, 1).trim()}, ]}`);
    writeFileSync(file('whole.jsonl'), lines(201, 2));
    const files = [file('broken.json'), file('whole.jsonl')];
    const { code, out, err } = await taxiway(['import', ...files, '--owner', 'Daily Feed', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ files: [{ added: 1 }, { added: 2 }] });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'unprocessable', files: [{ reason: 'malformed' }] },
    });
  });

  it('is refused as an account that does not see the owner', async () => {
    writeFileSync(file('one.jsonl'), lines(300, 1));
    const { code, out } = await taxiway([
      'import',
      file('one.jsonl'),
      '--owner',
      'Daily Feed',
      '--as',
      'low',
    ]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('says what was kept when it is interrupted, even while standard input is silent', async () => {
    const child = start(['import', '-', '--owner', 'Daily Feed', '--json']);
    const output = outputOf(child);
    const closed = once(child, 'close');
    const database = new DatabaseSync(file('data/taxiway.db'), { readOnly: true, timeout: 5000 });
    const stored = () => Number(database.prepare('select count(*) as count from objects').get()?.count);
    const before = stored();
    // Standard input stays open: without the signal the import would wait for ever.
    child.stdin?.write(lines(1000, 2500));
    for (const deadline = Date.now() + 20_000; stored() === before && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await closed).toEqual([1, null]);
    const [imported] = (JSON.parse(output.out) as { files: { added: number }[] }).files;
    expect(imported).toMatchObject({ stopped: { reason: 'interrupted' } });
    expect(imported?.added).toBeGreaterThan(0);
    expect(stored() - before).toBe(imported?.added);
    database.close();
  });
});
