import type { App } from '../../context.ts';
import type { Device } from '../authentication/throttling.ts';

const DEVICE = 'device';
const LIFE_MICROS = 180 * 86_400_000_000;

/**
 * What a browser keeps to be known again after the right password of the account was given in it. It opens nothing: attempts
 * on a known device have a throttle of their own, so that strangers who hammer the account do not keep its owner out.
 */
export function sealDevice(app: App, accountId: number, known: Device | undefined): string {
  const id = known?.accountId === accountId ? known.id : app.ids.uuid();
  return app.keys.seal(DEVICE, Buffer.from(JSON.stringify([accountId, id, app.clock.now()])));
}

/** Which account was signed in to in the browser, and in which browser; undefined for what was not made by `sealDevice`. */
export function openDevice(app: App, sealed: string | undefined): Device | undefined {
  const bytes = sealed === undefined ? undefined : app.keys.unseal(DEVICE, sealed);
  if (bytes === undefined) return undefined;
  const [accountId, id, madeAt] = JSON.parse(Buffer.from(bytes).toString()) as [number, string, number];
  return app.clock.now() - madeAt < LIFE_MICROS ? { accountId, id } : undefined;
}
