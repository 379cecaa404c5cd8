import type { IncomingMessage } from 'node:http';
import type { AddressReader } from './addresses.ts';
import type { Flow } from './flow.ts';

/** What every face needs of the server that it is part of. */
export type FaceTools = {
  addressOf: AddressReader;
  flow: Flow;
  /** Where the client reached the server, without a slash at its end. */
  baseUrlOf(incoming: IncomingMessage, protocol: string): string;
};

/** The headers of an answer in JSON, before anything is known of it. */
export function jsonHeaders(requestId: string): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  };
}
