import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });

const JANE = 'jane@example.org';
const ADMIN = 'admin@example.org';
const REASON = ['--reason', 'phone lost, came in person'];

async function refusal(...args: string[]): Promise<{ code: string; message: string }> {
  const { err } = await taxiway([...args, '--json']);
  return (JSON.parse(err) as { error: { code: string; message: string } }).error;
}

beforeAll(async () => {
  await answerOf('administrator', 'create', '--email', 'root@example.org', '--organization', 'Home');
  await answerOf('organization', 'create', 'Acme Power');
  const names = ['--organization', 'Acme Power', '--first-name', 'Some', '--last-name', 'Body'];
  await answerOf('user', 'create', JANE, ...names, '--organization-role', 'Standard User');
  await answerOf('user', 'create', ADMIN, ...names, '--organization-role', 'Organization Administrator');
}, 60_000);

describe('taxiway user reset-authenticator', () => {
  it('item 52: removes the second factors of a person with a reason, and lets another be set up, or none', async () => {
    expect(await answerOf('user', 'reset-authenticator', JANE, ...REASON)).toMatchObject({
      userName: JANE,
      next: 'set_up_again',
      sessionsEnded: 0,
      mailed: false,
    });
    expect(await answerOf('user', 'show', JANE)).toMatchObject({
      mfaResetRequired: true,
      authenticator: null,
    });
    const { out } = await taxiway(['user', 'reset-authenticator', JANE, ...REASON, '--off']);
    expect(out).toContain('The person signs in without one.');
    expect(out).toContain('tell the person');
    expect(await answerOf('user', 'show', JANE)).toMatchObject({ mfaResetRequired: false });
    expect((await taxiway(['user', 'show', JANE])).out).toMatch(/Second factor\s+none/);
    const list = (await taxiway(['user', 'list', '--authenticator', 'off'])).out;
    expect(list).toContain('SECOND FACTOR');
    expect(list).toMatch(/jane@example\.org.*Standard User +no /);
    expect(await answerOf('user', 'list', '--authenticator', 'on')).toEqual({ users: [], more: false });
  });

  it('item 50: leaves nobody without one while everybody needs it, and nobody resets their own', async () => {
    await answerOf('settings', 'set', 'twoFactorAuthenticationRequired', 'true');
    expect(await refusal('user', 'reset-authenticator', JANE, ...REASON, '--off')).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Everybody needs a second factor'),
    });
    expect((await taxiway(['user', 'reset-authenticator', JANE])).err).toContain('--reason');
    expect(await refusal('user', 'reset-authenticator', ADMIN, ...REASON, '--as', ADMIN)).toMatchObject({
      code: 'forbidden',
    });
    expect(await answerOf('user', 'reset-authenticator', JANE, ...REASON, '--as', ADMIN)).toMatchObject({
      next: 'set_up_again',
    });
  });
});
