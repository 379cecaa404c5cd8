import { nameKey } from '../../../contract/names.ts';
import { reading } from '../../action.ts';
import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { findAccount, updateLastUsed } from '../accounts/accounts.store.ts';
import { coalesceAuditEvent } from '../audit/audit.store.ts';
import { afterFailure, secondsBlocked, type ThrottleKind } from './authentication.rules.ts';
import {
  type AuthenticationStatements,
  deleteOldAddresses,
  deleteOldThrottles,
  deleteThrottle,
  isKnownAddress,
  listThrottles,
  lockThrottle,
  prepareAuthentication,
  type StoredCredential,
  upsertKnownAddress,
  upsertThrottle,
} from './authentication.store.ts';

/** What a client presented, as the HTTP face read it. */
export type Presented =
  | { scheme: 'basic'; userName: string; password: string }
  /** Bearer, Token or X-API-Key. */
  | { scheme: 'key'; key: string };

/** A credential that was the account's, at this version of its credentials. The account's state is not looked at here. */
export type Verified = { accountId: number; credentialVersion: number };

export type Authentication = {
  /**
   * Whose credential it is.
   * @throws AppError `unauthenticated`, the same for an unknown account and a wrong secret; `throttled`
   */
  verify(presented: Presented, from: { address: string; requestId: string }): Promise<Verified>;
  /** Counts an attempt whose credential was right but whose account may not use it like one that was wrong. */
  refuse(presented: Presented, from: { address: string; requestId: string }, reason: string): Promise<never>;
  /** Forgets a remembered credential that turned out to be void. */
  forget(presented: Presented): void;
  /** Notes a use, written later in a batch. */
  used(accountId: number, address: string): void;
  /** Writes the noted uses and forgets what is too old to matter. */
  flush(): Promise<void>;
};

/** A verified secret is remembered for at most this long; the account's row is read on every request all the same. */
const REMEMBER_MS = 60_000;
const REMEMBERED = 10_000;
const KNOWN_ADDRESS_MICROS = 90 * 86_400 * 1_000_000;
const THROTTLE_MEMORY_MICROS = 86_400 * 1_000_000;

type Remembered = Verified & { until: number; expiresAt: number | null };

export function createAuthentication(app: App): Authentication {
  const statements = prepareAuthentication(app.db);
  const remembered = new Map<string, Remembered>();
  const inTurn = createTurns();
  const uses = new Map<number, { accountId: number; at: number; address: string }>();

  const fingerprintOf = (presented: Presented): string =>
    presented.scheme === 'basic'
      ? app.secrets.fingerprint('basic', presented.userName, presented.password)
      : app.secrets.fingerprint('key', presented.key);

  const recall = (fingerprint: string): Verified | undefined => {
    const hit = remembered.get(fingerprint);
    if (hit === undefined) return undefined;
    if (hit.until > performance.now() && (hit.expiresAt === null || hit.expiresAt > app.clock.now()))
      return hit;
    remembered.delete(fingerprint);
    return undefined;
  };

  const remember = (fingerprint: string, credential: StoredCredential): Verified => {
    if (remembered.size >= REMEMBERED) {
      const oldest = remembered.keys().next();
      if (oldest.done !== true) remembered.delete(oldest.value);
    }
    remembered.set(fingerprint, {
      accountId: credential.account_id,
      credentialVersion: credential.credential_version,
      until: performance.now() + REMEMBER_MS,
      expiresAt: credential.expires_at,
    });
    return { accountId: credential.account_id, credentialVersion: credential.credential_version };
  };

  const authentication: Authentication = {
    async verify(presented, from) {
      const fingerprint = fingerprintOf(presented);
      const hit = recall(fingerprint);
      if (hit !== undefined) return hit;
      return await reading(async () => {
        // A generated secret cannot be guessed, so it is looked at first: a client that holds one is not kept out by
        // somebody else's failures behind the same address.
        const generated = await findGenerated(app, statements, presented);
        if (generated !== undefined) return remember(fingerprint, generated);
        const userName = presented.scheme === 'basic' ? nameKey(presented.userName) : '';
        return await inTurn(`${userName} at ${from.address}`, async () => {
          const verifiedMeanwhile = recall(fingerprint);
          if (verifiedMeanwhile !== undefined) return verifiedMeanwhile;
          await requireUnthrottled(app, presented, from.address);
          const typed = await findTyped(app, statements, presented);
          if (typed === undefined)
            return await authentication.refuse(presented, from, 'unknown account or wrong secret');
          if (presented.scheme === 'basic') await clearFailures(app, presented.userName, from.address);
          return remember(fingerprint, typed);
        });
      });
    },
    async refuse(presented, from, reason) {
      await recordFailure(app, presented, from, reason);
      throw new AppError('unauthenticated');
    },
    forget: (presented) => void remembered.delete(fingerprintOf(presented)),
    used(accountId, address) {
      uses.set(accountId, { accountId, at: app.clock.now(), address });
    },
    async flush() {
      const batch = [...uses.values()];
      uses.clear();
      const now = app.clock.now();
      await inTransaction(app.db, async (tx) => {
        await updateLastUsed(tx, batch);
        for (const use of batch) await upsertKnownAddress(tx, use);
        await deleteOldAddresses(tx, now - KNOWN_ADDRESS_MICROS);
        await deleteOldThrottles(tx, now - THROTTLE_MEMORY_MICROS);
      });
    },
  };
  return authentication;
}

/**
 * Runs what has the same key one after the other: attempts that come at once are throttled like any others, and a
 * password that many connections present at once is hashed once.
 */
function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** The credential that the server generated itself and that was presented: by key, or as the password with any or no user name. */
async function findGenerated(
  app: App,
  statements: AuthenticationStatements,
  presented: Presented,
): Promise<StoredCredential | undefined> {
  const digest = app.secrets.digest(presented.scheme === 'key' ? presented.key : presented.password);
  const isValid = (credential: StoredCredential) =>
    credential.expires_at === null || credential.expires_at > app.clock.now();
  const key = (await statements.keysWithDigest(digest)).find(isValid);
  if (key !== undefined || presented.scheme === 'key') return key;
  const passwords = await statements.passwordsOf(presented.userName);
  return passwords.find((c) => c.algorithm === 'sha256' && c.hash === digest && isValid(c));
}

/** The typed password that was presented. Costs one Argon2id, whether or not there is anything to compare with. */
async function findTyped(
  app: App,
  statements: AuthenticationStatements,
  presented: Presented,
): Promise<StoredCredential | undefined> {
  const candidates =
    presented.scheme === 'key'
      ? []
      : (await statements.passwordsOf(presented.userName)).filter(
          (c) => c.algorithm === 'argon2id' && (c.expires_at === null || c.expires_at > app.clock.now()),
        );
  if (presented.scheme === 'key') return undefined; // a key is never typed: nothing to spend time on
  if (candidates.length === 0) await app.secrets.waste();
  for (const candidate of candidates) {
    if (await app.secrets.verify(presented.password, candidate)) return candidate;
  }
  return undefined;
}

/**
 * The throttles that an attempt falls under. People type passwords into the field of the name, so a name, which may be
 * anything, is kept as its digest.
 */
function throttleKeys(
  app: App,
  presented: Presented,
  address: string,
): { kind: ThrottleKind; key: string }[] {
  const keys: { kind: ThrottleKind; key: string }[] = [{ kind: 'address', key: `address ${address}` }];
  if (presented.scheme === 'basic') {
    const name = app.secrets.digest(nameKey(presented.userName));
    keys.push(
      { kind: 'account', key: `account ${name}` },
      { kind: 'account-at-address', key: `account ${name} at ${address}` },
    );
  }
  return keys;
}

async function requireUnthrottled(app: App, presented: Presented, address: string): Promise<void> {
  const now = app.clock.now();
  const keys = throttleKeys(app, presented, address);
  const throttles = await listThrottles(
    app.db.read,
    keys.map((k) => k.key),
  );
  let wait = 0;
  for (const { kind, key } of keys) {
    const seconds = secondsBlocked(throttles.get(key), now);
    if (seconds <= wait) continue;
    // A stranger's failures do not lock out an address from which the account was used before.
    if (
      kind === 'account' &&
      presented.scheme === 'basic' &&
      (await isKnownAddress(app.db.read, presented.userName, address))
    ) {
      continue;
    }
    wait = seconds;
  }
  if (wait > 0) throw new AppError('throttled', { retryAfterSeconds: wait });
}

async function recordFailure(
  app: App,
  presented: Presented,
  from: { address: string; requestId: string },
  reason: string,
): Promise<void> {
  const keys = throttleKeys(app, presented, from.address).sort((a, b) => (a.key < b.key ? -1 : 1));
  await inTransaction(app.db, async (tx) => {
    const now = app.clock.now();
    for (const { key } of keys) await lockThrottle(tx, key);
    const throttles = await listThrottles(
      tx,
      keys.map((k) => k.key),
    );
    for (const { kind, key } of keys)
      await upsertThrottle(tx, key, afterFailure(throttles.get(key), kind, now));
    const account = presented.scheme === 'basic' ? await findAccount(tx, presented.userName) : undefined;
    await coalesceAuditEvent(tx, {
      at: now,
      organizationId: account?.organization_id ?? null,
      actorAccountId: account?.id ?? null,
      actorName: account?.user_name ?? (presented.scheme === 'basic' ? '(unknown user name)' : '(key)'),
      action: 'authenticate',
      outcome: 'failed',
      targetKind: 'credential',
      targetId: null,
      targetName: null,
      details: { scheme: presented.scheme, reason },
      sourceAddress: from.address,
      requestId: from.requestId,
    });
  });
}

async function clearFailures(app: App, userName: string, address: string): Promise<void> {
  const presented: Presented = { scheme: 'basic', userName, password: '' };
  const mine = throttleKeys(app, presented, address).filter((k) => k.kind === 'account-at-address');
  const throttles = await listThrottles(
    app.db.read,
    mine.map((k) => k.key),
  );
  if (throttles.size === 0) return;
  await inTransaction(app.db, async (tx) => {
    for (const { key } of mine) await deleteThrottle(tx, key);
  });
}
