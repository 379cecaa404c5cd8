import { nameKey } from '../../../contract/names.ts';
import { createAccess } from '../../access/access.ts';
import { reading } from '../../action.ts';
import type { App } from '../../context.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import type { AskerRow, AskerWithCollection } from './exchange.rules.ts';
import type { ExchangeStatements } from './exchange.store.ts';
import { type Session, type Standing, standingOf } from './session.rules.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The session of an account whose credential was verified, with everything read live from the database in one statement.
 * Returns why the account may not be used as `obstacle`; the asker is told no more than with a wrong password.
 */
export async function openSession(
  app: App,
  statements: ExchangeStatements,
  { accountId, credential: { readOnly } }: { accountId: number; credential: { readOnly: boolean } },
  collectionRef: string | undefined,
): Promise<{ session: Session } | { obstacle: string }> {
  const [row] = await reading(async () => readRows(statements, accountId, collectionRef));
  if (row === undefined) return { obstacle: 'unknown account' };
  const obstacle = accountObstacle(row, ['taxii'], app.clock.now());
  if (obstacle !== undefined) return { obstacle };
  let standing = standings.get(row);
  if (standing === undefined) {
    standing = standingOf(row);
    standings.set(row, standing);
  }
  const { actor, account, service, collection } = standing;
  if (service === undefined) return { obstacle: 'bound to no service that its organization may use' };
  return {
    session: {
      access: createAccess(actor),
      account,
      credentialVersion: row.credential_version,
      readOnly,
      service,
      collection,
    },
  };
}

/** What follows from a row is kept with it: the store gives the same row again while nothing has changed. */
const standings = new WeakMap<AskerRow, Standing>();

/** At most one. */
function readRows(
  statements: ExchangeStatements,
  accountId: number,
  ref: string | undefined,
): Rows | Promise<Rows> {
  if (ref === undefined) return statements.asker([accountId]);
  if (UUID.test(ref)) return statements.askerAndCollectionById([ref.toLowerCase(), accountId]);
  return statements.askerAndCollectionByAlias([nameKey(ref), accountId]);
}

type Rows = (AskerWithCollection | AskerRow)[];
