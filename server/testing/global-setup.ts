import type { TestProject } from 'vitest/node';
import { type Postgres, startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Administrator's URL of the run's PostgreSQL: `createDatabase(inject('postgresUrl'))` makes a database of one's own. */
    postgresUrl: string;
  }
}

let postgres: Postgres | undefined;

/** One PostgreSQL for the whole run. */
export async function setup(project: TestProject): Promise<void> {
  postgres = await startPostgres();
  project.provide('postgresUrl', postgres.adminUrl);
}

export async function teardown(): Promise<void> {
  await postgres?.stop();
}
