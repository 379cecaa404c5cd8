import { ACCOUNTS } from './routes/accounts.ts';
import { INSTANCE } from './routes/instance.ts';
import type { Routes } from './routes/operation.ts';
import { OWNERS } from './routes/owners.ts';
import { SESSIONS } from './routes/sessions.ts';
import { SHARING } from './routes/sharing.ts';

export type { Need, Operation, Sent } from './routes/operation.ts';

/**
 * What each endpoint of the contract needs, and a request that is in order: an endpoint that is missing here fails the
 * build, and so does an entry without an endpoint.
 */
export const ROUTE_RIGHTS: Routes = { ...SESSIONS, ...ACCOUNTS, ...OWNERS, ...INSTANCE, ...SHARING };
