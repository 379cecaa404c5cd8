import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine } from '../../server/testing/command-line.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });

const ACME = ['--organization', 'Acme Power'];
const NAMES = ['--first-name', 'Some', '--last-name', 'Body'];
const ADMINISTRATOR = 'root@example.org';
const OPERATIONS = 'operations@example.org';
const ACCOUNTS = 'accounts@example.org';
const ACME_ADMINISTRATOR = 'admin@acme.example';
const ACME_DEVELOPER = 'developer@acme.example';
const EVERYBODY = [ADMINISTRATOR, OPERATIONS, ACCOUNTS, ACME_ADMINISTRATOR, ACME_DEVELOPER];

/** Whether the command works for whoever it is run as; else why not. */
async function outcome(as: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await taxiway([...args, '--as', as, '--json']);
  if (code === 0) return 'done';
  expect(out).toBe('');
  return (JSON.parse(err) as { error: { code: string } }).error.code;
}
/** The outcomes of a command for each of `EVERYBODY`, in this order; `args` says what is run for whom. */
async function outcomes(args: (index: number) => string[]): Promise<string[]> {
  const found: string[] = [];
  for (const [index, as] of EVERYBODY.entries()) found.push(await outcome(as, ...args(index)));
  return found;
}

/** What the articles leave to those who run the instance, and to administrators, as these do it on the command line. */
describe('on the command line', () => {
  beforeAll(async () => {
    await answerOf('administrator', 'create', '--email', ADMINISTRATOR, '--organization', 'Home');
    await answerOf('organization', 'create', 'Acme Power', '--taxii-users', '0');
    for (const [email, role] of [
      [OPERATIONS, 'Operations Administrator'],
      [ACCOUNTS, 'Accounts Administrator'],
    ] as const) {
      const roles = ['--system-role', role, '--organization-role', 'Read Only User'];
      await answerOf('user', 'create', email, '--organization', 'Home', ...NAMES, ...roles);
    }
    for (const [email, role] of [
      [ACME_ADMINISTRATOR, 'Organization Administrator'],
      [ACME_DEVELOPER, 'App Developer'],
    ] as const)
      await answerOf('user', 'create', email, ...ACME, ...NAMES, '--organization-role', role);
  }, 60_000);

  it('"… set the number of TAXII user accounts that the Organization will be allowed to create in the TAXII User Limit field"', async () => {
    const create = (name: string) => outcome(ACME_ADMINISTRATOR, 'taxii-user', 'create', name, ...ACME);
    expect(await create('first')).toBe('limit_reached');
    // The operator of the instance, then each who may and who may not.
    await answerOf('organization', 'limits', 'Acme Power', '--taxii-users', '1');
    expect(await create('first')).toBe('done');
    expect(await create('second')).toBe('limit_reached');
    expect(
      await outcomes((index) => ['organization', 'limits', 'Acme Power', '--taxii-users', `${2 + index}`]),
    ).toEqual(['done', 'done', 'done', 'forbidden', 'forbidden']);
    const { out } = await taxiway(['organization', 'seats', 'Acme Power', '--as', ACME_ADMINISTRATOR]);
    expect(out).toMatch(/TAXII users +1\b.*\b4\b/);
    for (const name of ['second', 'third', 'fourth']) expect(await create(name)).toBe('done');
    expect(await create('fifth')).toBe('limit_reached');
  });

  it('"(must be a System Administrator to perform this action)"', async () => {
    expect(
      await outcomes((index) => ['taxii-service', 'create', `Feed ${index}`, '--path', `feeds/${index}`]),
    ).toEqual(['done', 'forbidden', 'forbidden', 'forbidden', 'forbidden']);
    await answerOf('taxii-service', 'create', 'By the operator', '--path', 'operator');
  });

  it('"To create TAXII user accounts in an Organization, your user account must have an Organization role of Organization Administrator."', async () => {
    await answerOf('organization', 'limits', 'Acme Power', '--taxii-users', '100');
    expect(
      await outcomes((index) => ['taxii-user', 'create', `siem-${index}`, ...ACME, '--service', 'intel']),
    ).toEqual(['done', 'done', 'done', 'done', 'forbidden']);
  });

  it('"Only users with a System role of Administrator or Operations Administrator can change the maximum number of users of each type for an Organization."', async () => {
    expect(
      await outcomes((index) => {
        const limits = ['--users', `${50 + index}`, '--api-users', `${60 + index}`];
        return ['organization', 'limits', 'Acme Power', ...limits];
      }),
    ).toEqual(['done', 'done', 'forbidden', 'forbidden', 'forbidden']);
  });

  it('"The Send Account Info Email checkbox … will not be displayed when edit a user account. It is displayed only when creating a new user."', async () => {
    const create = [
      'user',
      'create',
      'new@acme.example',
      ...ACME,
      ...NAMES,
      '--organization-role',
      'Standard User',
    ];
    expect(await outcome(ACME_ADMINISTRATOR, ...create, '--no-send-account-info-email')).toBe('done');
    const { code, err } = await taxiway(['user', 'edit', 'new@acme.example', '--send-account-info-email']);
    expect(code).toBe(2);
    expect(err).toContain('--send-account-info-email');
    const help = await taxiway(['user', 'edit', '--help']);
    expect(help.out).not.toContain('account-info');
  });
});
