import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { giveCommunityRole, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { holdLock, waitForLock } from '../../testing/locks.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { removeMember, setCommunityRole } from './members.service.ts';
import { setIndividualRole } from './members.store.ts';
import { addMember, createOwner } from './owners.service.ts';
import { findMembership, lockOwner } from './owners.store.ts';
import { editOwner } from './shared.service.ts';

// On SQLite one transaction writes at a time: nobody waits with rights that were read before.
describe.each(ENGINES.filter((engine) => engine === 'postgres'))('a Director on %s', (engine) => {
  let app: TestApp;
  let other: OpenedApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
    other = await app.reopen();
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
  });

  it.each(['addMember', 'removeMember', 'setCommunityRole', 'editOwner'] as const)(
    'who is demoted while %s waits for the owner does nothing there any more',
    async (attempt) => {
      const organization = await newOrganization(app);
      const person = await newPerson(app, 'Standard User', organization);
      const owner = await createOwner(app, app.operator, {
        kind: 'community',
        name: `Owner of ${attempt}`,
        anonymous: false,
      });
      await addMember(app, app.operator, {
        owner: owner.id,
        organization: organization.id,
        defaultRole: 'User',
      });
      const director = await newPerson(app, 'Standard User', await newOrganization(app));
      await giveCommunityRole(app, director, owner, 'Director');
      const lock = await holdLock(
        other,
        (tx) => lockOwner(tx, owner.id),
        (tx) => setIndividualRole(tx, owner.id, director.accountId, 'User'),
      );
      const member = { owner: owner.id, organization: organization.name };
      const waiting = refusalOf(
        {
          addMember: () => addMember(app, director, { ...member, defaultRole: 'Director' }),
          removeMember: () => removeMember(app, director, member),
          setCommunityRole: () =>
            setCommunityRole(app, director, { owner: owner.id, account: person.accountId, role: 'Banned' }),
          editOwner: () => editOwner(app, director, { owner: owner.id, name: 'Mine' }),
        }[attempt](),
      );
      // It has read the Director's role, and waits for the owner's row.
      await waitForLock(app);
      await lock.release();
      expect((await waiting).code).toBe('forbidden');
      expect(await findMembership(app.db.read, owner.id, organization.id)).toMatchObject({
        default_role: 'User',
      });
    },
  );
});
