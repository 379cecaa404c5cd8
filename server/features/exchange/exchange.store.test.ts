import { afterEach, describe, expect, it } from 'vitest';
import { disableTaxiiUser } from '../../testing/account-changes.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';
import { createOrganization } from '../owners/owners.service.ts';
import { prepareExchange } from './exchange.store.ts';

describe.each(ENGINES)('what is read of the asker on %s', (engine) => {
  let app: TestApp;
  afterEach(() => app.close());

  async function withUser() {
    app = await openTestApp(engine);
    const owner = await createOrganization(app, app.operator, {
      name: 'Harbour Watch',
      limits: { taxiiUsers: 5 },
    });
    const user = await newTaxiiUser(app, { userName: 'harbour-siem', organization: 'Harbour Watch' });
    const { asker, askerAndCollectionById } = prepareExchange(app.db);
    return {
      user,
      rows: async () => [
        (await asker([user.id]))[0],
        (await askerAndCollectionById([owner.collectionId, user.id]))[0],
      ],
    };
  }

  it('shows a change that this process made, on the next read', async () => {
    const { user, rows } = await withUser();
    expect((await rows()).map((row) => row?.disabled_at)).toEqual([null, null]);
    await disableTaxiiUser(app, app.operator, user.userName, true);
    expect((await rows()).map((row) => typeof row?.disabled_at)).toEqual(['number', 'number']);
  });

  it('shows a change that another process made, on the next read', async () => {
    const { user, rows } = await withUser();
    const other = await app.reopen();
    for (const disabled of [true, false, true]) {
      await rows();
      await disableTaxiiUser(other, app.operator, user.userName, disabled);
      expect((await rows()).map((row) => row?.disabled_at !== null)).toEqual([disabled, disabled]);
    }
    await other.close();
  });

  it('is told apart by account and by collection', async () => {
    const { user } = await withUser();
    const second = await newTaxiiUser(app, { userName: 'quay-siem', organization: 'Harbour Watch' });
    const { asker, askerAndCollectionById } = prepareExchange(app.db);
    for (const { id, userName } of [user, second, user]) {
      expect((await asker([id]))[0]?.user_name).toBe(userName);
      const [row] = await askerAndCollectionById(['00000000-0000-4000-8000-000000000000', id]);
      expect(row).toMatchObject({ user_name: userName, collection_id: null });
    }
  });
});
