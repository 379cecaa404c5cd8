import type { App, Caller } from '../../context.ts';
import { actAs } from '../../features/accounts/acting.service.ts';
import {
  type Authentication,
  createAuthentication,
} from '../../features/authentication/authentication.service.ts';
import { createExchangeRoutes } from '../../features/exchange/exchange.routes.ts';
import { openExchange } from '../../features/exchange/open-exchange.ts';
import type { Exchange } from '../../features/exchange/reading.service.ts';
import type { StartedSession } from '../../features/sessions/own-session.ts';
import { openSession, signIn } from '../../features/sessions/sessions.service.ts';
import type { DemoClock } from './clock.ts';

/** What was given out to whom, as long as the demo is being made. */
export type Held = { id: number; userName: string; password?: string; apiKey?: string; token?: string };

/** What the steps of the demo work with. */
export type Stage = {
  app: App;
  clock: DemoClock;
  operator: Caller;
  authentication: Authentication;
  exchange: Exchange;
  taxii: ReturnType<typeof createExchangeRoutes>;
  /** By name of the person or machine. */
  held: Map<string, Held>;
  /** Ids of collections, by the name of their owner. */
  collections: Map<string, string>;
  /** The version of the terms of service; 0: there are none yet. */
  terms: number;
};

export function openStage(app: App, clock: DemoClock, operator: Caller): Stage {
  const authentication = createAuthentication(app);
  const exchange = openExchange(app);
  return {
    app,
    clock,
    operator,
    authentication,
    exchange,
    taxii: createExchangeRoutes(app, authentication, exchange),
    held: new Map(),
    collections: new Map(),
    terms: 0,
  };
}

/** @throws Error where nobody of that name was created yet */
export function heldBy({ held }: Stage, name: string): Held {
  const found = held.get(name);
  if (found === undefined) throw new Error(`the demo has no ${name} yet`);
  return found;
}

export function collectionOf({ collections }: Stage, owner: string): string {
  const found = collections.get(owner);
  if (found === undefined) throw new Error(`the demo has no ${owner} yet`);
  return found;
}

/** An address of the office networks, the same for the same name. RFC 5737 keeps them for documents. */
function addressOf(name: string): string {
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return `198.51.100.${(sum % 250) + 2}`;
}

/** The person as a caller, with the rights of that moment. */
export async function as(stage: Stage, name: string): Promise<Caller> {
  const caller = await actAs(stage.app, stage.operator, heldBy(stage, name).userName);
  return { ...caller, address: addressOf(name) };
}

const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
];

/** Signs the person in, from their own address and browser. */
export async function signInAs(
  stage: Stage,
  name: string,
): Promise<{ started: StartedSession; caller: Caller }> {
  const { app, authentication, operator } = stage;
  const { userName, password = '' } = heldBy(stage, name);
  const address = addressOf(name);
  const userAgent = BROWSERS[name.length % BROWSERS.length];
  const browser = { token: undefined, device: undefined, userAgent };
  const from = { ...operator, address };
  const started = await signIn(app, authentication.admit, from, { email: userName, password }, browser);
  const { access } = await openSession(app, { token: started.token, isBackground: true });
  return { started, caller: { access, address } };
}
