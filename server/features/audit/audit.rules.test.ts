import { describe, expect, it } from 'vitest';
import type { Actor } from '../../access/can.ts';
import { activityName, isActorHidden, MASKED, maskSecrets, seenBy, shownTarget } from './audit.rules.ts';

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
    source_address: '192.0.2.1',
    target_kind: 'user',
    target_id: '9',
    details:
      '{"systemRole":{"after":"Administrator","before":"User"},"consequences":["canary"],"locked":true}',
  };
  const director = { ...row, actor_system_role: 'User' };
  const names = { firstName: 'Ada', lastName: 'Byron', pseudonym: 'Grey Heron', organizationId: 1 };
  const viewer = { accountId: 5, seesInstance: false, seesSystemRoles: false };

  it('is hidden of everybody in an organization that is not the own one, with account, organization and address', () => {
    const hidden = { actor_account_id: null, actor_organization_id: null, source_address: null };
    expect(seenBy(row, viewer, names).row).toMatchObject({ ...hidden, actor_name: 'A Super User' });
    expect(seenBy(director, viewer, names).row).toMatchObject({ ...hidden, actor_name: 'Grey Heron' });
    expect(seenBy(director, viewer, undefined).row.actor_name).toBe('Somebody');
    expect(seenBy(director, viewer, names).hidden).toContain('actor');
    expect(activityName(row, names)).toBe('A Super User');
    expect(isActorHidden({ ...director, actor_organization_id: null }, viewer)).toBe(true);
  });

  it('is shown at home, to whoever it was, of the operator, and to those who see the whole instance', () => {
    for (const each of [row, director]) {
      expect(isActorHidden({ ...each, actor_organization_id: 1 }, viewer)).toBe(false);
      expect(isActorHidden(each, { ...viewer, accountId: 7 })).toBe(false);
      expect(isActorHidden(each, { ...viewer, seesInstance: true })).toBe(false);
    }
    expect(isActorHidden({ ...row, actor_account_id: null, actor_organization_id: null }, viewer)).toBe(
      false,
    );
    expect(activityName({ ...row, actor_organization_id: 1 }, names)).toBe('Ada Byron');
  });

  it('comes with System roles for those only who may see them, and of one’s own account', () => {
    const colleague = { ...director, actor_organization_id: 1 };
    const masked = seenBy(colleague, viewer, names);
    expect(masked.hidden).toEqual(['actorSystemRole', 'details']);
    expect(masked.row).toMatchObject({ actor_name: 'boss@example.com', actor_system_role: null });
    expect(JSON.parse(masked.row.details)).toEqual({
      systemRole: MASKED,
      consequences: MASKED,
      locked: true,
    });
    expect(seenBy(colleague, { ...viewer, seesSystemRoles: true }, names)).toEqual({
      row: colleague,
      hidden: [],
    });
    expect(seenBy(colleague, { ...viewer, accountId: 9 }, names).hidden).toEqual(['actorSystemRole']);
    expect(seenBy(colleague, { ...viewer, accountId: 7 }, names).hidden).toEqual(['details']);
    // The id of another thing is not that of the account.
    expect(seenBy({ ...colleague, target_kind: 'group' }, { ...viewer, accountId: 9 }, names).hidden).toEqual(
      ['actorSystemRole', 'details'],
    );
    const plain = { ...colleague, details: '{"consequences":["1 of its sessions ends."]}' };
    expect(seenBy(plain, viewer, names).row.details).toBe(plain.details);
  });

  it('is in the activity the first and last name of a colleague, and the pseudonym of anybody else', () => {
    const administrator = { ...row, actor_system_role: 'Administrator' };
    expect(activityName(administrator, names)).toBe('Grey Heron');
    expect(activityName(administrator, undefined)).toBe('Somebody');
    const colleague = { ...administrator, actor_organization_id: 1 };
    expect(activityName(colleague, names)).toBe('Ada Byron');
    // TAXII users have a user name only.
    expect(activityName(colleague, { ...names, firstName: null, lastName: null })).toBe('boss@example.com');
    expect(activityName(colleague, undefined)).toBe('boss@example.com');
    // Who has left since may have another name, which is not for this organization to know.
    expect(activityName(colleague, { ...names, organizationId: 2 })).toBe('boss@example.com');
    expect(activityName({ ...row, actor_account_id: null, actor_name: 'operator (root)' }, undefined)).toBe(
      'The operator',
    );
  });
});
