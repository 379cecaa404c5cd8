import { SOME_OBJECT } from '../world.ts';
import { fresh, type Operation, onInstance, onOrganization, type Routes, versionOf } from './operation.ts';

const intelligence = ['homeIntelligence', 'communityIntelligence', 'sourceIntelligence'] as const;

/** An object of a collection: the second parameter of the path. */
const ofObject: Operation = {
  on: ['homeObject', 'communityObject', 'sourceObject'],
  needs: ['intelligence.read'],
  send: () => ({ params: { object: SOME_OBJECT } }),
};

const collections = ['homeCollection', 'communityCollection', 'sourceCollection'] as const;

export const SHARING: Routes = {
  'GET /organizations/:organization/groups': [onOrganization('group.view')],
  'POST /organizations/:organization/groups': [
    { ...onOrganization('group.edit'), send: () => ({ body: { name: fresh('Group') } }) },
  ],
  'GET /groups/:group': [{ on: ['group'] }],
  'PATCH /groups/:group': [
    {
      on: ['group'],
      needs: ['group.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'user_groups', thing), description: fresh('for') },
      }),
    },
  ],
  'DELETE /groups/:group': [{ on: ['group'], needs: ['group.edit'], usesUp: true }],
  'PUT /groups/:group/members': [
    {
      on: ['group'],
      needs: ['group.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'user_groups', thing), members: [] },
      }),
    },
  ],

  'GET /taxii-services': [{ on: ['instance'], needs: [{ permission: 'taxiiService.view', on: 'own' }] }],
  'POST /taxii-services': [
    {
      ...onInstance('taxiiService.create'),
      send: () => {
        const name = fresh('service');
        return { body: { name, path: name.replace(' ', '-') } };
      },
    },
  ],
  'GET /taxii-services/:service': [{ on: ['service'] }],
  'PATCH /taxii-services/:service': [
    {
      on: ['service'],
      needs: ['taxiiService.edit'],
      send: async ({ world, thing }) => ({
        body: { version: await versionOf(world, 'taxii_services', thing), changes: { strict: false } },
      }),
    },
  ],
  'DELETE /taxii-services/:service': [{ on: ['spareService'], needs: ['taxiiService.delete'], usesUp: true }],
  'GET /collections': [{ on: ['instance'] }],
  'GET /collections/:collection': [{ on: collections }],
  'GET /intelligence/collections': [{ on: ['instance'] }],
  'GET /collections/:collection/statistics': [{ on: intelligence, needs: ['intelligence.readPublished'] }],
  'GET /collections/:collection/objects': [{ on: intelligence, needs: ['intelligence.readPublished'] }],
  'GET /collections/:collection/objects/:object': [ofObject],
  'GET /collections/:collection/objects/:object/neighbours': [ofObject],
  'GET /collections/:collection/usage': [{ on: collections }],
  'PATCH /collections/:collection': [
    {
      on: collections,
      needs: ['collection.configure'],
      send: async ({ world: { app }, thing }) => {
        const { version } = await app.db.read
          .selectFrom('collections')
          .select('version')
          .where('id', '=', String(thing.id))
          .executeTakeFirstOrThrow();
        return { body: { version, changes: { strict: false } } };
      },
    },
  ],
};
