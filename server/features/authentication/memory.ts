import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/** What a client presented, as the HTTP face read it. */
export type Presented =
  | { scheme: 'basic'; userName: string; password: string }
  /** Bearer, Token or X-API-Key. */
  | { scheme: 'key'; key: string };

/** Which credential it is, and what it is bound to. Whatever of that changes raises the version of the account's credentials. */
export type CredentialTerms = {
  id: number;
  /** The addresses from which alone it may be used, as they are stored; null = all. */
  allowedNetworks: string | null;
  /** It reads only, whatever the rights of its account. */
  readOnly: boolean;
};

/** A credential that was the account's, at this version of its credentials. The account's state is not looked at here. */
export type Verified = { accountId: number; credentialVersion: number; credential: CredentialTerms };

/** What was verified lately in this process; whoever recalls it still has to read the account's row. */
export type Memory = {
  recall(presented: Presented): Verified | undefined;
  /** `isKey` = it was found as an API key, and not as the password of that user name. */
  remember(presented: Presented, verified: Verified, of: { isKey: boolean; expiresAt: Micros | null }): void;
  forget(presented: Presented): void;
  /** Tells attempts apart without keeping their secrets. */
  fingerprintOf(presented: Presented): string;
};

/** A verified secret is remembered for at most this long. */
const REMEMBER_MS = 60_000;
const REMEMBERED = 10_000;

type Entry = Verified & { until: number; expiresAt: Micros | null };

/**
 * An API key is remembered by itself, whatever user name came with it, and a password under the compared form of its
 * user name: so an account takes one entry for each of its credentials, and cannot crowd out the others by presenting one in many spellings.
 * The two kinds have fingerprints that never meet: a typed password that looks like a key counts with its user name only.
 */
export function createMemory({ secrets, clock }: Pick<App, 'secrets' | 'clock'>): Memory {
  const entries = new Map<string, Entry>();

  const keyPrint = (presented: Presented): string =>
    secrets.fingerprint('key', presented.scheme === 'key' ? presented.key : presented.password);
  const passwordPrint = (presented: Presented & { scheme: 'basic' }): string =>
    secrets.fingerprint('password', nameKey(presented.userName), presented.password);

  const find = (fingerprint: string): Verified | undefined => {
    const entry = entries.get(fingerprint);
    if (entry === undefined) return undefined;
    if (entry.until > performance.now() && (entry.expiresAt === null || entry.expiresAt > clock.now()))
      return entry;
    entries.delete(fingerprint);
    return undefined;
  };

  const fingerprintOf = (presented: Presented): string =>
    presented.scheme === 'key' ? keyPrint(presented) : passwordPrint(presented);

  return {
    fingerprintOf,
    recall(presented) {
      const password = presented.scheme === 'basic' ? find(passwordPrint(presented)) : undefined;
      return password ?? find(keyPrint(presented));
    },
    remember(presented, { accountId, credentialVersion, credential }, { isKey, expiresAt }) {
      const fingerprint = isKey ? keyPrint(presented) : fingerprintOf(presented);
      if (entries.size >= REMEMBERED && !entries.has(fingerprint)) {
        const oldest = entries.keys().next();
        if (oldest.done !== true) entries.delete(oldest.value);
      }
      const until = performance.now() + REMEMBER_MS;
      entries.set(fingerprint, { accountId, credentialVersion, credential, until, expiresAt });
    },
    forget(presented) {
      entries.delete(keyPrint(presented));
      if (presented.scheme === 'basic') entries.delete(passwordPrint(presented));
    },
  };
}
