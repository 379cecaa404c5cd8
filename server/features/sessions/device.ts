import type { App } from '../../context.ts';
import type { Device } from '../authentication/throttling.ts';

const DEVICE = 'device';
const LIFE_MICROS = 180 * 86_400_000_000;

/** Who was let in; `hasShownFactor`: also with a second factor. */
type LetIn = Omit<Device, 'id'>;

/**
 * What a browser keeps to be known again after the right password of the account was given in it. It opens nothing: attempts
 * on a known device have a throttle of their own, so that strangers who hammer the account do not keep its owner out; and
 * where a second factor was shown, those who know the password do not either.
 */
export function sealDevice(app: App, letIn: LetIn, known: Device | undefined): string {
  const { accountId, credentialVersion } = letIn;
  const isKnown = known?.accountId === accountId;
  const id = isKnown ? known.id : app.ids.uuid();
  // Of other credentials it says no more who showed what.
  const hasShown =
    letIn.hasShownFactor ||
    (isKnown && known.hasShownFactor && known.credentialVersion === credentialVersion);
  const parts = [accountId, id, app.clock.now(), credentialVersion, hasShown ? 1 : 0];
  return app.keys.seal(DEVICE, Buffer.from(JSON.stringify(parts)));
}

/** Which account was signed in to in the browser, and in which browser; undefined for what was not made by `sealDevice`. */
export function openDevice(app: App, sealed: string | undefined): Device | undefined {
  const bytes = sealed === undefined ? undefined : app.keys.unseal(DEVICE, sealed);
  if (bytes === undefined) return undefined;
  const [accountId, id, madeAt, credentialVersion, hasShown] = JSON.parse(Buffer.from(bytes).toString()) as [
    number,
    string,
    number,
    number,
    number,
  ];
  if (app.clock.now() - madeAt >= LIFE_MICROS) return undefined;
  return { accountId, id, credentialVersion, hasShownFactor: hasShown === 1 };
}

/** The browser's side of an answer; see `Browser`. */
type Keeper = {
  readonly device: string | undefined;
  keep(token: string): void;
  keepDevice(sealed: string): void;
};

/** The browser goes on with the session that was started or renewed, and is known again. @returns what the person is told */
export function keepSession<View>(
  app: App,
  browser: Keeper,
  { token, view, ...letIn }: { token: string; view: View } & LetIn,
): View {
  browser.keep(token);
  browser.keepDevice(sealDevice(app, letIn, openDevice(app, browser.device)));
  return view;
}
