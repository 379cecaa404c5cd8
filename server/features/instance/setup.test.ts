import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../serving.ts';
import { ENGINES, openTestApp } from '../../testing/test-app.ts';
import { prepareInstance } from './instance.service.ts';

describe.each(ENGINES)('setting up an instance on %s', (engine) => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start() {
    const app = await openTestApp(engine);
    closers.push(() => app.close());
    const server = await startServer(app);
    closers.push(() => server.close(1000));
    const setup = (body: object) =>
      fetch(`${server.url}/rest/v1/setup`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    return { app, setup };
  }
  const administrator = {
    email: 'ada@example.org',
    password: 'tide tables and buoys',
    organization: 'Port Office',
  };

  it('item 21: the one-time set-up code creates the first Administrator, once', async () => {
    const { app, setup } = await start();
    const setupCode = await prepareInstance(app, { setupCode: true });
    const first = await setup({ ...administrator, setupCode });
    expect(first.status).toBe(201);
    expect(await first.json()).toMatchObject({ email: 'ada@example.org', organization: 'Port Office' });
    const second = await setup({ ...administrator, email: 'eve@example.org', setupCode });
    expect(second.status).toBe(409);
    expect(await prepareInstance(app, { setupCode: true })).toBeUndefined();
  });

  it('another code creates nothing, and neither does one from before the last start', async () => {
    const { app, setup } = await start();
    const old = await prepareInstance(app, { setupCode: true });
    const current = await prepareInstance(app, { setupCode: true });
    expect((await setup({ ...administrator, setupCode: old })).status).toBe(403);
    expect((await setup({ ...administrator, setupCode: 'guess' })).status).toBe(403);
    expect((await setup({ ...administrator, setupCode: current })).status).toBe(201);
  });

  it('a malformed request is told every problem at once', async () => {
    const { setup } = await start();
    const answer = await setup({ email: 'nobody', unknown: 1 });
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { problems: { path: string }[] } };
    expect(error.problems.map((problem) => problem.path).sort()).toEqual([
      'email',
      'password',
      'setupCode',
      'unknown',
    ]);
  });
});
