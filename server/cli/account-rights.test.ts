import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf } = openCommandLine({ inProcess: true });

describe('taxiway account rights', () => {
  beforeAll(async () => {
    await answerOf('organization', 'create', 'Acme Power');
    const names = ['--first-name', 'Jane', '--last-name', 'Doe', '--organization-role', 'Standard User'];
    await answerOf('user', 'create', 'jane@example.org', '--organization', 'Acme Power', ...names);
  });

  it('explains what the account may do, and through which role', async () => {
    const { code, out } = await taxiway(['account', 'rights', 'jane@example.org']);
    expect(code).toBe(0);
    expect(out).toMatch(/^jane@example\.org of "Acme Power"\n/);
    expect(out).toMatch(/System role +User\n/);
    expect(out).toMatch(
      /Acme Power +intelligence\.create +yes +their Organization role Standard User +To add intelligence/,
    );
    expect(out).not.toContain('settings.edit');
    const all = await taxiway(['account', 'rights', 'jane@example.org', '--all']);
    expect(all.out).toMatch(
      /The instance +settings\.edit +no +nothing gives it +To change a system setting\./,
    );
  });

  it('says what takes a right away, and answers with the same as JSON', async () => {
    await answerOf('user', 'lock', 'jane@example.org');
    const one = ['account', 'rights', 'jane@example.org', '--permission', 'intelligence.create'];
    const { out } = await taxiway(one);
    expect(out).toMatch(/Acme Power +intelligence\.create +no +The account is locked\./);
    expect(await answerOf(...one)).toMatchObject({
      withheld: 'The account is locked.',
      places: [{ kind: 'organization' }, { kind: 'other_organizations' }, { kind: 'other_owners' }],
    });
  });

  it('finds nobody by a name that nobody has', async () => {
    const { code, err } = await taxiway(['account', 'rights', 'nobody@example.org']);
    expect(code).toBe(1);
    expect(err).toBe('taxiway: There is no account named "nobody@example.org".\n');
  });
});
