import { createHmac, hash as digestOf, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { createLanes } from './lanes.ts';

/** How a credential is stored; see `CredentialsTable`. */
export type StoredSecret = { algorithm: 'argon2id' | 'sha256'; hash: string };

export type Secrets = {
  /** A fresh secret of `bits` random bits in base64url: `[A-Za-z0-9_-]`, which no client splits or escapes. */
  generate(bits: number): string;
  /** How a generated secret of at least 128 bits is stored, and found again. */
  digest(secret: string): string;
  /**
   * How a secret that a person typed is stored: Argon2id, in the thread pool. `asker`: whoever has many of them hashed at
   * once waits for himself, and others do not wait for him.
   * @throws AppError `throttled` when too many of the same asker wait
   */
  hash(secret: string, asker?: string): Promise<StoredSecret>;
  /** Whether the secret is the stored one. Costs one Argon2id where the stored one does. `asker`: as for `hash`. */
  verify(secret: string, stored: StoredSecret, asker?: string): Promise<boolean>;
  /** Whether it was stored with lower costs than a secret that is typed now. */
  isOutdated(stored: StoredSecret): boolean;
  /** Costs as much as a failed `verify` of a typed secret: for accounts that do not exist. */
  waste(): Promise<void>;
  /** Whether the signature is the HMAC-SHA256 of one of the texts under the secret, in base64. Compares with each of them, in constant time. */
  isSignature(secret: string, texts: readonly string[], signature: string): boolean;
  /** A key under which a verified secret may be remembered in this process. */
  fingerprint(...parts: string[]): string;
  /** Number of Argon2id computations so far; tests count with it. */
  readonly hashes: { count: number };
};

/** The library's default algorithm is Argon2id; the costs, in KiB and rounds, are OWASP's first recommendation. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes for one asker that are under way or in the queue at a time, and those that wait for that. */
const ASKER_WIDTH = 2;
const ASKER_WAITING = 20;

/** Runs at most `limit` tasks at a time: more hashes than cores only make each of them slower. */
function createQueue(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await task();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}

/** `costs` are those of what is hashed from now on; what is stored keeps its own. */
export function createSecrets(costs: typeof ARGON2 = ARGON2): Secrets {
  const innerKey = randomBytes(32).toString('hex');
  const outerKey = randomBytes(32).toString('hex');
  const enqueue = createQueue(Math.max(1, availableParallelism() - 1));
  const inLane = createLanes(ASKER_WIDTH, ASKER_WAITING);
  const hashes = { count: 0 };
  let asked = 0;
  const argon2 = <T>(task: () => Promise<T>): Promise<T> => {
    hashes.count++;
    return enqueue(task);
  };
  const forAsker = <T>(asker: string | undefined, task: () => Promise<T>): Promise<T> =>
    // Each of them has a name of its own: none has to wait for what another brings.
    asker === undefined ? argon2(task) : inLane(asker, String(asked++), () => argon2(task));
  return {
    hashes,
    generate: (bits) => randomBytes(Math.ceil(bits / 8)).toString('base64url'),
    digest: sha256,
    async hash(secret, asker) {
      return { algorithm: 'argon2id', hash: await forAsker(asker, () => hash(secret, costs)) };
    },
    async verify(secret, stored, asker) {
      if (stored.algorithm === 'sha256') return equal(sha256(secret), stored.hash);
      return await forAsker(asker, () => verify(stored.hash, secret));
    },
    isOutdated({ algorithm, hash: stored }) {
      // https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
      const [, memoryCost, timeCost] = /^\$argon2id\$v=\d+\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored) ?? [];
      return (
        algorithm === 'argon2id' &&
        (Number(memoryCost ?? 0) < costs.memoryCost || Number(timeCost ?? 0) < costs.timeCost)
      );
    },
    async waste() {
      await argon2(() => hash('no such account', costs));
    },
    isSignature(secret, texts, signature) {
      let found = false;
      for (const text of texts) {
        if (equal(createHmac('sha256', secret).update(text).digest('base64'), signature)) found = true;
      }
      return found;
    },
    // On every request: HMAC's construction under two keys, by the one-shot hash, which costs a fifth of `createHmac`.
    fingerprint: (...parts) =>
      digestOf('sha256', outerKey + digestOf('sha256', innerKey + parts.join('\0')), 'base64'),
  };
}

function sha256(text: string): string {
  return digestOf('sha256', text);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
