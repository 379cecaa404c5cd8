import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser, listTaxiiUserAccounts } from './taxii-users.service.ts';

let number = 0;

describe.each(ENGINES)('TAXII users on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    await createTaxiiUser(app, organization.administrator, {
      userName: `siem-${++number}`,
      organization: organization.name,
    });
  });
  afterAll(async () => await app?.close());

  describe('the list of TAXII users', () => {
    it('shows the Organization Administrator those of its organization only', async () => {
      const other = await newOrganization(app);
      const user = await createTaxiiUser(app, other.administrator, {
        userName: `siem-${++number}`,
        organization: other.name,
        onlyOwners: [other.name],
        contactEmail: 'soc@example.org',
      });
      expect(await listTaxiiUserAccounts(app, other.administrator, other.name)).toEqual([
        {
          id: user.id,
          userName: user.userName,
          pseudonym: user.pseudonym,
          organization: other.name,
          state: 'active',
          locked: false,
          disabled: false,
          service: user.service,
          contactEmail: 'soc@example.org',
          onlyOwners: [other.name],
          createdAt: expect.any(Number),
          lastUsedAt: null,
          lastUsedFrom: null,
        },
      ]);
    });

    it('is not found for a foreign organization, and forbidden for all of them', async () => {
      const other = await newOrganization(app);
      const { administrator: stranger } = other;
      const refusal = await refusalOf(listTaxiiUserAccounts(app, stranger, organization.name));
      expect(refusal.code).toBe('not_found');
      expect((await refusalOf(listTaxiiUserAccounts(app, stranger))).code).toBe('forbidden');
    });

    it('is forbidden to the Standard User of the organization', async () => {
      const standard = await newPerson(app, 'Standard User', organization);
      const refusal = await refusalOf(listTaxiiUserAccounts(app, standard, organization.name));
      expect(refusal.code).toBe('forbidden');
    });

    it('shows the Accounts Administrator all of them', async () => {
      const accounts = await newPerson(app, 'Accounts Administrator', organization);
      const organizations = (await listTaxiiUserAccounts(app, accounts)).map((user) => user.organization);
      expect(new Set(organizations).size).toBeGreaterThan(1);
    });
  });
});
