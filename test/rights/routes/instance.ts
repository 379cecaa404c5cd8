import { publishTerms } from '../../../server/features/terms/terms.service.ts';
import type { World } from '../world.ts';
import { fresh, onInstance, onOrganization, type Routes } from './operation.ts';

const setting = 'sessionIdleMinutes';

const settingVersion = async ({ app }: World) =>
  (
    await app.db.read
      .selectFrom('system_settings')
      .select('version')
      .where('name', '=', setting)
      .executeTakeFirst()
  )?.version ?? 0;

async function publishedTerms({ app }: World): Promise<number> {
  const { version } = await publishTerms(app, app.operator, { text: `${fresh('Terms')}.` });
  return version;
}

/** Id of a fresh mail that was given up. */
const failedMail = async ({ app }: World) =>
  (
    await app.db.write
      .insertInto('outbox')
      .values({
        purpose: 'test',
        recipient: 'x@example.org',
        sealed: 'x',
        created_at: app.clock.now(),
        attempts: 1,
        next_attempt_at: app.clock.now(),
        claimed_until: 0,
        failed_at: app.clock.now(),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
  ).id;

export const INSTANCE: Routes = {
  'GET /audit': [onInstance('audit.viewInstance')],
  'GET /organizations/:organization/audit': [onOrganization('audit.view')],
  'GET /audit/export.csv': [onInstance('audit.viewInstance')],
  'GET /audit/export.jsonl': [onInstance('audit.viewInstance')],
  'GET /organizations/:organization/audit/export.csv': [onOrganization('audit.view')],
  'GET /organizations/:organization/audit/export.jsonl': [onOrganization('audit.view')],
  'POST /audit/verification': [
    onInstance('audit.viewInstance'),
    {
      does: 'of an organization',
      on: ['organization'],
      needs: ['audit.view'],
      send: ({ thing }) => ({ body: { organization: thing.id } }),
    },
  ],
  'GET /organizations/:organization/activity': [onOrganization('organization.activity')],

  'GET /settings': [onInstance('settings.view')],
  'PATCH /settings': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        body: { settings: [{ name: setting, value: 30, version: await settingVersion(world) }] },
      }),
    },
  ],
  'GET /settings/:setting': [{ ...onInstance('settings.view'), send: () => ({ params: { setting } }) }],
  'PUT /settings/:setting': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        params: { setting },
        body: { value: 31, version: await settingVersion(world) },
      }),
    },
  ],
  'DELETE /settings/:setting': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({
        params: { setting },
        query: { version: await settingVersion(world) },
      }),
    },
  ],
  'GET /terms-of-service': [{ on: ['instance'] }],
  // Another version counts: what accepting does is in the tests of the terms.
  'POST /session/terms-of-service': [
    { on: ['instance'], status: 409, send: () => ({ body: { version: 999_999 } }) },
  ],
  'POST /terms-of-service': [
    { ...onInstance('settings.edit'), send: () => ({ body: { text: `${fresh('These are the terms')}.` } }) },
  ],
  'GET /terms-of-service/versions': [onInstance('settings.view')],
  'GET /terms-of-service/versions/:version': [
    {
      ...onInstance('settings.view'),
      send: async ({ world }) => ({ params: { version: await publishedTerms(world) } }),
    },
  ],
  'GET /terms-of-service/acceptances': [onInstance('settings.view')],
  'GET /mail': [onInstance('settings.view')],
  // No mail server is configured.
  'POST /mail/test': [
    { ...onInstance('settings.edit'), status: 409, send: () => ({ body: { to: 'x@example.org' } }) },
  ],
  'POST /mail/:mail/retry': [
    {
      ...onInstance('settings.edit'),
      send: async ({ world }) => ({ params: { mail: await failedMail(world) } }),
    },
  ],
  'GET /licence': [onInstance('licence.view')],
  'PUT /licence': [
    {
      ...onInstance('licence.edit'),
      send: async ({ world }) => {
        const { version } = await world.app.db.read
          .selectFrom('instance')
          .select('version')
          .executeTakeFirstOrThrow();
        const limits = { users: 1_000_000, apiUsers: 1_000_000, taxiiUsers: 1_000_000 };
        return { body: { version, limits, apiUsersAllowed: true, readOnlyUsersAllowed: true } };
      },
    },
  ],
};
