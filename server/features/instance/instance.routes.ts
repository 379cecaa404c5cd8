import { getInstanceEndpoint } from '../../../contract/instance.ts';
import { setupEndpoint } from '../../../contract/setup.ts';
import { createAccess } from '../../access/access.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { redeemSetupCode } from './instance.service.ts';
import { createInstanceView } from './instance-view.service.ts';

/** The REST endpoints of the instance. */
export function createInstanceRoutes(app: App): RestRoute[] {
  const viewInstance = createInstanceView(app);
  return [
    bind(getInstanceEndpoint, (caller, _parts, { reachedAs }) => viewInstance(caller, reachedAs)),
    bind(setupEndpoint, async (caller, { body }) => {
      caller.access.can('instance.operate', {});
      // Whoever holds the code has read it from the server's own output: it stands for the operator, for this one act.
      const access = createAccess({ kind: 'operator', name: 'set-up code' });
      return await redeemSetupCode(app, { ...caller, access }, body);
    }),
  ];
}
