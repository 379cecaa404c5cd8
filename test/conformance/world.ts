import type { CommunityRole } from '../../contract/roles.ts';
import type { CreateTaxiiUserInput } from '../../contract/taxii.ts';
import type { CreateTaxiiServiceInput } from '../../contract/taxii-services.ts';
import type { Config } from '../../server/config.ts';
import type { Engine } from '../../server/db/dialect.ts';
import {
  setCollectionStrict,
  setCollectionWritable,
} from '../../server/features/collections/collections.service.ts';
import {
  addMember,
  createOrganization,
  createOwner,
  type NewOwner,
} from '../../server/features/owners/owners.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import type { RunningServer } from '../../server/http/server.ts';
import { startServer } from '../../server/serving.ts';
import { openTestApp, type TestApp } from '../../server/testing/test-app.ts';
import { basic, newTaxiiUser, serveTestApp, type TestServer } from '../../server/testing/test-server.ts';
import { type Answer, type Client, createClient } from './wire.ts';

export const ROOT = '/intel/';

/** A collection and its paths under the default API root. */
export type Place = NewOwner & { path: string; objects: string; manifest: string };

/** A served instance with an organization, a TAXII user of it, and the means to make more. */
export type World = {
  app: TestApp;
  served: TestServer;
  port: number;
  /** The TAXII user of the home organization, and that organization's collection, which accepts writing. */
  client: Client;
  home: Place;
  newUser(input: Partial<CreateTaxiiUserInput> & { userName: string }): Promise<Client>;
  newOrganization(name: string): Promise<Place>;
  /** A community in which the home organization has the role; its collection accepts writing unless told. */
  newCommunity(name: string, role?: CommunityRole, writable?: boolean): Promise<Place>;
  /** Another TAXII service, and a TAXII user of the home organization at it. */
  newService(input: CreateTaxiiServiceInput): Promise<Client>;
  setStrict(place: Place): Promise<void>;
  /** The same data served once more, otherwise configured. It is closed with the world. */
  serveAlso(changes: Partial<Config>): Promise<RunningServer>;
  close(): Promise<void>;
};

export async function openWorld(engine: Engine, changes: Partial<Config> = {}): Promise<World> {
  const app = await openTestApp(engine, changes);
  const served = await serveTestApp(app);
  const { port } = served.server;
  const also: RunningServer[] = [];
  const homeName = served.organization.name;
  const newUser: World['newUser'] = async (input) => {
    const user = await newTaxiiUser(app, { organization: homeName, service: 'intel', ...input });
    return createClient(port, basic(user));
  };
  return {
    app,
    served,
    port,
    client: createClient(port, served.authorization),
    home: placeOf(served.organization),
    newUser,
    async newOrganization(name) {
      const owner = await createOrganization(app, app.operator, { name, limits: { taxiiUsers: 1000 } });
      await setCollectionWritable(app, app.operator, owner.collectionId, true);
      return placeOf(owner);
    },
    async newCommunity(name, role = 'Director', writable = true) {
      const owner = await createOwner(app, app.operator, { kind: 'community', name });
      await addMember(app, app.operator, { owner: name, organization: homeName, defaultRole: role });
      if (writable) await setCollectionWritable(app, app.operator, owner.collectionId, true);
      return placeOf(owner);
    },
    async newService(input) {
      const service = await createTaxiiService(app, app.operator, input);
      return await newUser({ userName: `user of ${input.name}`, service: service.path });
    },
    async setStrict(place) {
      await setCollectionStrict(app, app.operator, place.collectionId, true);
    },
    async serveAlso(configChanges) {
      const server = await startServer({ ...app, config: { ...app.config, ...configChanges } });
      also.push(server);
      return server;
    },
    async close() {
      for (const server of also) await server.close(500);
      await served.close();
      await app.close();
    },
  };
}

function placeOf(owner: NewOwner): Place {
  const path = placePath(ROOT, owner.collectionId);
  return { ...owner, path, objects: `${path}objects/`, manifest: `${path}manifest/` };
}

export function placePath(root: string, collection: string): string {
  return `${root}collections/${collection}/`;
}

/** Posts objects in envelopes of `size`, all of which must be taken. */
export async function fill(
  client: Client,
  objectsPath: string,
  objects: readonly unknown[],
  size = 100,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < objects.length; start += size) {
    const part = objects.slice(start, start + size);
    const answer = await client.post(objectsPath, { objects: part });
    if (answer.status !== 202 || answer.json.success_count !== part.length)
      throw new Error(`${answer.status} ${answer.text.slice(0, 1000)}`);
    answers.push(answer);
  }
  return answers;
}
