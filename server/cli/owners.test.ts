import { beforeAll, describe, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';

const { answerOf, taxiway } = openCommandLine({ inProcess: true });

beforeAll(async () => {
  await answerOf('organization', 'create', 'Acme Power', '--taxii-users', '3', '--description', 'Grid');
  await answerOf('community', 'create', 'Power Exchange');
}, 60_000);

describe('taxiway organization', { timeout: 60_000 }, () => {
  it('renames, describes, limits, disables, enables and shows', async () => {
    expect(await answerOf('organization', 'rename', 'acme power', 'Acme Energy')).toMatchObject({
      name: 'Acme Energy',
      description: 'Grid',
    });
    expect(await answerOf('organization', 'describe', 'Acme Energy')).toMatchObject({ description: null });
    expect(await answerOf('organization', 'limits', 'Acme Energy', '--users', '4')).toMatchObject({
      limits: { users: 4, taxiiUsers: 3 },
    });
    expect(
      await answerOf('organization', 'permissions', 'Acme Energy', '--read-only-users-allowed', 'no'),
    ).toMatchObject({ readOnlyUsersAllowed: false, allowPseudonymChange: false });
    expect(await answerOf('organization', 'disable', 'Acme Energy')).toMatchObject({ disabled: true });
    expect((await taxiway(['organization', 'show', 'Acme Energy'])).out).toContain('Acme Energy (disabled)');
    expect(await answerOf('organization', 'enable', 'Acme Energy')).toMatchObject({ disabled: false });
    expect(await answerOf('organization', 'seats', 'Acme Energy')).toMatchObject({
      users: { used: 0, max: 4, remaining: 4, canCreate: true },
      readOnlyUsers: { canCreate: false },
    });
    await answerOf('organization', 'rename', 'Acme Energy', 'Acme Power');
  });

  it('deletes one that is empty, and says of another what is in the way', async () => {
    await answerOf('organization', 'create', 'Short Lived');
    const deleted = await answerOf('organization', 'delete', 'Short Lived');
    expect(deleted).toMatchObject({ name: 'Short Lived', deleted: true });
    await answerOf('taxii-user', 'create', 'in-the-way', '--organization', 'Acme Power');
    const { code, err } = await taxiway(['organization', 'delete', 'Acme Power']);
    expect(code).toBe(1);
    expect(err).toBe('taxiway: The organization "Acme Power" is not empty: it has 1 account.\n');
  });
});

describe('taxiway community and taxiway member', { timeout: 60_000 }, () => {
  it('administer a community from its members to its deletion', async () => {
    await answerOf('taxii-user', 'create', 'poller', '--organization', 'Acme Power');
    await answerOf(
      'member',
      'add',
      'Power Exchange',
      '--organization',
      'Acme Power',
      '--default-role',
      'User',
    );
    expect(await answerOf('member', 'list', 'Power Exchange')).toMatchObject({
      members: [{ organization: { name: 'Acme Power' }, defaultRole: 'User' }],
    });
    const { accounts } = await answerOf('member', 'accounts', 'Power Exchange');
    const [account] = accounts as { id: number; pseudonym: string }[];
    const id = `id:${account?.id}`;
    expect(await answerOf('member', 'role', 'Power Exchange', id, 'Editor')).toMatchObject({
      role: 'Editor',
    });
    const pseudonym = String(account?.pseudonym);
    expect(await answerOf('member', 'clear-role', 'Power Exchange', pseudonym)).toMatchObject({
      role: 'User',
      individual: false,
    });
    expect((await taxiway(['member', 'role', 'Power Exchange', id, 'King'])).code).toBe(2);
    expect(
      await answerOf('community', 'edit', 'Power Exchange', '--anonymous', 'no', '--description', 'Sharing'),
    ).toMatchObject({ anonymous: false, description: 'Sharing' });
    expect(await answerOf('community', 'edit', 'Power Exchange', '--no-description')).toMatchObject({
      anonymous: false,
      description: null,
    });
    expect((await taxiway(['community', 'edit', 'Power Exchange'])).code).toBe(2);
    expect(await answerOf('community', 'list')).toMatchObject({ communities: [{ name: 'Power Exchange' }] });
    await answerOf('member', 'remove', 'Power Exchange', '--organization', 'Acme Power');
    await answerOf('community', 'rename', 'Power Exchange', 'Old Exchange');
    expect((await taxiway(['source', 'show', 'Old Exchange'])).code).toBe(1);
    expect(await answerOf('community', 'delete', 'Old Exchange')).toMatchObject({ deleted: true });
  });

  it.each([
    ['community', 'edit'],
    ['member', 'role'],
  ])('%s %s explains itself with an example', async (noun, verb) => {
    const { code, out } = await taxiway([noun, verb, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`\nExample:\n  taxiway ${noun} ${verb} "`);
  });
});
