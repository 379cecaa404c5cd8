import { nameKey } from '../../../contract/names.ts';
import { reading } from '../../action.ts';
import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { createLanes } from '../../lanes.ts';
import { isOnList } from '../../networks.ts';
import { updateLastUsed } from '../accounts/accounts.store.ts';
import { replaceHash, updateCredentialsLastUsed } from '../credentials/credentials.store.ts';
import {
  type ApiAdmitted,
  type ApiPresented,
  createApiAuthentication,
  termsOf,
} from './api-authentication.ts';
import { networkOf } from './authentication.rules.ts';
import {
  type AuthenticationStatements,
  deleteOldNetworks,
  deleteOldNonces,
  deleteOldThrottles,
  findFamiliar,
  prepareAuthentication,
  type StoredCredential,
  upsertKnownNetwork,
} from './authentication.store.ts';
import { type CredentialTerms, createMemory, type Presented, type Verified } from './memory.ts';
import {
  type Attempt,
  clearFailures,
  type From,
  GUESS,
  GUESS_ON_DEVICE,
  GUESS_WHERE_KNOWN,
  HOLDER,
  recordFailure,
  requireUnthrottled,
} from './throttling.ts';

export type { ApiPresented } from './api-authentication.ts';
export type { Presented, Verified } from './memory.ts';

/** What the account's state makes of a verified credential: a session, or why there is none, which nobody outside is told. */
export type Opening<S> = (verified: Verified) => Promise<{ session: S } | { obstacle: string }>;

export type Authentication = {
  /**
   * Lets in whoever presents a credential, when `open` finds its account fit. The account is looked at before anything
   * is remembered, cleared or counted, so that an account that may not be used answers in every respect like a wrong secret.
   * @throws AppError `unauthenticated`, the same for an unknown account, a wrong secret and an obstacle; `throttled`
   */
  admit<S extends { credentialVersion: number }>(
    presented: Presented,
    from: From,
    open: Opening<S>,
  ): Promise<S>;
  /** Whose credential it is, whatever the state of its account. @throws AppError like `admit` */
  verify(presented: Presented, from: From): Promise<Verified>;
  /** Which API user it is. @throws AppError `unauthenticated`, the same whatever the reason but the form of the request; `throttled` */
  admitApi(presented: ApiPresented, from: From): Promise<ApiAdmitted>;
  /** Writes the noted uses and forgets what is too old to matter. */
  flush(): Promise<void>;
};

const KNOWN_NETWORK_MICROS = 90 * 86_400 * 1_000_000;
const THROTTLE_MEMORY_MICROS = 86_400 * 1_000_000;
/** Attempts of one network that are looked into at a time; each may cost an Argon2id. */
const LANE_WIDTH = 2;
/** Attempts of one network that wait for that; more are sent away for a second. */
const LANE_WAITING = 50;
const WRONG = 'unknown account or wrong secret';

export function createAuthentication(app: App): Authentication {
  const statements = prepareAuthentication(app.db);
  const memory = createMemory(app);
  const inLane = createLanes(LANE_WIDTH, LANE_WAITING);
  /** Equal attempts of one network: the later ones wait for what the first brings. */
  const underWay = new Map<string, Promise<unknown>>();
  const uses = new Map<string, { accountId: number; at: number; address: string; network: string }>();

  const credentialUses = new Map<number, { credentialId: number; at: number; address: string }>();

  const noteUse = (accountId: number, { id }: CredentialTerms, address: string): void => {
    const network = networkOf(address);
    const at = app.clock.now();
    uses.set(`${accountId} ${network}`, { accountId, at, address, network });
    credentialUses.set(id, { credentialId: id, at, address });
  };
  const admitApi = createApiAuthentication(app, statements, noteUse);

  /** The session of what was remembered, if it still holds. */
  const reopen = async <S extends { credentialVersion: number }>(
    presented: Presented,
    from: From,
    open: Opening<S>,
  ): Promise<S | undefined> => {
    const verified = memory.recall(presented);
    // From elsewhere it is looked into anew, and what is remembered stays for who may use it.
    if (verified === undefined || !isOnList(verified.credential.allowedNetworks, from.address))
      return undefined;
    const opened = await open(verified);
    if ('session' in opened && opened.session.credentialVersion === verified.credentialVersion) {
      noteUse(verified.accountId, verified.credential, from.address);
      return opened.session;
    }
    // Void: the account may not be used any more, or its credentials have changed and this one is verified anew.
    memory.forget(presented);
    return undefined;
  };

  const welcome = <S>(presented: Presented, from: From, { credential, session }: Opened<S>): S => {
    memory.remember(presented, verifiedOf(credential), {
      isKey: credential.kind === 'api_key',
      expiresAt: credential.expires_at,
    });
    noteUse(credential.account_id, termsOf(credential), from.address);
    return session;
  };

  /** Refuses the holder of a right generated secret whose account may not use it. */
  const refuseHolder = async (
    presented: Presented,
    from: From,
    { account_id, user_name }: StoredCredential,
    obstacle: string,
  ): Promise<never> => {
    const attempt: Attempt = { scheme: presented.scheme, userName: user_name };
    const lane = `holder ${account_id} at ${networkOf(from.address)}`;
    return await inLane(lane, '', async () => {
      await requireUnthrottled(app, HOLDER, attempt, from);
      // A wrong password would have cost as much.
      if (presented.scheme === 'basic') await app.secrets.waste();
      await recordFailure(app, HOLDER, attempt, from, obstacle);
      throw new AppError('unauthenticated');
    });
  };

  /** Admits whoever presents a secret that is none of the generated ones: a typed password, or a guess. */
  const admitTyped = async <S extends { credentialVersion: number }>(
    presented: Presented,
    from: From,
    open: Opening<S>,
  ): Promise<S> => {
    const network = networkOf(from.address);
    const name = presented.scheme === 'basic' ? nameKey(presented.userName) : '';
    const attempt: Attempt = {
      scheme: presented.scheme,
      userName: presented.scheme === 'basic' ? presented.userName : undefined,
    };
    const familiar =
      attempt.userName === undefined ? undefined : await findFamiliar(app.db.read, attempt.userName, network);
    const isKnown = familiar?.isKnownNetwork === true;
    // Of another account it is worth nothing, nor to whoever knew a password that was changed.
    const isDevice =
      from.device?.accountId === familiar?.accountId &&
      from.device?.credentialVersion === familiar?.credentialVersion;
    const device = isDevice ? from.device : undefined;
    const here: From = { ...from, device };
    // Whoever shares the network, or hammers the account, does not stand in the way of a device of its owner.
    const lane =
      device === undefined ? (isKnown ? `${name} at ${network}` : network) : `${name} on ${device.id}`;
    const kinds = device === undefined ? (isKnown ? GUESS_WHERE_KNOWN : GUESS) : GUESS_ON_DEVICE;
    return await inLane(lane, `${presented.scheme} ${name}`, async () => {
      const meanwhile = await reopen(presented, from, open);
      if (meanwhile !== undefined) return meanwhile;
      await requireUnthrottled(app, kinds, attempt, here);
      const opened = await tryToOpen(() => findTyped(app, statements, presented), open);
      if (opened === undefined || 'obstacle' in opened) {
        await recordFailure(app, GUESS, attempt, here, opened?.obstacle ?? WRONG);
        throw new AppError('unauthenticated');
      }
      await clearFailures(app, attempt, here);
      await renewHash(app, presented, opened.credential);
      return welcome(presented, from, opened);
    });
  };

  const admitAnew = async <S extends { credentialVersion: number }>(
    presented: Presented,
    from: From,
    open: Opening<S>,
  ): Promise<S> => {
    // A generated secret cannot be guessed, so it is looked at first: a client that holds one is not kept out by
    // somebody else's failures behind the same address.
    const opened = await tryToOpen(() => findGenerated(app, statements, presented), open);
    if (opened !== undefined)
      return 'obstacle' in opened
        ? await refuseHolder(presented, from, opened.credential, opened.obstacle)
        : welcome(presented, from, opened);
    const same = `${networkOf(from.address)} ${memory.fingerprintOf(presented)}`;
    const first = underWay.get(same);
    if (first !== undefined) {
      await first.catch(() => undefined);
      const session = await reopen(presented, from, open);
      return session ?? (await admitTyped(presented, from, open));
    }
    const mine = admitTyped(presented, from, open);
    underWay.set(same, mine);
    try {
      return await mine;
    } finally {
      underWay.delete(same);
    }
  };

  const authentication: Authentication = {
    admitApi,
    async admit(presented, from, openAccount) {
      const open: typeof openAccount = async (verified) =>
        isOnList(verified.credential.allowedNetworks, from.address)
          ? await openAccount(verified)
          : { obstacle: 'from an address that is not allowed' };
      const session = await reopen(presented, from, open);
      return session ?? (await reading(async () => await admitAnew(presented, from, open)));
    },
    verify: async (presented, from) =>
      await authentication.admit(presented, from, async (verified) => ({ session: verified })),
    async flush() {
      const batch = [...uses.values()].sort((a, b) => a.at - b.at);
      const credentials = [...credentialUses.values()];
      uses.clear();
      credentialUses.clear();
      const now = app.clock.now();
      await inTransaction(app.db, async (tx) => {
        await updateLastUsed(tx, batch);
        await updateCredentialsLastUsed(tx, credentials);
        for (const use of batch) await upsertKnownNetwork(tx, use);
        await deleteOldNetworks(tx, now - KNOWN_NETWORK_MICROS);
        await deleteOldThrottles(tx, now - THROTTLE_MEMORY_MICROS);
        await deleteOldNonces(tx, now);
      });
    },
  };
  return authentication;
}

type Opened<S> = { credential: StoredCredential; session: S };

function verifiedOf(credential: StoredCredential): Verified {
  return {
    accountId: credential.account_id,
    credentialVersion: credential.credential_version,
    credential: termsOf(credential),
  };
}

/** The credential that was presented with what `open` makes of it; undefined when it is nobody's. */
async function tryToOpen<S extends { credentialVersion: number }>(
  find: () => Promise<StoredCredential | undefined>,
  open: Opening<S>,
): Promise<Opened<S> | { credential: StoredCredential; obstacle: string } | undefined> {
  for (let time = 1; ; time++) {
    const credential = await find();
    if (credential === undefined) return undefined;
    const opened = await open(verifiedOf(credential));
    if ('obstacle' in opened) return { credential, obstacle: opened.obstacle };
    if (opened.session.credentialVersion === credential.credential_version)
      return { credential, session: opened.session };
    // The account's credentials changed since they were read: once more.
    if (time === 2) return { credential, obstacle: 'changed while it was used' };
  }
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

/**
 * The typed password that was presented. Costs one Argon2id where there is nothing to compare with, and one for each
 * that there is, whether or not an earlier one was right.
 */
async function findTyped(
  app: App,
  statements: AuthenticationStatements,
  presented: Presented,
): Promise<StoredCredential | undefined> {
  if (presented.scheme === 'key') return undefined; // a key is never typed: nothing to spend time on
  const candidates = (await statements.passwordsOf(presented.userName)).filter(
    (c) => c.algorithm === 'argon2id' && (c.expires_at === null || c.expires_at > app.clock.now()),
  );
  if (candidates.length === 0) await app.secrets.waste();
  let found: StoredCredential | undefined;
  for (const candidate of candidates) {
    if (await app.secrets.verify(presented.password, candidate)) found ??= candidate;
  }
  return found;
}

/**
 * Stores a typed password that was right under the costs of now, where those were raised since. It stays the same
 * credential: nothing ends by it. Whoever signs in is not refused because it could not be written.
 */
async function renewHash(app: App, presented: Presented, credential: StoredCredential): Promise<void> {
  if (presented.scheme !== 'basic' || !app.secrets.isOutdated(credential)) return;
  try {
    const { hash } = await app.secrets.hash(presented.password);
    await inTransaction(app.db, (tx) => replaceHash(tx, credential, hash));
  } catch (error) {
    app.log.warn({ err: error }, 'a password could not be stored under the costs of now');
  }
}
