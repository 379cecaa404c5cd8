import type { Endpoint } from './endpoint.ts';
import {
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listSessionsEndpoint,
  showSessionEndpoint,
  signInEndpoint,
  signOutEndpoint,
} from './session.ts';
import { setupEndpoint } from './setup.ts';

/** Every operation of the REST API. A route that is not listed here, or a listed one without a route, fails the build. */
export const ALL_ENDPOINTS: readonly Endpoint[] = [
  setupEndpoint,
  signInEndpoint,
  showSessionEndpoint,
  signOutEndpoint,
  listSessionsEndpoint,
  endAllSessionsEndpoint,
  endSessionEndpoint,
];
