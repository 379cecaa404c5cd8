import type { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Schema } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { insertAccount } from '../accounts/accounts.store.ts';
import { changeUserGroupMembers, createUserGroup, setUserGroupMembers } from './groups.service.ts';
import { findPossibleMembers } from './groups.store.ts';

const COUNT = 1200;

describe.each(ENGINES)('a user group of many members on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  const people: { id: number; name: string }[] = [];
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    await inTransaction(app.db, async (tx) => {
      for (let i = 0; i < COUNT; i++) {
        const name = `Person.${String(i).padStart(4, '0')}@example.com`;
        const id = await insertAccount(tx, {
          kind: 'user',
          organization_id: organization.id,
          user_name: name,
          pseudonym: `pseudonym-${i}`,
          system_role: 'User',
          organization_role: 'Standard User',
          narrowed: 0,
          credential_version: 1,
          created_at: 1,
        });
        people.push({ id, name });
      }
    });
  });
  afterAll(async () => await app?.close());

  const names = () => people.map(({ name }) => name.toUpperCase());
  const emptyGroup = (name: string) =>
    createUserGroup(app, organization.administrator, { organization: organization.id, name });

  it('is given them by name, in whatever case, by id, or by both', async () => {
    const group = await emptyGroup('By name');
    const { administrator } = organization;
    const set = await setUserGroupMembers(app, administrator, { group: group.id, members: names() });
    expect(set).toMatchObject({ memberCount: COUNT, version: 2 });
    const both = [...people.map(({ id }) => id), ...names()];
    const again = await setUserGroupMembers(app, administrator, { group: group.id, members: both });
    expect(again).toMatchObject({ memberCount: COUNT, version: 2 });
    const fewer = await changeUserGroupMembers(app, administrator, {
      group: group.id,
      remove: names().slice(1),
    });
    expect(fewer.members.map(({ userName }) => userName)).toEqual([people[0]?.name]);
  });

  it('is not given them when one of the names is of another organization', async () => {
    const stranger = await newPerson(app, 'Standard User', await newOrganization(app));
    const group = await emptyGroup('With a stranger');
    const refusal = await refusalOf(
      setUserGroupMembers(app, organization.administrator, {
        group: group.id,
        members: [...names(), stranger.userName],
      }),
    );
    expect(refusal).toMatchObject({
      code: 'not_found',
      details: { message: expect.stringContaining(`has the user name "${stranger.userName}"`) },
    });
  });

  it('looks the names up in a few queries', async () => {
    let queries = 0;
    const counted: Kysely<Schema> = app.db.read.withPlugin({
      transformQuery({ node }) {
        queries++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const found = await findPossibleMembers(counted, organization.id, [...names(), ...names(), 'nobody']);
    expect(found.size).toBe(COUNT);
    expect(found.get('person.0007@example.com')).toBe(people[7]?.id);
    expect(queries).toBe(3);
  });
});
