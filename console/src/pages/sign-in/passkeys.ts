import type { z } from 'zod';
import type {
  assertion,
  CreationOptions,
  RequestOptions,
  registration,
} from '../../../../contract/webauthn.ts';

type ShownPasskey = z.input<typeof assertion>;
type MadePasskey = z.input<typeof registration>;

/** Why the browser gave no passkey, in words for the person. */
class PasskeyError extends Error {}

/** Whether this browser knows passkeys, and their form in JSON. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

/** Lets the person choose a passkey, which signs the challenge. @throws PasskeyError */
export async function showPasskey(options: RequestOptions): Promise<ShownPasskey> {
  const publicKey = await understood(() =>
    PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON),
  );
  const credential = await understood(() => navigator.credentials.get({ publicKey }));
  return jsonOf(credential) as ShownPasskey;
}

/** Makes a new passkey on a device of the person's choice. @throws PasskeyError */
export async function makePasskey(options: CreationOptions): Promise<MadePasskey> {
  const publicKey = await understood(() =>
    PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON),
  );
  const credential = await understood(() => navigator.credentials.create({ publicKey }));
  return jsonOf(credential) as MadePasskey;
}

function jsonOf(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyError('The browser gave no passkey.');
  return credential.toJSON();
}

async function understood<T>(ask: () => Promise<T> | T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'NotAllowedError' || name === 'AbortError')
      throw new PasskeyError('No passkey was shown: it was called off, or took too long.');
    if (name === 'InvalidStateError')
      throw new PasskeyError('This device holds a passkey of your account already.');
    if (name === 'SecurityError')
      throw new PasskeyError('Passkeys cannot be used at the address that the server has here.');
    throw new PasskeyError('This browser or device could not do that with a passkey.');
  }
}
