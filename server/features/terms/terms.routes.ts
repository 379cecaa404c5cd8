import {
  acceptTermsEndpoint,
  getTermsEndpoint,
  listAcceptancesEndpoint,
  listTermsEndpoint,
  publishTermsEndpoint,
  showTermsEndpoint,
} from '../../../contract/terms.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import {
  acceptTerms,
  getOwnTerms,
  getTerms,
  listAcceptances,
  listTerms,
  publishTerms,
} from './terms.service.ts';

/** The REST endpoints of the terms of service. */
export function createTermsRoutes(app: App): RestRoute[] {
  return [
    bind(showTermsEndpoint, async (caller, _parts, { token }) => await getOwnTerms(app, caller, token)),
    bind(acceptTermsEndpoint, async (caller, { body }, browser) => {
      const { token, view } = await acceptTerms(app, caller, browser.token, body);
      browser.keep(token);
      return view;
    }),
    bind(publishTermsEndpoint, async (caller, { body }) => await publishTerms(app, caller, body)),
    bind(listTermsEndpoint, async (caller, { query }) => await listTerms(app, caller, query)),
    bind(getTermsEndpoint, async (caller, { params }) => await getTerms(app, caller, params.version)),
    bind(listAcceptancesEndpoint, async (caller, { query }) => await listAcceptances(app, caller, query)),
  ];
}
