import { getAccountFormEndpoint, getEditFormEndpoint } from '../../../contract/account-forms.ts';
import { getAccountRightsEndpoint } from '../../../contract/rights.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { describeCreation, describeEdit } from './account-forms.service.ts';
import { explainAccount } from './rights.service.ts';

/** The REST endpoints that say what an account may do, and what may be set of one. */
export function createRightsRoutes(app: App): RestRoute[] {
  return [
    bind(getAccountRightsEndpoint, async (caller, { params, query }) =>
      explainAccount(app, caller, params.account, query),
    ),
    bind(getAccountFormEndpoint, async (caller, { params, query }) =>
      describeCreation(app, caller, params.organization, params.kind, query),
    ),
    bind(getEditFormEndpoint, async (caller, { params, query }) =>
      describeEdit(app, caller, params.account, query),
    ),
  ];
}
