import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction, rawQuery } from '../../server/db/transaction.ts';
import { deleteTaxiiUser, disableTaxiiUser } from '../../server/testing/account-changes.ts';
import { type ServerProcess, startCommand, startServerProcess } from '../../server/testing/processes.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { type Instance, openInstance } from './instance.ts';
import { send, type Target } from './processes/taxii-client.ts';

const TYPED = 'Canary-typed-password-1';
const CHANGED = 'Canary-changed-password-2';
const WRONG = 'Canary-wrong-password-3';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** All that is stored, as text. */
async function everythingStored({ app }: Instance): Promise<string> {
  const texts: string[] = [];
  for (const { name } of await app.db.read.introspection.getTables()) {
    const rows = await inTransaction(app.db, (tx) => rawQuery(tx, `select * from ${name}`, []));
    texts.push(`${name}: ${JSON.stringify(rows)}`);
  }
  return texts.join('\n');
}

describe.each(ENGINES)('passwords, keys and Authorization values on %s', (engine) => {
  let instance: Instance;
  let server: ServerProcess | undefined;
  beforeEach(async () => {
    instance = await openInstance(engine, { logLevel: 'trace' });
    server = await startServerProcess(instance.app.config);
  });
  afterEach(async () => {
    await server?.end();
    await instance?.close();
  });

  it('are in no log and in no table, whatever clients and operators do with them', {
    timeout: 60_000,
  }, async () => {
    const { app, owner } = instance;
    /** What must not be found, by what it is. */
    const canaries = new Map([
      ['the typed password', TYPED],
      ['the changed password', CHANGED],
      ['the wrong password', WRONG],
    ]);
    const written: string[] = [];
    const command = async (args: string[], input = '') => {
      const run = startCommand(app.config, [...args, '--json'], { TAXIWAY_LOG_LEVEL: 'trace' });
      run.child.stdin?.end(input);
      expect((await run.ended).code, run.stderr()).toBe(0);
      written.push(run.stderr());
      return JSON.parse(run.stdout()) as { password?: string; apiKey?: string };
    };
    const target = (authorization: string): Target => ({
      urls: [server?.url ?? ''],
      collection: owner.collectionId,
      authorization,
    });
    const ask = async (authorization: string, name: string) => {
      const token = authorization.split(' ').at(-1) ?? '';
      if (token.length >= 12) canaries.set(`the Authorization of ${name}`, token);
      const { status } = await send(target(authorization), 'objects/?limit=1');
      return status;
    };

    const create = ['taxii-user', 'create', 'typed-siem', '--organization', owner.name, '--password-stdin'];
    await command(create, `${TYPED}\n`);
    const made = await command([
      'taxii-user',
      'create',
      'made-siem',
      '--organization',
      owner.name,
      '--api-key',
    ]);
    const { password = '', apiKey = '' } = made;
    expect([password.length, apiKey.length].every((length) => length > 20)).toBe(true);
    canaries.set('the generated password', password).set('the API key', apiKey);

    expect(await ask(`Basic ${base64(`typed-siem:${TYPED}`)}`, 'a typed password')).toBe(200);
    expect(await ask(`Basic ${base64(`made-siem:${password}`)}`, 'a generated password')).toBe(200);
    expect(await ask(`Bearer ${apiKey}`, 'a key')).toBe(200);
    expect(await ask(`Token ${apiKey}`, 'a key')).toBe(200);
    expect(await ask(`Basic ${base64(`:${apiKey}`)}`, 'a key as password')).toBe(200);
    const byHeader = await fetch(`${server?.url}/taxii2/`, { headers: { 'X-API-Key': apiKey } });
    expect(byHeader.status).toBe(200);

    expect(await ask(`Basic ${base64(`typed-siem:${WRONG}`)}`, 'a wrong password')).toBe(401);
    expect(await ask(`Basic ${base64(`nobody:${TYPED}`)}`, 'an unknown user')).toBe(401);
    expect(await ask(`Bearer ${WRONG}`, 'a wrong key')).toBe(401);
    // Clients are configured wrongly: the key stands where the user name belongs, or both are swapped.
    expect(await ask(`Basic ${base64(`${apiKey}:`)}`, 'a key as user name')).toBe(401);
    expect(await ask(`Basic ${base64(`${apiKey}:x`)}`, 'a key as user name')).toBe(401);
    for (const odd of [
      `Digest ${WRONG}`,
      WRONG,
      `Basic ${WRONG}`,
      `Basic ${base64(`${WRONG}\u0000:${WRONG}`)}`,
    ])
      expect(await ask(odd, 'a malformed header')).toBe(401);
    const envelope = await send(target(`Basic ${base64(`typed-siem:${TYPED}`)}`), 'objects/', {
      method: 'POST',
      body: '{"objects":[',
    });
    expect(envelope.status).toBe(400);
    for (let attempt = 0; attempt < 3; attempt++)
      await ask(`Basic ${base64(`typed-siem:${WRONG}`)}`, 'a guesser');

    await command(['taxii-user', 'rotate', 'typed-siem', '--password-stdin'], `${CHANGED}\n`);
    const rotated = await command(['taxii-user', 'rotate', 'made-siem', '--overlap', '1h']);
    const newKey = await command(['taxii-user', 'rotate', 'made-siem', '--api-key']);
    canaries.set('the new password', rotated.password ?? '').set('the new key', newKey.apiKey ?? '');
    expect(await ask(`Bearer ${apiKey}`, 'an ended key')).toBe(401);
    expect(await ask(`Bearer ${newKey.apiKey}`, 'a new key')).toBe(200);
    await disableTaxiiUser(app, app.operator, 'made-siem', true);
    expect(await ask(`Bearer ${newKey.apiKey}`, 'a disabled account')).toBe(401);
    await deleteTaxiiUser(app, app.operator, 'made-siem');
    expect((await server?.end('SIGTERM'))?.code).toBe(0);
    written.push(server?.stdout() ?? '', server?.stderr() ?? '');

    const logs = written.join('\n').toLowerCase();
    const stored = (await everythingStored(instance)).toLowerCase();
    // There is something in which they could be found.
    expect(logs).toContain('made-siem');
    expect(stored).toMatch(/audit_events: .*authenticate/);
    const found = [...canaries].flatMap(([name, secret]) => {
      expect(secret.length, name).toBeGreaterThanOrEqual(12);
      const text = secret.toLowerCase();
      return [
        ...(logs.includes(text) ? [`${name} is in a log`] : []),
        ...(stored.includes(text) ? [`${name} is in a table`] : []),
      ];
    });
    expect(found).toEqual([]);
  });
});
