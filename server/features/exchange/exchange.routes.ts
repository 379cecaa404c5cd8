import { createAccess } from '../../access/access.ts';
import type { App, Caller } from '../../context.ts';
import type { TaxiiReply, TaxiiRequest, TaxiiRoutes } from '../../http/taxii-face.ts';
import { formatTaxiiPath } from '../../protocols/taxii/paths.ts';
import type { Authentication } from '../authentication/authentication.service.ts';
import {
  type Exchange,
  getApiRoot,
  getCollection,
  getDiscovery,
  getManifest,
  getObjects,
  getStatus,
  getVersions,
  listVisibleCollections,
  type PageAnswer,
} from './reading.service.ts';
import type { Session } from './session.rules.ts';
import { openSession } from './session.service.ts';
import { addEnvelope, deleteObject } from './writing.service.ts';

/** TAXII 2.1 §3.1: the endpoints, each bound to its use case. */
export function createExchangeRoutes(
  app: App,
  authentication: Authentication,
  exchange: Exchange,
): TaxiiRoutes<Session> {
  return {
    open: async (presented, from, collection) =>
      await authentication.admit(
        presented,
        from,
        async (verified) => await openSession(app, exchange.statements, verified, collection),
      ),
    endpoints: {
      discovery: { GET: async ({ session, baseUrl }) => json(getDiscovery(session, baseUrl)) },
      'api-root': { GET: async ({ session }) => json(getApiRoot(session)) },
      status: {
        GET: async ({ session, path }) => ({
          status: 200,
          body: await getStatus(exchange, session, path.statusId),
        }),
      },
      collections: { GET: async ({ session }) => json(await listVisibleCollections(exchange, session)) },
      collection: {
        GET: async ({ session, path }) => {
          const resource = await getCollection(exchange, session);
          return {
            ...json(resource),
            contentLocation: formatTaxiiPath({ ...path, collection: resource.id }),
          };
        },
      },
      manifest: {
        GET: async (request) => page(await getManifest(exchange, request.session, request)),
      },
      objects: {
        GET: async (request) => page(await getObjects(exchange, request.session, request)),
        POST: async (request) => {
          const status = await addEnvelope(app, callerOf(request), request.session, request.body);
          return { status: 202, body: JSON.stringify(status) };
        },
      },
      object: {
        GET: async (request) =>
          page(await getObjects(exchange, request.session, request, request.path.objectId)),
        DELETE: async (request) => {
          const { session, rawQuery, path } = request;
          await deleteObject(app, callerOf(request), session, rawQuery, path.objectId);
          return { status: 200 };
        },
      },
      versions: {
        GET: async (request) =>
          page(await getVersions(exchange, request.session, request, request.path.objectId)),
      },
    },
  };
}

function json(resource: object): TaxiiReply {
  return { status: 200, body: JSON.stringify(resource) };
}

function page(answer: PageAnswer): TaxiiReply {
  return { status: 200, page: answer.page, dates: { first: answer.first, last: answer.last } };
}

/** The asker as the caller of a use case that writes. */
function callerOf({ session, address, requestId }: TaxiiRequest<Session>): Caller {
  return { access: createAccess(session.access.actor), address, requestId };
}
