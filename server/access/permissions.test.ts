import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMUNITY_ROLES, ORGANIZATION_ROLES, SYSTEM_ROLES } from '../../contract/roles.ts';
import { permissionsDocument } from '../../scripts/permissions.ts';
import { AppError } from '../errors.ts';
import { createAccess } from './access.ts';
import { type Actor, can, INSTANCE, type Target } from './can.ts';
import { type Grant, PERMISSIONS, type Permission } from './permissions.ts';

const ALL = Object.keys(PERMISSIONS) as Permission[];
const OWN = 1;
const FOREIGN = 2;

function account(changes: Partial<Extract<Actor, { kind: 'account' }>> = {}): Actor {
  return {
    kind: 'account',
    accountId: 7,
    name: 'somebody',
    organizationId: OWN,
    systemRole: 'User',
    organizationRole: 'Standard User',
    ...changes,
  };
}

describe('the permission table', () => {
  it('is what docs/permissions.md tells', () => {
    const file = join(import.meta.dirname, '..', '..', 'docs', 'permissions.md');
    expect(
      readFileSync(file, 'utf8') === permissionsDocument(),
      'docs/permissions.md is out of date; renew it with: npm run permissions',
    ).toBe(true);
  });

  it('counts a role of any one column, and nothing else, over every combination of roles', () => {
    const targets: Target[] = [
      INSTANCE,
      { organizationId: OWN },
      { organizationId: FOREIGN },
      ...COMMUNITY_ROLES.map((communityRole) => ({ communityRole })),
    ];
    let combinations = 0;
    for (const permission of ALL) {
      const grant: Grant = PERMISSIONS[permission];
      for (const systemRole of SYSTEM_ROLES) {
        for (const organizationRole of ORGANIZATION_ROLES) {
          for (const target of targets) {
            const inOwn = target.organizationId === OWN && grant.organization.includes(organizationRole);
            const inCommunity =
              target.communityRole !== undefined && grant.community.includes(target.communityRole);
            // Rank is looked at on its own below: here the target ranks lowest.
            const asked: Target = { ...target, systemRole: 'Taxii User' };
            expect(
              can(account({ systemRole, organizationRole }), permission, asked),
              `${permission} as ${systemRole}, ${organizationRole} on ${JSON.stringify(target)}`,
            ).toBe(grant.system.includes(systemRole) || inOwn || inCommunity);
            combinations++;
          }
        }
      }
    }
    expect(combinations).toBe(ALL.length * 10 * 6 * 10);
  });
});

describe('the operator of the instance', () => {
  it.each(ALL)('holds %s exactly where the table says so, on whatever target', (permission) => {
    for (const target of [INSTANCE, { organizationId: FOREIGN }, { systemRole: 'Administrator' as const }]) {
      expect(can({ kind: 'operator', name: 'o' }, permission, target)).toBe(PERMISSIONS[permission].operator);
    }
  });
});

describe('a ranked permission', () => {
  const administrator = account({ organizationRole: 'Organization Administrator' });

  it('is held on an account of equal rank', () => {
    expect(can(administrator, 'account.edit', { organizationId: OWN, systemRole: 'Taxii User' })).toBe(true);
    expect(can(administrator, 'account.edit', { organizationId: OWN, systemRole: 'User' })).toBe(true);
  });

  it('is not held on an account whose System role ranks above, not even in the own organization', () => {
    expect(can(administrator, 'account.edit', { organizationId: OWN, systemRole: 'Super User' })).toBe(false);
    const accounts = account({ systemRole: 'Accounts Administrator' });
    expect(can(accounts, 'account.delete', { systemRole: 'Operations Administrator' })).toBe(false);
    expect(can(accounts, 'account.delete', { systemRole: 'Accounts Administrator' })).toBe(true);
  });

  it('is not held where the target has no System role to compare with', () => {
    expect(can(account({ systemRole: 'Administrator' }), 'account.edit', { organizationId: OWN })).toBe(
      false,
    );
  });
});

describe('the access of a request', () => {
  it('knows whether a permission was asked for, whatever the answer was', () => {
    const access = createAccess(account());
    expect(access.asked).toBe(false);
    expect(access.can('organization.create', INSTANCE)).toBe(false);
    expect(access.asked).toBe(true);
  });

  it('refuses with the permission that is missing, or as not found where the row must stay unknown', () => {
    const access = createAccess(account());
    const refusal = (how?: 'not_found') => {
      try {
        access.require('account.create', { organizationId: OWN }, how);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refusal()).toMatchObject({ code: 'forbidden', details: { permission: 'account.create' } });
    expect(refusal('not_found')).toEqual(new AppError('not_found'));
    expect(refusal('not_found')).toMatchObject({ details: {} });
  });

  it('lets who holds the permission pass', () => {
    const access = createAccess(account({ organizationRole: 'Organization Administrator' }));
    expect(() => access.require('account.create', { organizationId: OWN })).not.toThrow();
    expect(() => access.require('account.create', { organizationId: FOREIGN })).toThrow('Not allowed');
  });
});
