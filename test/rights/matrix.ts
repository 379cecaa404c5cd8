import type { Endpoint } from '../../contract/endpoint.ts';
import { ERRORS } from '../../contract/errors.ts';
import { type Asked, type Asker, isDocumented, mayKnowOf } from './documented.ts';
import type { Need, Operation, Sent } from './route-rights.ts';
import { type Actor, send, type Thing, type World } from './world.ts';

export const keyOf = ({ method, path }: Pick<Endpoint, 'method' | 'path'>): string => `${method} ${path}`;

/** The path of the request, with its query; the first parameter is the thing's id where it is not given. */
export function pathOf(endpoint: Endpoint, { params = {}, query = {} }: Sent, thing: Thing): string {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(params[name] ?? thing.id)),
  );
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return text.size === 0 ? path : `${path}?${text}`;
}

/** The status that docs/permissions.md and decision 10 of product.md ask for. */
function expectedStatus(
  world: World,
  { asker, isMachine, cookie }: Actor,
  endpoint: Endpoint,
  operation: Operation,
  thing: Thing,
  managesMembers = true,
): number {
  const allowed = operation.status ?? endpoint.status;
  if (operation.isPublic) return allowed;
  if (asker === undefined || isMachine || cookie === undefined) return ERRORS.unauthenticated.status;
  const asked = askedOf(world, asker, thing);
  if (thing.noun !== 'instance' && !mayKnowOf(asker, thing.noun, asked, managesMembers))
    return ERRORS.not_found.status;
  const has = (need: Need) => {
    if (typeof need === 'string') return isDocumented(asker, need, asked, managesMembers);
    const on = need.on === 'own' ? { organizationId: asker.organizationId } : need.on;
    return isDocumented(asker, need.permission, on, managesMembers);
  };
  return (operation.needs ?? []).every(has) ? allowed : ERRORS.forbidden.status;
}

function askedOf(world: World, asker: Asker, thing: Thing): Asked {
  return thing.ownerId === undefined
    ? thing.rights
    : { ...thing.rights, communityRole: world.communityRole(asker, thing.ownerId) };
}

/** Requests the operation as the actor, on one thing; what is wrong with the answer, if anything is. */
export async function probe(
  world: World,
  actor: Actor,
  endpoint: Endpoint,
  operation: Operation,
  on: Operation['on'][number],
  managesMembers = true,
): Promise<string | undefined> {
  const { asker } = actor;
  const thing =
    on === 'own account' ? (asker === undefined ? undefined : ownAccount(asker)) : await world.thing(on);
  if (thing === undefined) return undefined;
  const expected = expectedStatus(world, actor, endpoint, operation, thing, managesMembers);
  const sent = (await operation.send?.({ world, thing, asker })) ?? {};
  const path = pathOf(endpoint, sent, thing);
  const answer = await send(world, actor.cookie, endpoint.method, path, sent.body);
  const isAllowed = answer.status < 400;
  if (isAllowed && operation.usesUp && on !== 'own account') world.useUp(on);
  // What is done to one's own account may end the session that it was done in.
  const touchesSelf = on === 'own account' || keyOf(endpoint) === 'DELETE /session';
  if (isAllowed && touchesSelf && endpoint.method !== 'GET' && asker !== undefined)
    actor.cookie = (await world.session(asker.accountId)).cookie;
  const codeFits =
    isAllowed || answer.code === undefined
      ? isAllowed
      : Object.entries(ERRORS).some(([code, { status }]) => code === answer.code && status === answer.status);
  if (answer.status === expected && codeFits) return undefined;
  const what = `${keyOf(endpoint)}${operation.does === undefined ? '' : ` (${operation.does})`}`;
  return `${actor.name} · ${what} · ${thing.name}: ${expected} is documented, ${answer.status} is answered ${answer.text.slice(0, 160)}`;
}

function ownAccount(asker: Asker): Thing {
  const { accountId, organizationId, systemRole } = asker;
  const rights = { accountId, organizationId, systemRole };
  return { name: 'their own account', noun: 'account', id: accountId, rights };
}
