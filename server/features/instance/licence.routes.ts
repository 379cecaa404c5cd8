import { getLicenceEndpoint, setLicenceEndpoint } from '../../../contract/licence.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { editLicence, getLicence } from './licence.service.ts';

/** The REST endpoints of the licence. */
export function createLicenceRoutes(app: App): RestRoute[] {
  return [
    bind(getLicenceEndpoint, (caller) => getLicence(app, caller)),
    bind(setLicenceEndpoint, (caller, { body }) => editLicence(app, caller, body)),
  ];
}
