import type { Logger } from 'pino';
import type { Access } from './access/access.ts';
import type { Config } from './config.ts';
import type { Database } from './db/open.ts';
import type { Keys } from './keys.ts';
import type { Micros } from './protocols/timestamp.ts';
import type { Secrets } from './secrets.ts';

/** What every use case may need of the world. Built once, in `app.ts`; tests replace clock and ids. */
export type App = {
  readonly config: Config;
  readonly db: Database;
  readonly keys: Keys;
  readonly secrets: Secrets;
  readonly log: Logger;
  readonly clock: { now(): Micros };
  readonly ids: { uuid(): string };
};

/** Who calls a use case, and from where. */
export type Caller = {
  readonly access: Access;
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** Whether the person of the session has shown lately who they are; undefined where there is no session. */
  readonly isVerified?: boolean | undefined;
};
