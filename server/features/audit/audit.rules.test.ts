import { describe, expect, it } from 'vitest';
import type { Actor } from '../../access/can.ts';
import { activityName, isHiddenFrom, MASKED, maskSecrets, shownTarget } from './audit.rules.ts';

describe('masking of secrets in audit details', () => {
  it.each([
    'password',
    'newPassword',
    'passphrase',
    'secretKey',
    'api_key',
    'APIToken',
    'apikey',
    'token',
    'passwordHash',
    'credential',
    'Authorization',
    'x-api-key',
    'totpSeed',
    'cookie',
  ])('replaces the value of %s at any depth, in lists too', (key) => {
    const details = {
      [key]: 'canary',
      before: { [key]: 'canary', inner: [{ [key]: 'canary' }] },
      list: { [key]: ['canary', { value: 'canary' }] },
    };
    const masked = maskSecrets(details);
    expect(JSON.stringify(masked)).not.toContain('canary');
    expect(masked).toMatchObject({ [key]: MASKED, before: { [key]: MASKED } });
  });

  it('leaves switches, numbers and what is not set', () => {
    const details = { apiKey: true, tokens: 3, password: null, passwordResetRequired: false };
    expect(maskSecrets(details)).toEqual(details);
  });

  it('leaves what is said about a secret: which kind, whose, until when', () => {
    const details = {
      credential: 'password',
      keyId: 'a1b2',
      tokenName: 'nightly',
      credentials: [{ kind: 'api_key', expiresAt: 5 }],
      monkey: 'a word that ends alike',
      name: 'Acme',
    };
    expect(maskSecrets(details)).toEqual(details);
  });
});

describe('the target that a refusal tells of', () => {
  const actor: Actor = {
    kind: 'account',
    accountId: 7,
    name: 'somebody',
    organizationId: 1,
    systemRole: 'User',
    organizationRole: 'Organization Administrator',
  };
  const target = { organizationId: 2, targetKind: 'user', targetId: 9, targetName: 'secret.agent' };

  it('is named where the actor could see it, or where it is of the actor’s organization', () => {
    expect(shownTarget(target, 'forbidden', actor)).toMatchObject({
      targetName: 'secret.agent',
      targetId: 9,
    });
    expect(shownTarget({ ...target, organizationId: 1 }, 'not_found', actor)).toMatchObject({ targetId: 9 });
    expect(shownTarget(target, 'not_found', { kind: 'operator', name: 'o' })).toMatchObject({ targetId: 9 });
  });

  it('item 76: is not named where the actor could not know that it exists', () => {
    expect(shownTarget(target, 'not_found', actor)).toEqual({
      targetKind: 'user',
      targetId: null,
      targetName: null,
    });
    expect(shownTarget({ ...target, organizationId: null }, 'not_found', actor).targetId).toBeNull();
    expect(shownTarget(undefined, 'not_found', actor).targetKind).toBe('refusal');
  });
});

describe('the name of who acted', () => {
  const row = {
    organization_id: 1,
    actor_account_id: 7,
    actor_name: 'boss@example.com',
    actor_organization_id: 2,
    actor_system_role: 'Super User',
  };
  const names = { firstName: 'Ada', lastName: 'Byron', pseudonym: 'Grey Heron' };
  const viewer = { accountId: 5, seesSuperUsers: false };

  it('is hidden of a Super User in an organization that is not his own', () => {
    expect(isHiddenFrom(row, viewer)).toBe(true);
    expect(activityName(row, names)).toBe('A Super User');
  });

  it('is shown of a Super User at home, to himself, and to those who see the whole instance', () => {
    expect(isHiddenFrom({ ...row, actor_organization_id: 1 }, viewer)).toBe(false);
    expect(isHiddenFrom(row, { ...viewer, accountId: 7 })).toBe(false);
    expect(isHiddenFrom(row, { ...viewer, seesSuperUsers: true })).toBe(false);
    expect(activityName({ ...row, actor_organization_id: 1 }, names)).toBe('Ada Byron');
  });

  it('is in the activity the first and last name of a colleague, and the pseudonym of anybody else', () => {
    const administrator = { ...row, actor_system_role: 'Administrator' };
    expect(isHiddenFrom(administrator, viewer)).toBe(false);
    expect(activityName(administrator, names)).toBe('Grey Heron');
    expect(activityName(administrator, undefined)).toBe('Somebody');
    const colleague = { ...administrator, actor_organization_id: 1 };
    expect(activityName(colleague, names)).toBe('Ada Byron');
    // TAXII users have a user name only.
    expect(activityName(colleague, { ...names, firstName: null, lastName: null })).toBe('boss@example.com');
    expect(activityName(colleague, undefined)).toBe('boss@example.com');
    expect(activityName({ ...row, actor_account_id: null, actor_name: 'operator (root)' }, undefined)).toBe(
      'The operator',
    );
  });
});
