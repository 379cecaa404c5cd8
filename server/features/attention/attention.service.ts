import { accountQuery } from '../../../contract/accounts.ts';
import { type Attention, MAX_COUNTED } from '../../../contract/attention.ts';
import type { LimitName } from '../../../contract/organizations.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Access } from '../../access/access.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { askedAccounts } from '../accounts/account-query.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { findBlocks } from '../accounts/blocks.ts';
import { listAccountIds, listAccountRows } from '../accounts/listing.store.ts';
import { showAccounts } from '../accounts/shown-accounts.ts';
import { findInstance } from '../instance/instance.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { SCARCE_TENTHS, TOPICS } from './attention.rules.ts';
import { listAccountsWithFailures, listScarceSeats } from './attention.store.ts';

type Topic = Attention['locked'];

const SHOWN = 5;
const MAX_SEATS = 100;
/** A lock of the system lasts so long at most, from a failure that is in the audit trail by then; with room for clocks. */
const FAILURES_MICROS = 20 * 60_000_000;

/** Where it is looked for, and on whose behalf. */
type Search = { app: App; access: Access; where: number | 'instance'; now: number };

/**
 * What needs attention among the accounts of an organization, or of all organizations.
 * @throws AppError `not_found`, `forbidden`
 */
export async function getAttention(
  app: App,
  caller: Caller,
  reference: Reference | undefined,
): Promise<Attention> {
  return await readingAs(app, caller, 'account.attention', async (about) => {
    const { access } = caller;
    const organization =
      reference === undefined
        ? undefined
        : requireVisibleOrganization(access, await findOrganization(app.db.read, reference), reference);
    if (organization !== undefined) {
      const { owner_id: organizationId, name } = organization;
      about({ organizationId, targetKind: 'organization', targetId: organizationId, targetName: name });
    }
    access.require(
      'account.view',
      organization === undefined ? {} : { organizationId: organization.owner_id },
    );
    const search: Search = {
      app,
      access,
      where: organization?.owner_id ?? 'instance',
      now: app.clock.now(),
    };
    return {
      locked: await locked(search),
      credentialsExpiring: await topic(search, 'credentialsExpiring'),
      accountsExpiring: await topic(search, 'accountsExpiring'),
      neverUsed: await topic(search, 'neverUsed'),
      unused: await topic(search, 'unused'),
      invitationsPending: await topic(search, 'invitationsPending'),
      withoutSecondFactor: await topic(search, 'withoutSecondFactor'),
      seats: await seats(search),
    };
  });
}

async function topic({ app, access, where, now }: Search, name: keyof typeof TOPICS): Promise<Topic> {
  const { query, sort } = TOPICS[name];
  const { filter } = askedAccounts(access, accountQuery.parse(query));
  const db = app.db.read;
  const ids = await listAccountIds(db, where, filter, { now, limit: MAX_COUNTED + 1 });
  const count = ids.length;
  const page = { sort, descending: false, limit: SHOWN, now };
  // Where all of them are known, they are not looked for again; where there are more, five are soon found.
  const rows = await listAccountRows(db, where, count > MAX_COUNTED ? filter : { ids }, page);
  return {
    count: Math.min(count, MAX_COUNTED),
    more: count > MAX_COUNTED,
    items: await showAccounts(app, access, rows, now),
    query,
  };
}

/** Those that the system keeps out at the moment come first. */
async function locked(search: Search): Promise<Topic> {
  const { app, access, where, now } = search;
  const db = app.db.read;
  const byAdministrators = await topic(search, 'locked');
  // Only digests of names tell whom failed attempts keep out: it is asked of those at whom attempts failed.
  const tried = await listAccountsWithFailures(db, where, now - FAILURES_MICROS, MAX_COUNTED);
  const page = { sort: 'userName', descending: false, limit: MAX_COUNTED, now } as const;
  const rows = await listAccountRows(db, where, { ids: tried, state: 'active' }, page);
  const blocks = await findBlocks(app, db, rows, now);
  const until = (id: number) => blocks.get(id)?.until ?? 0;
  const kept = rows.filter(({ id }) => blocks.has(id)).sort((a, b) => until(b.id) - until(a.id));
  const count = byAdministrators.count + kept.length;
  return {
    count: Math.min(count, MAX_COUNTED),
    more: byAdministrators.more || count > MAX_COUNTED,
    items: [...(await showAccounts(app, access, kept.slice(0, SHOWN), now)), ...byAdministrators.items].slice(
      0,
      SHOWN,
    ),
    query: byAdministrators.query,
  };
}

/** Of the organizations for those who may see their seats, of the licence for those who may see that. */
async function seats({ app, access, where }: Search): Promise<Attention['seats']> {
  const db = app.db.read;
  const target = where === 'instance' ? {} : { organizationId: where };
  const scarce = access.can('organization.seats', target)
    ? await listScarceSeats(db, where, { tenths: SCARCE_TENTHS, limit: MAX_SEATS })
    : [];
  const instance = access.can('licence.view', {}) ? await findInstance(db) : undefined;
  const licence: Attention['seats'] = [];
  if (instance !== undefined) {
    const limits = [
      ['users', 'user', instance.max_users],
      ['apiUsers', 'api', instance.max_api_users],
      ['taxiiUsers', 'taxii', instance.max_taxii_users],
    ] as const satisfies readonly (readonly [LimitName, ...unknown[]])[];
    for (const [limit, kind, max] of limits) {
      const used = await countSeats(db, kind, 'instance');
      if (used > 0 && used * 10 >= max * SCARCE_TENTHS)
        licence.push({ scope: 'licence', organization: null, limit, used, max });
    }
  }
  return [...licence, ...scarce.map((each) => ({ scope: 'organization' as const, ...each }))];
}
