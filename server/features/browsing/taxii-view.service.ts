import type { TaxiiView } from '../../../contract/taxii-view.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { formatTaxiiPath } from '../../protocols/taxii/paths.ts';
import { apiRootResource } from '../../protocols/taxii/resources.ts';
import { listCredentials } from '../accounts/accounts.store.ts';
import { findVisibleAccount } from '../accounts/visible-account.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import { prepareExchange } from '../exchange/exchange.store.ts';
import { standingOf } from '../exchange/session.rules.ts';
import { collectionOf, discoveryOf, visibleCollections } from '../exchange/shown.rules.ts';
import { ownerTarget } from '../owners/owners.store.ts';
import { sumCounts } from './browsing.store.ts';
import { obstaclesOf, remarksOf } from './taxii-view.rules.ts';

type Asked = {
  account: number;
  /** The address of this server, as clients reach it. */
  baseUrl: string;
};

/**
 * What a TAXII user is shown, from the same statements and rules as the answers over TAXII; but for what is of communities
 * and sources that the asker may not know of.
 */
export function createTaxiiView(app: App): (caller: Caller, asked: Asked) => Promise<TaxiiView> {
  const statements = prepareExchange(app.db);
  return async (caller, asked) => await getTaxiiView(app, statements, caller, asked);
}

/** @throws AppError `not_found`, also for an account of another kind */
async function getTaxiiView(
  app: App,
  statements: ReturnType<typeof prepareExchange>,
  caller: Caller,
  { account, baseUrl }: Asked,
): Promise<TaxiiView> {
  return await readingAs(app, caller, 'account.taxiiView', async () => {
    const { access } = caller;
    const now = app.clock.now();
    const { id, user_name } = await findVisibleAccount(
      { tx: app.db.read, access },
      { account, kind: 'taxii' },
    );
    const [row] = await statements.asker([id]);
    if (row === undefined) throw new Error(`the account ${id} vanished`);
    const credentials = await listCredentials(app.db.read, id, now);
    const readOnly = credentials.length > 0 && credentials.every((each) => each.read_only === 1);
    const { actor, account: asker, service } = standingOf(row);

    const rows = await statements.collections([id]);
    const visible = visibleCollections(actor, asker, rows);
    const known: typeof visible = [];
    for (const each of visible) {
      const owner = { id: each.owner_id, kind: each.owner_kind };
      if (access.can('owner.view', await ownerTarget(app.db.read, owner, access.actor))) known.push(each);
    }
    const counts = await sumCounts(
      app.db,
      known.map((each) => each.owner_id),
    );
    const hidden = rows.filter((each) => !visible.some((one) => one.collection_id === each.collection_id));
    const notListed = hidden.filter((each) => asker.narrowed === 1 && each.listed === 0).length;
    const obstacles = obstaclesOf({
      account: accountObstacle(row, ['taxii'], now),
      service: service !== undefined ? 'usable' : row.service_id === null ? 'none' : 'not open',
      credentials: credentials.length,
    });
    const url = (path: Parameters<typeof formatTaxiiPath>[0]) => formatTaxiiPath(path, baseUrl);
    const view = {
      userName: user_name,
      admitted: obstacles.length === 0,
      obstacles,
      connection: {
        discoveryUrl: url({ kind: 'discovery', beside: [] }),
        apiRootUrl: service === undefined ? null : url({ kind: 'api-root', root: service.path }),
      },
    };
    if (service === undefined) return { ...view, shown: null, remarks: [] };

    const discovery = discoveryOf(service, baseUrl);
    const apiRoot = apiRootResource(service);
    const collections = known.map((each) => {
      const shown = collectionOf(readOnly, each, each.holds_stix_20 === 1);
      const { canRead, publishedOnly } = each.rights;
      const objects = publishedOnly ? 0 : (counts.get(each.owner_id)?.objects ?? 0);
      return {
        id: shown.id,
        title: shown.title,
        description: shown.description ?? null,
        alias: shown.alias ?? null,
        url: url({ kind: 'collection', root: service.path, collection: shown.id }),
        canRead: shown.can_read,
        canWrite: shown.can_write,
        mediaTypes: shown.media_types,
        objects: canRead ? objects : null,
        publishedOnly,
      };
    });
    return {
      ...view,
      shown: {
        discovery: {
          title: discovery.title,
          description: discovery.description ?? null,
          default: discovery.default ?? null,
          apiRoots: discovery.api_roots ?? [],
        },
        apiRoot: {
          title: apiRoot.title,
          description: apiRoot.description ?? null,
          versions: apiRoot.versions,
          maxContentLength: apiRoot.max_content_length,
        },
        collections,
      },
      remarks: remarksOf({
        shown: visible.length,
        unknown: visible.length - known.length,
        publishedOnly: known.filter((each) => each.rights.publishedOnly).length,
        notListed,
        byRole: hidden.length - notListed,
        readOnly,
      }),
    };
  });
}
