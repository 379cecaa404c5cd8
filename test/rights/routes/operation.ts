import type { Asked, Asker } from '../documented.ts';
import type { Thing, ThingName, World } from '../world.ts';

/** The parts of a request; the first parameter of the path is the thing's id where it is not given. */
export type Sent = {
  params?: Record<string, string | number>;
  query?: Record<string, string | number>;
  body?: unknown;
};

/** A permission, on the thing unless something else is named; `own` = the asker's own organization. */
export type Need = string | { permission: string; on: Asked | 'own' };

export type Operation = {
  /** Where an endpoint does several things. */
  does?: string;
  on: readonly (ThingName | 'own account')[];
  /** All of them, of those who may know of the thing; of everybody, where the operation is on the instance. */
  needs?: readonly Need[];
  send?: (at: { world: World; thing: Thing; asker: Asker | undefined }) => Promise<Sent> | Sent;
  /** When it is allowed; that of the endpoint unless told. */
  status?: number;
  /** The thing is not what it was afterwards. */
  usesUp?: true;
  /** Needs no session: everybody is answered with `status`. */
  isPublic?: true;
};

export type Routes = Readonly<Record<string, readonly Operation[]>>;

let number = 0;
export const fresh = (word: string) => `${word} ${++number}`;

export const onInstance = (permission: string): Operation => ({ on: ['instance'], needs: [permission] });

export const onOrganization = (permission: string): Operation => ({
  on: ['organization'],
  needs: [permission],
});

export const versionOf = async (
  world: World,
  table: 'owners' | 'user_groups' | 'taxii_services',
  { id }: Thing,
) =>
  (
    await world.app.db.read
      .selectFrom(table)
      .select('version')
      .where('id', '=', Number(id))
      .executeTakeFirstOrThrow()
  ).version;
