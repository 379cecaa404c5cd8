import { getLicenceEndpoint, setLicenceEndpoint } from '../../../contract/licence.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { editLicence, getLicence } from './licence.service.ts';

/** The REST endpoints of the licence. */
export function createLicenceRoutes(app: App): RestRoute[] {
  return [
    bind(getLicenceEndpoint, async (caller) => await getLicence(app, caller)),
    bind(setLicenceEndpoint, async (caller, { body }) => await editLicence(app, caller, body)),
  ];
}
