import type { Limits } from '../../contract/organizations.ts';
import type { AccountKind, CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';
import { createAccess } from '../access/access.ts';
import type { App, Caller } from '../context.ts';
import { inTransaction } from '../db/transaction.ts';
import { AppError } from '../errors.ts';
import { findActor, insertAccount, insertCredential } from '../features/accounts/accounts.store.ts';
import { listAuditEvents } from '../features/audit/audit.store.ts';
import { createOrganization, type NewOwner } from '../features/owners/owners.service.ts';
import type { TestApp } from './test-app.ts';

/** Those who ask: every kind of person that a rule of the product speaks of. */
const PEOPLE = {
  'Organization Administrator': ['user', 'User', 'Organization Administrator'],
  'Standard User': ['user', 'User', 'Standard User'],
  'Read Only User': ['read_only', 'Read Only User', 'Read Only User'],
  Administrator: ['user', 'Administrator', 'Read Only User'],
  'Operations Administrator': ['user', 'Operations Administrator', 'Read Only User'],
  'Accounts Administrator': ['user', 'Accounts Administrator', 'Read Only User'],
  'Community Leader': ['user', 'Community Leader', 'Read Only User'],
  'Super User': ['user', 'Super User', 'Organization Administrator'],
} as const satisfies Record<string, readonly [AccountKind, SystemRole, OrganizationRole]>;

export type Person = keyof typeof PEOPLE;

/** An account as a caller. */
export type Someone = Caller & { accountId: number; userName: string };

let number = 0;

/**
 * A new account of that kind in the organization, as a caller. A System role comes with the least Organization role that
 * it may have, so that what it may do is what the System role gives.
 */
export async function newPerson(app: App, person: Person, organization: { id: number }): Promise<Someone> {
  const [kind, systemRole, organizationRole] = PEOPLE[person];
  const userName = `${person.toLowerCase().replaceAll(' ', '.')}.${++number}@example.com`;
  const now = app.clock.now();
  return await inTransaction(app.db, async (tx) => {
    const accountId = await insertAccount(tx, {
      kind,
      organization_id: organization.id,
      user_name: userName,
      pseudonym: `person-${number}`,
      first_name: 'Some',
      last_name: 'Body',
      contact_email: null,
      system_role: systemRole,
      organization_role: organizationRole,
      service_id: null,
      narrowed: 0,
      credential_version: 1,
      locked_at: null,
      disabled_at: null,
      deleted_at: null,
      expires_at: null,
      created_at: now,
      last_used_at: null,
      last_used_from: null,
    });
    const actor = await findActor(tx, accountId, now);
    if (actor === undefined) throw new Error('a new account may not act');
    return { accountId, userName, access: createAccess(actor), address: '192.0.2.7', requestId: 'test' };
  });
}

/** The same with a password: a generated one, which costs no Argon2id to verify. */
export async function newPersonWithPassword(
  app: App,
  person: Person,
  organization: { id: number },
): Promise<Someone & { password: string }> {
  const someone = await newPerson(app, person, organization);
  const password = await givePassword(app, someone.accountId);
  return { ...someone, password };
}

/** Gives the account a generated password beside those that it has. */
export async function givePassword(app: App, accountId: number): Promise<string> {
  const password = app.secrets.generate(128);
  const stored = { algorithm: 'sha256', hash: app.secrets.digest(password) } as const;
  await inTransaction(app.db, (tx) =>
    insertCredential(tx, accountId, { kind: 'password', stored }, app.clock.now()),
  );
  return password;
}

/** A new organization and its Organization Administrator: the least privileged who may administer its accounts. */
export async function newOrganization(
  app: TestApp,
  limits: Partial<Limits> = { taxiiUsers: 1000 },
): Promise<NewOwner & { administrator: Someone }> {
  const organization = await createOrganization(app, app.operator, {
    name: `Organization ${++number}`,
    limits,
  });
  return { ...organization, administrator: await newPerson(app, 'Organization Administrator', organization) };
}

/** Gives the account an individual Community role, which wins over the default role of its organization. */
export async function giveCommunityRole(
  app: App,
  account: { accountId: number },
  owner: { id: number },
  role: CommunityRole,
): Promise<void> {
  await inTransaction(app.db, async (tx) => {
    await tx
      .insertInto('account_roles')
      .values({ account_id: account.accountId, owner_id: owner.id, role })
      .execute();
  });
}

/** What the use case was refused with; an error of the test when it was not refused, or broke. */
export async function refusalOf(work: Promise<unknown>): Promise<Pick<AppError, 'code' | 'details'>> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, details: error.details };
    throw error;
  }
  throw new Error('was not refused');
}

/** The audit trail with its details read, the oldest first. */
export async function auditTrail(app: App, organizationId: number | 'instance' = 'instance') {
  const events = await listAuditEvents(app.db.read, organizationId, { limit: 10_000 });
  return events
    .reverse()
    .map((event) => ({ ...event, details: JSON.parse(event.details) as Record<string, unknown> }));
}
