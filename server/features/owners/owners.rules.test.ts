import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READ_ONLY_COMMUNITY_ROLES } from '../../../contract/owners.ts';
import { COMMUNITY_ROLES, SYSTEM_ROLES } from '../../../contract/roles.ts';
import { AppError } from '../../errors.ts';
import { containing, effectiveCommunityRole, overUse, requireEmpty, requireVersion } from './owners.rules.ts';

const role = fc.constantFrom(...COMMUNITY_ROLES);
const maybe = fc.option(role);
const systemRole = fc.constantFrom(...SYSTEM_ROLES);

describe('the Community role of an account', () => {
  it('is the individual role, which wins over the default of its organization', () => {
    fc.assert(
      fc.property(
        systemRole.filter((each) => each !== 'Read Only User'),
        maybe,
        maybe,
        (system, individual, standard) => {
          expect(effectiveCommunityRole(system, individual, standard)).toBe(
            individual ?? standard ?? undefined,
          );
        },
      ),
    );
  });

  it('“Users with a System role of Read Only User have only three Community roles available to them: Commenter, User, and Banned”', () => {
    fc.assert(
      fc.property(maybe, maybe, (individual, standard) => {
        const effective = effectiveCommunityRole('Read Only User', individual, standard);
        if (individual === null && standard === null) expect(effective).toBeUndefined();
        else expect(READ_ONLY_COMMUNITY_ROLES).toContain(effective);
      }),
    );
  });

  it.each(COMMUNITY_ROLES)(
    'of a Read Only User where the default is %s is that, or the highest that they can have: Commenter',
    (standard) => {
      const isAvailable = ['Commenter', 'User', 'Banned'].includes(standard);
      expect(effectiveCommunityRole('Read Only User', null, standard)).toBe(
        isAvailable ? standard : 'Commenter',
      );
    },
  );
});

it('the over-use of a limit is what is used beyond it, and never below zero', () => {
  const counts = fc.record({ users: fc.nat(9), apiUsers: fc.nat(9), taxiiUsers: fc.nat(9) });
  fc.assert(
    fc.property(counts, counts, (limits, used) => {
      const over = overUse(limits, used);
      for (const limit of ['users', 'apiUsers', 'taxiiUsers'] as const) {
        expect(over[limit]).toBe(used[limit] > limits[limit] ? used[limit] - limits[limit] : 0);
      }
    }),
  );
});

it('a search matches its text as it is, wildcards too', () => {
  expect(containing('50%_Ä!')).toBe('%50!%!_ä!!%');
});

it('an edit of another version than the stored one is stale, one without a version is not', () => {
  expect(() => requireVersion(undefined, 3)).not.toThrow();
  expect(() => requireVersion(3, 3)).not.toThrow();
  for (const given of [1, 2, 4])
    expect(() => requireVersion(given, 3)).toThrow(expect.objectContaining({ code: 'stale' }));
});

it('only what is empty may be deleted; everything in the way is named at once', () => {
  const owner = { kind: 'organization', name: 'Acme' } as const;
  const none = { accounts: 0, objects: 0, members: 0, memberships: 0 };
  expect(() => requireEmpty(owner, none)).not.toThrow();
  const message = (obstacles: Partial<typeof none>) => {
    try {
      requireEmpty(owner, { ...none, ...obstacles });
    } catch (error) {
      if (error instanceof AppError) return error.message;
    }
    return '';
  };
  expect(message({ accounts: 1, objects: 1000, memberships: 2 })).toBe(
    'The organization "Acme" is not empty: it has 1 account, 1000 objects or more, 2 memberships in communities or sources.',
  );
  expect(message({ members: 1, objects: 3 })).toBe(
    'The organization "Acme" is not empty: it has 3 objects, 1 member organization.',
  );
});
