import type { CreateTaxiiUserInput } from '../../contract/taxii.ts';
import { createTaxiiUser, type NewTaxiiUser } from '../features/account-creation/taxii-users.service.ts';
import { setCollectionWritable } from '../features/collections/collections.service.ts';
import { createOrganization, type NewOwner } from '../features/owners/owners.service.ts';
import type { RunningServer } from '../http/server.ts';
import { startServer } from '../serving.ts';
import type { TestApp } from './test-app.ts';

/** A served test app, with an organization whose collection accepts writing, and a TAXII user of it. */
export type TestServer = {
  server: RunningServer;
  organization: NewOwner;
  user: NewTaxiiUser & { password: string };
  /** `Authorization` of the user. */
  authorization: string;
  close(): Promise<void>;
};

/** Serves the app on a free port of 127.0.0.1. Close it before the app. */
export async function serveTestApp(app: TestApp): Promise<TestServer> {
  const organization = await createOrganization(app, app.operator, {
    name: 'Harbour Watch',
    limits: { taxiiUsers: 1000 },
  });
  await setCollectionWritable(app, app.operator, organization.collectionId, true);
  const user = await newTaxiiUser(app, { userName: 'harbour-siem', organization: organization.name });
  const server = await startServer(app);
  return { server, organization, user, authorization: basic(user), close: () => server.close(1000) };
}

/** A TAXII user with a generated password. */
export async function newTaxiiUser(
  app: TestApp,
  input: CreateTaxiiUserInput,
): Promise<NewTaxiiUser & { password: string }> {
  const user = await createTaxiiUser(app, app.operator, input);
  return { ...user, password: user.password ?? input.password ?? '' };
}

/** The value of an `Authorization` header (RFC 7617). */
export function basic(user: { userName: string; password: string }): string {
  return `Basic ${Buffer.from(`${user.userName}:${user.password}`).toString('base64')}`;
}

/** A STIX 2.1 indicator with an id of its own; `changes` replace or add properties. */
export function indicator(number: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const hex = number.toString(16).padStart(12, '0');
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-${hex}`,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    pattern: `[ipv4-addr:value = '192.0.2.${number % 256}']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
    ...changes,
  };
}
