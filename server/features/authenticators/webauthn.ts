import type { Assertion, CreationOptions, Registration, RequestOptions } from '../../../contract/webauthn.ts';
import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { CHALLENGE_MICROS } from './authenticators.rules.ts';
import { insertChallenge, type PasskeyRow, takeChallenge } from './authenticators.store.ts';

/** For whom passkeys are made (WebAuthn Level 3 §4, relying party): the id is a host name. */
export type RelyingParty = { origin: string; id: string };

/** What a challenge is for, and whose it is; null: of nobody yet. */
export type ChallengeUse = { purpose: 'new-passkey' | 'second-factor' | 'sign-in'; accountId: number | null };

/** What an authenticator's signature proves. */
export type Signed = { counter: number; backedUp: boolean };

/** What the instance is called by those who are to trust it. */
export const PRODUCT_NAME = 'Taxiway';
/** 256 bits; WebAuthn Level 3 §13.4.3 asks for 128. */
const CHALLENGE_BITS = 256;
/** ES256, EdDSA, RS256 (IANA COSE algorithms). */
const ALGORITHMS = [-7, -8, -257];

/**
 * The relying party: the configured public address; without one only localhost, never what a Host header says beside that.
 * Undefined where passkeys cannot be bound to the address: they are bound to names, not to IP addresses.
 */
export function findRelyingParty({ config }: App, reachedAs: string): RelyingParty | undefined {
  const base = config.publicUrl ?? reachedAs;
  if (!URL.canParse(base)) return undefined;
  const { origin, hostname, protocol } = new URL(base);
  const isLocal = hostname === 'localhost';
  const isName = /[a-z]/i.test(hostname) && !hostname.includes(':');
  if (!isLocal && (config.publicUrl === undefined || !isName || protocol !== 'https:')) return undefined;
  return { origin, id: hostname };
}

/** @throws AppError `conflict` where there is none */
export function relyingPartyOf(app: App, reachedAs: string): RelyingParty {
  const party = findRelyingParty(app, reachedAs);
  if (party !== undefined) return party;
  throw new AppError('conflict', {
    message:
      'Passkeys are bound to the name of the server: set --public-url to its https address, or reach it as localhost.',
  });
}

/** A fresh challenge, written down for its one use. */
export async function makeChallenge(
  app: App,
  { purpose, accountId }: ChallengeUse,
): Promise<{ id: string; challenge: string; timeout: number }> {
  const [id, challenge] = [app.ids.uuid(), app.secrets.generate(CHALLENGE_BITS)];
  const expiresAt = app.clock.now() + CHALLENGE_MICROS;
  await inTransaction(app.db, (tx) =>
    insertChallenge(tx, { id, account_id: accountId, purpose, challenge, expires_at: expiresAt }),
  );
  return { id, challenge, timeout: CHALLENGE_MICROS / 1000 };
}

export function requestOptionsOf(
  party: RelyingParty,
  { challenge, timeout }: { challenge: string; timeout: number },
  passkeys: readonly PasskeyRow[],
  userVerification: 'required' | 'preferred',
): RequestOptions {
  return {
    challenge,
    timeout,
    rpId: party.id,
    allowCredentials: passkeys.map(descriptorOf),
    userVerification,
  };
}

export function creationOptionsOf(
  app: App,
  party: RelyingParty,
  { challenge, timeout }: { challenge: string; timeout: number },
  account: { id: number; user_name: string; first_name: string | null; last_name: string | null },
  passkeys: readonly PasskeyRow[],
): CreationOptions {
  const name = [account.first_name, account.last_name].filter(Boolean).join(' ');
  return {
    challenge,
    timeout,
    rp: { id: party.id, name: PRODUCT_NAME },
    user: {
      id: userHandle(app, account.id),
      name: account.user_name,
      displayName: name || account.user_name,
    },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: passkeys.map(descriptorOf),
    // To be found without a user name, for signing in with it alone, wherever the authenticator can.
    authenticatorSelection: {
      residentKey: 'preferred',
      requireResidentKey: false,
      userVerification: 'preferred',
    },
    attestation: 'none',
  };
}

function descriptorOf({ credential_id, transports }: PasskeyRow): CreationOptions['excludeCredentials'][0] {
  return { id: credential_id, type: 'public-key', transports: JSON.parse(transports) as string[] };
}

/** What stands for the account on its authenticators: nothing that says who it is (WebAuthn Level 3 §14.6.1). */
function userHandle(app: App, accountId: number): string {
  return Buffer.from(app.secrets.digest(`taxiway passkeys of account ${accountId}`), 'hex').toString(
    'base64url',
  );
}

/** Thrown for a passkey's answer that is refused; says why, for the audit trail. */
export class WrongPasskey extends Error {}

/**
 * The challenge of that id, used up by that.
 * @throws WrongPasskey when it is none, was used, has expired, or was made for something else
 */
async function useChallenge(app: App, id: string, use: ChallengeUse): Promise<string> {
  const found = await inTransaction(app.db, (tx) => takeChallenge(tx, id));
  if (found === undefined) throw new WrongPasskey('no such challenge, or it was used');
  if (found.expires_at <= app.clock.now()) throw new WrongPasskey('the challenge has expired');
  if (found.purpose !== use.purpose || found.account_id !== use.accountId)
    throw new WrongPasskey('the challenge was made for something else');
  return found.challenge;
}

/**
 * Checks what a passkey signed (WebAuthn Level 3 §7.2); whether its counter went up is for whoever writes it down.
 * Uses up the challenge. Not inside a transaction.
 * @throws WrongPasskey
 */
export async function checkAssertion(
  app: App,
  party: RelyingParty,
  { challenge, passkey }: { challenge: string; passkey: Assertion },
  use: ChallengeUse & {
    find: (credentialId: string) => Promise<PasskeyRow | undefined>;
    verifiesUser: boolean;
  },
): Promise<{ row: PasskeyRow } & Signed> {
  const expectedChallenge = await useChallenge(app, challenge, use);
  const row = await use.find(passkey.id);
  if (row === undefined || (use.accountId !== null && row.account_id !== use.accountId))
    throw new WrongPasskey('a passkey of nobody, or of another account');
  const { userHandle: handle, clientDataJSON, authenticatorData, signature } = passkey.response;
  const response = { clientDataJSON, authenticatorData, signature };
  if (typeof handle === 'string' && handle !== userHandle(app, row.account_id))
    throw new WrongPasskey('a passkey of another account');
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const checked = await verifyAuthenticationResponse({
    response: {
      id: passkey.id,
      rawId: passkey.rawId,
      type: passkey.type,
      response,
      clientExtensionResults: {},
    },
    expectedChallenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    // The stored counter is compared where it is written: two processes may be at it.
    credential: {
      id: row.credential_id,
      publicKey: Uint8Array.from(Buffer.from(row.public_key, 'base64url')),
      counter: 0,
    },
    requireUserVerification: use.verifiesUser,
  }).catch((error: unknown) => {
    throw new WrongPasskey(reasonOf(error));
  });
  if (!checked.verified) throw new WrongPasskey('the signature is wrong');
  const { newCounter: counter, credentialBackedUp: backedUp } = checked.authenticationInfo;
  return { row, counter, backedUp };
}

/** What is stored of a new passkey. */
export type CheckedRegistration = Signed & {
  credentialId: string;
  publicKey: string;
  transports: string[];
  aaguid: string;
};

/**
 * Checks a new passkey (WebAuthn Level 3 §7.1). Uses up the challenge. Not inside a transaction.
 * @throws WrongPasskey
 */
export async function checkRegistration(
  app: App,
  party: RelyingParty,
  { challenge, passkey }: { challenge: string; passkey: Registration },
  use: ChallengeUse,
): Promise<CheckedRegistration> {
  const expectedChallenge = await useChallenge(app, challenge, use);
  const { clientDataJSON, attestationObject, transports } = passkey.response;
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const checked = await verifyRegistrationResponse({
    response: {
      id: passkey.id,
      rawId: passkey.rawId,
      type: passkey.type,
      response: { clientDataJSON, attestationObject },
      clientExtensionResults: {},
    },
    expectedChallenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((error: unknown) => {
    throw new WrongPasskey(reasonOf(error));
  });
  if (!checked.verified) throw new WrongPasskey('the attestation is wrong');
  const { credential, aaguid, credentialBackedUp } = checked.registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports,
    aaguid,
    backedUp: credentialBackedUp,
  };
}

/** The library repeats in its messages what the client sent. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const reasons: readonly [RegExp, string][] = [
    [/origin/, 'made for another origin'],
    [/RP ID|RPID/i, 'made for another server'],
    [/challenge/, 'answers another challenge'],
    [/user verification|User verification/, 'the user was not verified'],
    [/not present/, 'nobody was present'],
  ];
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? 'malformed or not signed by the passkey';
}
