import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { giveCommunityRole, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
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
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let isHeld = () => {};
      const holding = new Promise<void>((resolve) => {
        isHeld = resolve;
      });
      const holder = inTransaction(other.db, async (tx) => {
        await lockOwner(tx, owner.id);
        isHeld();
        await held;
        await setIndividualRole(tx, owner.id, director.accountId, 'User');
      });
      await holding;
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
      release();
      await holder;
      expect((await waiting).code).toBe('forbidden');
      expect(await findMembership(app.db.read, owner.id, organization.id)).toMatchObject({
        default_role: 'User',
      });
    },
  );
});

async function waitForLock(app: TestApp): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const [row] = await app.db.query<{ waiting: number }>(
      "select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      [],
    );
    if (Number(row?.waiting ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing waits');
}
