import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { codeOf, enrolTotp } from '../../testing/second-factors.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { acceptedSteps, recoveryCodeKey, recoveryCodeOf } from './authenticators.rules.ts';

const SEED = Number(process.env.TAXIWAY_TEST_SEED ?? 20_260_101);

describe('recovery codes and time steps', () => {
  it('item 53: a recovery code holds all bits of its octets, and is the same however it is typed', () => {
    const octets = fc.uint8Array({ minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(octets, octets, (one, two) => {
        const code = recoveryCodeOf(one);
        expect(recoveryCodeKey(code)).toHaveLength(24);
        expect(code === recoveryCodeOf(two)).toBe(Buffer.compare(one, two) === 0);
        const typed = code.toLowerCase().replaceAll('0', 'O').replaceAll('1', 'i').replaceAll('-', ' ');
        expect(recoveryCodeKey(typed)).toBe(recoveryCodeKey(code));
      }),
      { seed: SEED },
    );
  });

  it('item 47: three time steps are accepted, the present one in the middle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (now) => {
        const step = Math.floor(now / 30_000_000);
        expect(acceptedSteps(now).sort((a, b) => a - b)).toEqual([step - 1, step, step + 1]);
      }),
      { seed: SEED },
    );
  });
});

describe.each(ENGINES)('second factors in two processes on %s', (engine) => {
  let app: TestApp;
  let second: Awaited<ReturnType<TestApp['reopen']>>;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
    servers = [await startServer(app), await startServer(second)];
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await second.close();
    await app.close();
  });

  const at = (process: number) => restClient(servers[process]?.listening ?? '');
  async function enrolled() {
    const someone = await newPersonWithPassword(app, 'Standard User', organization);
    const browser = at(0);
    await browser.signIn(someone.userName, someone.password);
    const restricted = async (process: number) => {
      const other = at(process);
      await other.signIn(someone.userName, someone.password);
      return other;
    };
    return { ...someone, ...(await enrolTotp(app, browser)), browser, restricted };
  }
  const statusOf = async (browser: RestClient, body: object) =>
    (await browser.request('POST', '/session/second-factor', body)).status;

  it('item 46: of one code that is shown many times at once, in two processes, one counts', async () => {
    const { secret, restricted } = await enrolled();
    const browsers = await Promise.all([0, 1, 0, 1, 0, 1].map(restricted));
    for (let round = 0; round < 3; round++) {
      app.clock.advance(60);
      const code = codeOf(app, secret);
      const fresh = round === 0 ? browsers : await Promise.all([0, 1, 0, 1, 0, 1].map(restricted));
      const statuses = await Promise.all(fresh.map((browser) => statusOf(browser, { code })));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      app.clock.advance(1000);
      for (const browser of [restricted(0)]) await browser;
    }
  });

  it('item 53: of one recovery code that is shown many times at once, in two processes, one counts', async () => {
    const { recoveryCodes, restricted, browser } = await enrolled();
    for (const recoveryCode of recoveryCodes.slice(0, 3)) {
      const browsers = await Promise.all([0, 1, 0, 1, 0].map(restricted));
      const statuses = await Promise.all(browsers.map((each) => statusOf(each, { recoveryCode })));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    }
    expect((await browser.request('GET', '/session/authenticator')).body).toMatchObject({
      recoveryCodesLeft: 7,
    });
  });

  it('item 46: however codes are shown over time and processes, each step counts once, and no older one after it', async () => {
    const { secret, restricted } = await enrolled();
    let last = Math.floor(app.clock.now() / 30_000_000);
    let failures = 0;
    const attempt = fc.record({
      wait: fc.integer({ min: 0, max: 90 }),
      offset: fc.integer({ min: -2, max: 2 }),
      process: fc.integer({ min: 0, max: 1 }),
    });
    const attempts = fc.sample(attempt, { numRuns: 40, seed: SEED });
    for (const { wait, offset, process } of attempts) {
      // Long enough that no throttle is in the way, and no step changes between here and there.
      app.clock.advance(failures > 3 ? 1000 : wait);
      if (failures > 3) failures = 0;
      const into = (app.clock.now() / 1_000_000) % 30;
      if (into > 25) app.clock.advance(6);
      const browser = await restricted(process);
      const now = Math.floor(app.clock.now() / 30_000_000);
      const step = now + offset;
      const isRight = Math.abs(offset) <= 1 && step > last;
      const status = await statusOf(browser, { code: codeOf(app, secret, offset) });
      expect({ offset, step: step - last, status }).toEqual({
        offset,
        step: step - last,
        status: isRight ? 200 : 400,
      });
      if (isRight) last = step;
      failures = isRight ? 0 : failures + 1;
    }
  });

  type Step = 'start' | 'confirm old' | 'confirm' | 'wrong' | 'remove' | 'wait';
  it('item 49: however a set-up is begun, confirmed and removed, the account has exactly what was last confirmed', async () => {
    const steps = fc.array(
      fc.constantFrom<Step>('start', 'confirm old', 'confirm', 'wrong', 'remove', 'wait'),
      {
        minLength: 4,
        maxLength: 10,
      },
    );
    for (const run of fc.sample(steps, { numRuns: 8, seed: SEED })) {
      const someone = await newPersonWithPassword(app, 'Standard User', organization);
      const browser = at(0);
      await browser.signIn(someone.userName, someone.password);
      const other = at(1);
      const secrets: string[] = [];
      let pendingSince: number | undefined;
      let confirmed: string | undefined;
      let turn = 0;
      for (const step of run) {
        other.cookie = browser.cookie;
        const by = turn++ % 2 === 0 ? browser : other;
        app.clock.advance(60);
        // Shown again, so that only the set-up itself is what may be refused.
        const verified = await by.request(
          'POST',
          '/session/verification',
          confirmed === undefined ? { password: someone.password } : { code: codeOf(app, confirmed) },
        );
        expect(verified.status).toBe(200);
        app.clock.advance(60);
        const confirm = async (code: string) =>
          (await by.request('POST', '/session/authenticator/totp/confirmation', { code })).status;
        if (step === 'start') {
          const { body } = await by.request<{ secret: string }>('POST', '/session/authenticator/totp');
          secrets.push(body.secret);
          pendingSince = app.clock.now();
        } else if (step === 'remove') {
          const { status } = await by.request('DELETE', '/session/authenticator/totp');
          expect(status).toBe(confirmed === undefined ? 404 : 204);
          if (confirmed !== undefined) pendingSince = undefined;
          confirmed = undefined;
        } else if (step === 'wait') {
          app.clock.advance(300);
        } else {
          const current = secrets.at(-1);
          const secret = step === 'confirm' ? current : secrets.at(-2);
          const isDue = pendingSince !== undefined && app.clock.now() - pendingSince < 600_000_000;
          const code = secret === undefined || step === 'wrong' ? '000000' : codeOf(app, secret);
          const isRight = step === 'confirm' && isDue && current !== undefined;
          expect([step, await confirm(code)]).toEqual([step, isRight ? 200 : 400]);
          if (isRight) {
            confirmed = current;
            pendingSince = undefined;
          }
        }
        browser.cookie = by.cookie;
        const { body } = await browser.request<{ totp: object | null; recoveryCodesLeft: number }>(
          'GET',
          '/session/authenticator',
        );
        expect([body.totp !== null, body.recoveryCodesLeft]).toEqual(
          confirmed === undefined ? [false, 0] : [true, 10],
        );
      }
    }
  });
});
