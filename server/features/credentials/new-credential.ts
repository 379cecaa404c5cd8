import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { App, Caller } from '../../context.ts';
import type { CredentialKind, CredentialsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { decrypt, encrypt } from '../../envelope.ts';
import { AppError } from '../../errors.ts';
import { dataKeyContext } from '../../keys.ts';
import type { StoredSecret } from '../../secrets.ts';
import {
  findDataKey,
  insertCredential,
  insertDataKeyOnce,
  updateCredentialHash,
} from '../accounts/accounts.store.ts';
import { type PasswordContext, requireAcceptablePassword } from '../passwords/password-policy.ts';

/** A credential on its way to the database: how it is stored, and, if it was generated, what is shown once. */
export type NewCredential = {
  kind: CredentialKind;
  /** How it is stored; a Secret Key is encrypted when its account is known. */
  stored: StoredSecret | 'sealed';
  shown: string | undefined;
  expiresAt?: number | undefined;
};

/** Random bits of a generated password, key or token. */
const SECRET_BITS = 192;
/** Random bits of a Secret Key: 64 characters. */
const SECRET_KEY_BITS = 384;
const HINT_LENGTH = 4;

/**
 * What stands before a key of a TAXII user, and before a token of an API user: it tells a person or a secret scanner what
 * a found string is. With them and their checksum the regular expression is `txw[kt]_[A-Za-z0-9_-]{32}[0-9a-f]{8}`.
 */
const PREFIXES = { api_key: 'txwk_', api_token: 'txwt_' } as const;

/**
 * The typed password, checked and hashed; a generated one where none was typed. A typed one costs time: call it before
 * the transaction that stores it, and after it is known that the caller may have it stored.
 * @throws AppError `invalid_input` for a typed password that the policy refuses; `throttled` where the caller has too many under way
 */
export async function makePassword(
  app: App,
  { access: { actor } }: Pick<Caller, 'access'>,
  typed: string | undefined,
  context: PasswordContext,
): Promise<NewCredential> {
  if (typed === undefined) return makeGeneratedPassword(app);
  const asker = actor.kind === 'account' ? `account ${actor.accountId}` : undefined;
  await requireAcceptablePassword(app, typed, context, asker);
  return { kind: 'password', stored: await app.secrets.hash(typed, asker), shown: undefined };
}

/** A password that the server chooses: so long and random that no policy has anything to say about it. */
export function makeGeneratedPassword(app: App): NewCredential {
  return generated(app, 'password', generatedSecret(app, SECRET_BITS));
}

/** A key of a TAXII user, or a token of an API user. */
export function makeToken(app: App, kind: keyof typeof PREFIXES, expiresAt?: number): NewCredential {
  const random = app.secrets.generate(SECRET_BITS);
  const checksum = crc32(random).toString(16).padStart(8, '0');
  return { ...generated(app, kind, `${PREFIXES[kind]}${random}${checksum}`), expiresAt };
}

/** The Secret Key of an API user. */
export function makeSecretKey(app: App): NewCredential {
  return { kind: 'secret_key', stored: 'sealed', shown: generatedSecret(app, SECRET_KEY_BITS) };
}

/** The Access ID of an API user: 20 digits, the first of which is not 0. */
export function makeAccessId(random: (octets: number) => Uint8Array = randomBytes): string {
  const digits = BigInt(`0x${Buffer.from(random(16)).toString('hex')}`);
  return String(10n ** 19n + (digits % (9n * 10n ** 19n)));
}

/** Not beginning with a hyphen, which a shell takes for an option and a spreadsheet for a formula. */
function generatedSecret(app: App, bits: number): string {
  return app.secrets.generate(bits).replace(/^-/, 'A');
}

function generated(app: App, kind: CredentialKind, shown: string): NewCredential {
  return { kind, stored: { algorithm: 'sha256', hash: app.secrets.digest(shown) }, shown };
}

/** What was generated, under the name that answers give it. */
export function shownCredential({ kind, shown }: NewCredential): {
  password?: string;
  apiKey?: string;
  secretKey?: string;
  token?: string;
} {
  if (shown === undefined) return {};
  const names = {
    password: 'password',
    api_key: 'apiKey',
    secret_key: 'secretKey',
    api_token: 'token',
  } as const;
  return { [names[kind]]: shown };
}

type Holder = { id: number; organization_id: number };
/** Which row it is in: `totp` is the seed of an authenticator app, in a table of its own. */
type SealedRow = { id: number; kind: CredentialKind | 'totp' };

/** Stores the credential for its account. */
export async function storeCredential(
  app: App,
  tx: Transaction,
  holder: Holder,
  credential: NewCredential,
  now: number,
): Promise<void> {
  const { kind, shown, expiresAt } = credential;
  const stored: Pick<CredentialsTable, 'algorithm' | 'hash'> =
    credential.stored === 'sealed' ? { algorithm: 'sealed', hash: '' } : credential.stored;
  // What a person may type is not told even in part.
  const hint = kind === 'password' ? undefined : shown?.slice(-HINT_LENGTH);
  const id = await insertCredential(tx, holder.id, { kind, stored, hint, expiresAt }, now);
  // Its row is part of what it is encrypted for, and is known only now.
  if (credential.stored === 'sealed')
    await updateCredentialHash(tx, id, await sealSecret(app, tx, holder, { id, kind }, shown ?? '', now));
}

/** Encrypts a secret of the account under its organization's data key, which is made when it is the first. */
export async function sealSecret(
  app: App,
  tx: Transaction,
  holder: Holder,
  row: SealedRow,
  secret: string,
  now: number,
): Promise<string> {
  let wrapped = await findDataKey(tx, holder.organization_id);
  if (wrapped === undefined) {
    await insertDataKeyOnce(
      tx,
      holder.organization_id,
      app.keys.wrap(dataKeyContext(holder.organization_id), randomBytes(32)),
      now,
    );
    wrapped = await findDataKey(tx, holder.organization_id);
  }
  return encrypt(dataKeyOf(app, holder, wrapped), secretContext(holder, row), Buffer.from(secret));
}

/**
 * The secret that `sealSecret` encrypted.
 * @throws AppError `internal` when it was made under another master key, for another row or account, or was changed
 */
export function openSecret(
  app: Pick<App, 'keys'>,
  holder: Holder,
  row: SealedRow & { hash: string },
  wrapped: string | undefined,
): string {
  const secret = decrypt(dataKeyOf(app, holder, wrapped), secretContext(holder, row), row.hash);
  if (secret === undefined)
    throw new AppError('internal', {}, { cause: new Error('a secret cannot be opened') });
  return secret.toString();
}

function dataKeyOf(app: Pick<App, 'keys'>, holder: Holder, wrapped: string | undefined): Uint8Array {
  const key =
    wrapped === undefined ? undefined : app.keys.unwrap(dataKeyContext(holder.organization_id), wrapped);
  if (key === undefined)
    throw new AppError('internal', {}, { cause: new Error('a data key cannot be opened') });
  return key;
}

function secretContext(holder: Holder, row: SealedRow): string {
  return `${row.kind === 'totp' ? 'authenticators' : 'credentials'}/${row.kind}/${row.id}/${holder.id}/${holder.organization_id}`;
}
