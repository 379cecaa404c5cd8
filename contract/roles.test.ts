import { expect, it } from 'vitest';
import { ERRORS } from './errors.ts';
import { ORGANIZATION_ROLES, SYSTEM_ROLE_RANK, SYSTEM_ROLES } from './roles.ts';

it('System roles rank as the product decided: nobody acts on an account that ranks above', () => {
  const ranked = [...SYSTEM_ROLES].sort((a, b) => SYSTEM_ROLE_RANK[b] - SYSTEM_ROLE_RANK[a]);
  expect(ranked.map((role) => [role, SYSTEM_ROLE_RANK[role]])).toEqual([
    ['Administrator', 60],
    ['Operations Administrator', 50],
    ['Accounts Administrator', 40],
    ['Community Leader', 30],
    ['Super User', 30],
    ['User', 10],
    ['Read Only User', 10],
    ['Api User', 10],
    ['Exchange Admin', 10],
    ['Taxii User', 10],
  ]);
});

it('the fixed role of TAXII users exists', () => {
  expect(ORGANIZATION_ROLES).toContain('Standard User');
});

it.each(Object.entries(ERRORS))('the error %s has a status of HTTP and a title', (_, { status, title }) => {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
  expect(title).toMatch(/^[A-Z].+[^.]$/);
});
