import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  auditTrail,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  refusalOf,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { getAccount } from './listing.service.ts';
import { editProfile, getProfile } from './profile.service.ts';

describe.each(ENGINES)('the own profile on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());

  it.each(['Standard User', 'Read Only User', 'Organization Administrator'] as const)(
    'is edited by the %s: names, time zone, when one is logged out and gets the summary',
    async (who) => {
      const person = await newPerson(app, who, organization);
      const changes = {
        firstName: 'Grace',
        lastName: 'Hopper',
        timeZone: 'America/New_York',
        logOutAfterMinutes: 15,
        summaryEmailTime: '07:30',
      };
      const { version } = await editProfile(app, person, { version: 1, changes });
      const own = await getAccount(app, person, { account: person.accountId });
      expect(own).toMatchObject({ ...changes, version });
      const events = (await auditTrail(app, organization.id)).filter(
        (event) => event.action === 'account.profile' && event.target_id === String(person.accountId),
      );
      expect(events).toHaveLength(1);
      expect(events[0]?.details).toMatchObject({ firstName: { before: 'Some', after: 'Grace' } });
    },
  );

  it('is shown with what of it one may change', async () => {
    const other = await newOrganization(app);
    const person = await newPersonWithPassword(app, 'Standard User', other);
    await editProfile(app, person, { changes: { timeZone: 'Asia/Tokyo', logOutAfterMinutes: 15 } });
    const no = { changePseudonym: false, changeEmail: false, changePassword: true };
    expect(await getProfile(app, person)).toMatchObject({
      version: 2,
      timeZone: 'Asia/Tokyo',
      logOutAfterMinutes: 15,
      usualLogOutMinutes: 30,
      summaryEmailTime: null,
      passwordChangedAt: null,
      abilities: no,
    });
    await setOrganizationPermissions(app, app.operator, {
      organization: other.id,
      allowPseudonymChange: true,
    });
    await setSetting(app, app.operator, { name: 'ownEmailChangeAllowed', value: true });
    const after = (await getProfile(app, person)).abilities;
    await setSetting(app, app.operator, { name: 'ownEmailChangeAllowed', value: false });
    expect(after).toEqual({ ...no, changePseudonym: true, changeEmail: true });
    const administrator = await newPerson(app, 'Administrator', other);
    expect((await getProfile(app, administrator)).abilities).toEqual({
      changePseudonym: true,
      changeEmail: true,
      changePassword: false,
    });
    expect((await refusalOf(getProfile(app, app.operator))).code).toBe('unauthenticated');
  });

  it.each([
    ['roles', { systemRole: 'Administrator' }],
    ['Organization role', { organizationRole: 'Organization Administrator' }],
    ['user name', { userName: 'boss@example.com' }],
    ['TQL timeout', { customTqlTimeoutMs: 1000 }],
    ['state', { disabled: false }],
  ])('holds no %s: nobody raises themselves', async (_, changes) => {
    const person = await newPerson(app, 'Organization Administrator', organization);
    const refusal = await refusalOf(editProfile(app, person, { changes: changes as never }));
    expect(refusal.code).toBe('invalid_input');
  });

  it('holds the pseudonym only where the organization allows its members to change it', async () => {
    const person = await newPerson(app, 'Standard User', organization);
    const change = async (pseudonym: string) => await editProfile(app, person, { changes: { pseudonym } });
    expect((await refusalOf(change('night-owl'))).details.problems?.[0]?.path).toBe('pseudonym');
    await setOrganizationPermissions(app, app.operator, {
      organization: organization.id,
      allowPseudonymChange: true,
    });
    await change('night-owl');
    expect(await getAccount(app, person, { account: person.accountId })).toMatchObject({
      pseudonym: 'night-owl',
    });
    const other = await newPerson(app, 'Standard User', organization);
    const taken = editProfile(app, other, { changes: { pseudonym: 'night-owl' } });
    expect((await refusalOf(taken)).code).toBe('name_taken');
  });

  it('stays as it is, without an event, when nothing in it changes', async () => {
    const person = await newPerson(app, 'Standard User', organization);
    const edit = await editProfile(app, person, { changes: { firstName: 'Some', timeZone: null } });
    expect(edit).toEqual({ id: person.accountId, version: 1, consequences: [] });
    const events = (await auditTrail(app, organization.id)).filter(
      (event) => event.target_id === String(person.accountId),
    );
    expect(events).toEqual([]);
  });

  it('is refused from an older version, and for the operator, who has none', async () => {
    const person = await newPerson(app, 'Standard User', organization);
    await editProfile(app, person, { version: 1, changes: { firstName: 'One' } });
    const stale = editProfile(app, person, { version: 1, changes: { firstName: 'Two' } });
    expect((await refusalOf(stale)).code).toBe('stale');
    expect((await refusalOf(editProfile(app, app.operator, { changes: { firstName: 'X' } }))).code).toBe(
      'forbidden',
    );
  });
});
