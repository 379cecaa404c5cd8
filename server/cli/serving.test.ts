import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCommandLine, outputOf, until } from '../testing/command-line.ts';
import { restClient } from '../testing/rest-client.ts';

const { folder, file, start } = openCommandLine();

describe('serving', () => {
  it.each([[[]], [['--workers', '2']]])(
    'listens, prints the set-up code, and ends on SIGTERM (%j)',
    async (more) => {
      const fresh = file(`served-${more.length}`);
      const child = start(['serve', '--port', '0', '--data', fresh, ...more]);
      const output = outputOf(child);
      const closed = once(child, 'close');
      const [, discovery = ''] = await until(
        output,
        /^Taxiway listens on \S+ \(TAXII discovery: (\S+)\)\n[\s\S]*?\n\n {4}\S{20,}\n/,
      );
      // Each on a connection of its own, so that every process gets some.
      const get = (url: string) => fetch(url, { headers: { connection: 'close' } });
      for (let count = 0; count < 6; count++) expect((await get(discovery)).status).toBe(401);
      for (let scrape = 0; scrape < 4; scrape++) {
        const figures = await (await get(discovery.replace('taxii2/', 'metrics'))).text();
        expect(figures).toMatch(/^taxiway_taxii_requests_total\{endpoint="discovery",.*status="401"\} 6$/m);
      }
      const stoppedAt = Date.now();
      child.kill('SIGTERM');
      expect(await closed).toEqual([0, null]);
      expect(Date.now() - stoppedAt).toBeLessThan(10_000);
      const logged = output.err
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg !== 'request');
      const listening = discovery.replace('/taxii2/', '');
      expect(logged).toMatchObject([
        { level: 'info', msg: 'the server listens', listening, engine: 'sqlite', pid: child.pid },
        { level: 'info', msg: 'the server has stopped' },
      ]);
    },
  );

  it('tells both addresses behind a proxy, and gives a set-up line that can be pasted', async () => {
    const proxied = ['--tls-self-signed', '--public-url', 'https://intel.example.org/'];
    const child = start(['serve', '--port', '0', '--data', file('proxied'), ...proxied]);
    const output = outputOf(child);
    const closed = once(child, 'close');
    const [, body = ''] = await until(output, / curl -k -H \S+ \S+ -d '(.*)' https:.*\/rest\/v1\/setup\n/);
    expect(output.out).toMatch(
      /^Taxiway listens on https:\/\/127\.0\.0\.1:\d+\/, reached as https:\/\/intel\.example\.org\/ \(TAXII discovery: https:\/\/intel\.example\.org\/taxii2\/\)\n/,
    );
    expect(Object.keys(JSON.parse(body) as object)).toEqual(['setupCode', 'email', 'password']);
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  });

  it('starts a worker again that was killed', async () => {
    const child = start(['serve', '--port', '0', '--data', file('crashing'), '--workers', '2']);
    const output = outputOf(child);
    const closed = once(child, 'close');
    const [, discovery = ''] = await until(output, /TAXII discovery: (\S+)\)/);
    const children = () =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
    const [victim = 0] = children();
    process.kill(victim, 'SIGKILL');
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
      if (children().length === 2 && !children().includes(victim)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(children()).toHaveLength(2);
    expect(children()).not.toContain(victim);
    expect((await fetch(discovery)).status).toBe(401);
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  });
});

describe('the demo', () => {
  const demoFolders = () => readdirSync(folder).filter((name) => name.startsWith('taxiway-demo-'));

  it('prints credentials that pull objects and sign-ins that work, and leaves nothing behind', async () => {
    const child = start(['demo', '--port', '0', '--json'], { TMPDIR: folder });
    const output = outputOf(child);
    const closed = once(child, 'close');
    await until(output, /\n}\n$/);
    const demo = JSON.parse(output.out) as Record<string, string> & {
      owners: { objects: number; versions: number }[];
      signIns: { role: string; email: string; password: string }[];
    };
    expect(demo.owners.map(({ objects, versions }) => [objects, versions])).toEqual([
      [160, 169],
      [131, 141],
      [249, 258],
    ]);
    const address = /'(http[^']+limit=5)'/.exec(demo.pullObjects ?? '')?.[1] ?? '';
    const authorization = `Basic ${Buffer.from(`${demo.userName}:${demo.password}`).toString('base64')}`;
    const answer = await fetch(address, {
      headers: { authorization, accept: 'application/taxii+json;version=2.1' },
    });
    const { objects } = (await answer.json()) as { objects: { type: string }[] };
    expect(objects.map(({ type }) => type)).toEqual(Array(5).fill('indicator'));
    expect(demo.console).toMatch(/^http:\/\/localhost:\d+\/$/);
    expect(demo.signIns.map(({ role }) => role)).toEqual([
      'Administrator',
      'Operations Administrator',
      'Accounts Administrator',
      'Organization Administrator',
      'Standard User',
      'Read Only User',
    ]);
    for (const { email, password } of demo.signIns) {
      const { body } = await restClient(demo.url?.replace(/\/$/, '') ?? '').signIn(email, password);
      // Nothing has to be done before the console is reached.
      expect(body).toMatchObject({ userName: email, requiredActions: [] });
    }
    expect(demoFolders()).toHaveLength(1);
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    expect(demoFolders()).toEqual([]);
    expect(output.err).toBe('');
  });
});
