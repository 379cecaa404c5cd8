import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { insertNonce } from './authentication.store.ts';

type Use = { credentialId: number; nonce: string; expiresAt: Micros };
type Waiting = { use: Use; resolve(isFirst: boolean): void; reject(error: unknown): void };

/** Nonces that are written in one transaction. */
const BATCH = 100;

/**
 * Uses up nonces: says whether it was the first time, in whichever process. Those that come while others are being written
 * are written together: a transaction each would make every signed request wait for the disk by itself.
 */
export function createNonces(app: Pick<App, 'db'>): (use: Use) => Promise<boolean> {
  const waiting: Waiting[] = [];
  let isWriting = false;
  const write = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      // In one order everywhere, so that two processes do not wait for one another in a circle.
      const batch = waiting.splice(0, BATCH).sort((a, b) => (keyOf(a.use) < keyOf(b.use) ? -1 : 1));
      try {
        const firsts = await inTransaction(app.db, async (tx) => {
          const inserted: boolean[] = [];
          for (const { use } of batch) inserted.push(await insertNonce(tx, use));
          return inserted;
        });
        for (const [index, { resolve }] of batch.entries()) resolve(firsts[index] === true);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  };
  return (use) =>
    new Promise((resolve, reject) => {
      waiting.push({ use, resolve, reject });
      if (!isWriting) void write();
    });
}

function keyOf({ credentialId, nonce }: Use): string {
  return `${credentialId} ${nonce}`;
}
