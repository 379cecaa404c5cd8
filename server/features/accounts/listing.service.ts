import { z } from 'zod';
import { type AccountDetails, type AccountItem, accountQuery } from '../../../contract/accounts.ts';
import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, pageFrom } from '../../pages.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { describeFactors } from '../authenticators/authenticators.store.ts';
import { networksOf } from '../credentials/credentials.rules.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { ownersAsSeen } from '../owners/visible-roles.ts';
import { findAcceptance } from '../terms/terms.store.ts';
import { askedAccounts } from './account-query.ts';
import { accountTarget, allowedOwner, shown } from './account-view.rules.ts';
import { type AccountRow, listAllowedOwners, listCredentials } from './accounts.store.ts';
import { countAccountsFound, findShownRow, listAccountRows } from './listing.store.ts';
import { showAccounts } from './shown-accounts.ts';
import { findStatusCause } from './status-cause.ts';
import { findVisibleAccount } from './visible-account.ts';

export type AccountQuery = z.input<typeof accountQuery>;

/** Where a page ended: what it is sorted by is a text or an instant. */
const POSITIONS = {
  text: z.tuple([z.string(), z.number().int()]),
  instant: z.tuple([z.number().int(), z.number().int()]),
};

/**
 * A page of the accounts of an organization, or of all organizations.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`
 */
export async function listAccounts(
  app: App,
  caller: Caller,
  organizationReference: Reference | undefined,
  rawQuery: AccountQuery = {},
): Promise<{ items: AccountItem[]; next: string | null; total?: number }> {
  const query = parseInput(accountQuery, rawQuery);
  return await readingAs(app, caller, 'account.list', async (about) => {
    const { access } = caller;
    const db = app.db.read;
    const organization =
      organizationReference === undefined
        ? undefined
        : requireVisibleOrganization(
            access,
            await findOrganization(db, organizationReference),
            organizationReference,
          );
    if (organization !== undefined) {
      const { owner_id: organizationId, name } = organization;
      about({ organizationId, targetKind: 'organization', targetId: organizationId, targetName: name });
    }
    access.require(
      'account.view',
      organization === undefined ? {} : { organizationId: organization.owner_id },
    );
    const { filter, order } = askedAccounts(access, query);
    const { limit = DEFAULT_PAGE } = query;
    const position = order.sort.endsWith('At') ? POSITIONS.instant : POSITIONS.text;
    const after = query.after === undefined ? undefined : decodeCursor(query.after, position);
    const now = app.clock.now();
    const where = organization?.owner_id ?? 'instance';
    const found = await listAccountRows(db, where, filter, {
      ...order,
      after: after === undefined ? undefined : { value: after[0], id: after[1] },
      limit: limit + 1,
      now,
    });
    const { rows, next } = pageFrom(found, limit, (row) => [row.position, row.id]);
    return {
      items: await showAccounts(app, access, rows, now),
      next,
      ...(query.total === true ? { total: await countAccountsFound(db, where, filter, now) } : {}),
    };
  });
}

/**
 * An account with everything that its form shows. Everybody sees their own.
 * @throws AppError `not_found`
 */
export async function getAccount(
  app: App,
  caller: Caller,
  which: { account: Reference; kind?: AccountKind | undefined },
): Promise<AccountDetails> {
  return await reading(async () => {
    const { access } = caller;
    const db = app.db.read;
    const account: AccountRow = await findVisibleAccount({ tx: db, access }, which);
    const row = await findShownRow(db, account.id);
    if (row === undefined) throw new AppError('not_found');
    const now = app.clock.now();
    const [item] = await showAccounts(app, access, [row], now);
    if (item === undefined) throw new AppError('not_found');
    const groups = await listGroupsOf(db, [row.id]);
    const credentials = await listCredentials(db, row.id, now);
    const accepted = await findAcceptance(db, row.id);
    return {
      ...item,
      ...(access.can('account.viewSystemRole', accountTarget(row)) ? { systemRole: row.system_role } : {}),
      authenticator:
        row.authenticator_since === null
          ? null
          : {
              since: formatTimestamp(row.authenticator_since),
              ...(await describeFactors(db, row.id)),
            },
      statusCause: await findStatusCause(app, caller, row, now),
      groups: groups.map(({ id, name }) => ({ id, name })),
      onlyOwners:
        row.narrowed === 0
          ? null
          : await ownersAsSeen(db, access, (await listAllowedOwners(db, [row.id])).map(allowedOwner)),
      customTqlTimeoutMs: row.custom_tql_timeout_ms,
      includeInObservations: row.include_in_observations === 1,
      exceedApiLinkLimit: row.exceed_api_link_limit === 1,
      timeZone: row.time_zone,
      logOutAfterMinutes: row.log_out_after_minutes,
      summaryEmailTime: row.summary_email_time,
      passwordChangedAt: shown(row.password_changed_at),
      termsAcceptedVersion: accepted?.version ?? null,
      termsAcceptedAt: shown(accepted?.accepted_at ?? null),
      credentials: credentials.map((credential) => ({
        id: credential.id,
        kind: credential.kind,
        hint: credential.hint,
        createdAt: formatTimestamp(credential.created_at),
        expiresAt: shown(credential.expires_at),
        lastUsedAt: shown(credential.last_used_at),
        lastUsedFrom: credential.last_used_from,
        allowedNetworks: networksOf(credential),
        readOnly: credential.read_only === 1,
        signedBodyRequired: credential.signed_body_required === 1,
      })),
    };
  });
}
