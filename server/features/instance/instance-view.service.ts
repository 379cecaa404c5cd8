import type { InstanceView } from '../../../contract/instance.ts';
import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { hasAdministrator } from '../accounts/accounts.store.ts';
import { findRelyingParty, PRODUCT_NAME } from '../authenticators/webauthn.ts';
import { isMailConfigured } from '../mail/outbox.ts';

type Stored = Pick<InstanceView, 'setUp' | 'mailConfigured'>;

/** How long what is stored is remembered: strangers ask for it, as often as they like. */
const REMEMBER_MS = 5000;

/** What a sign-in screen needs to know of the instance, at the address under which it was reached. */
export function createInstanceView(app: App): (caller: Caller, reachedAs: string) => Promise<InstanceView> {
  let remembered: (Stored & { until: number }) | undefined;
  const stored = async (): Promise<Stored> => {
    if (remembered !== undefined && remembered.until > performance.now()) return remembered;
    const found = await reading(async () => ({
      setUp: await hasAdministrator(app.db.read),
      mailConfigured: await isMailConfigured(app.db.read),
    }));
    // The screen of the set-up asks again as soon as it is done.
    remembered = found.setUp ? { ...found, until: performance.now() + REMEMBER_MS } : undefined;
    return found;
  };
  return async ({ access }, reachedAs) => {
    // It is for everybody: there is no right to ask for.
    access.noteAsked();
    const { setUp, mailConfigured } = await stored();
    return {
      name: PRODUCT_NAME,
      setUp,
      mailConfigured,
      passkeys: findRelyingParty(app, reachedAs) !== undefined,
    };
  };
}
