import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { dayOf, newUsage } from './usage.rules.ts';
import { addUsage, type Usage } from './usage.store.ts';

/** A page that a TAXII user was answered with. */
export type Served = {
  accountId: number;
  collectionId: string;
  address: string;
  /** It goes on where a page before it ended, and is no poll of its own. */
  continues: boolean;
  objects: number;
  octets: number;
};

/** Counts what is served: in memory, because a poll must not wait for a write. */
export type UsageRecorder = {
  served(page: Served): void;
  /** Writes what was counted; kept for the next time where that fails. */
  flush(): Promise<void>;
};

export function createUsageRecorder(app: Pick<App, 'db' | 'clock'>): UsageRecorder {
  let counted = new Map<string, Usage>();

  const entryOf = (accountId: number, collectionId: string, now: Micros): Usage => {
    const day = dayOf(now);
    const key = `${accountId} ${day} ${collectionId}`;
    let entry = counted.get(key);
    if (entry === undefined) {
      entry = newUsage(accountId, collectionId, now);
      counted.set(key, entry);
    }
    return entry;
  };

  const giveBack = (batch: readonly Usage[]): void => {
    for (const each of batch) {
      const key = `${each.account_id} ${each.day} ${each.collection_id}`;
      const since = counted.get(key);
      if (since === undefined) {
        counted.set(key, each);
        continue;
      }
      since.polls += each.polls;
      since.objects_served += each.objects_served;
      since.octets_served += each.octets_served;
      if (since.last_polled_at === null) {
        since.last_polled_at = each.last_polled_at;
        since.last_polled_from = each.last_polled_from;
      }
    }
  };

  return {
    served({ accountId, collectionId, address, continues, objects, octets }) {
      const now = app.clock.now();
      const entry = entryOf(accountId, collectionId, now);
      entry.objects_served += objects;
      entry.octets_served += octets;
      if (continues) return;
      entry.polls++;
      entry.last_polled_at = now;
      entry.last_polled_from = address;
    },
    async flush() {
      if (counted.size === 0) return;
      const batch = [...counted.values()];
      counted = new Map();
      try {
        await inTransaction(app.db, (tx) => addUsage(tx, batch));
      } catch (error) {
        giveBack(batch);
        throw error;
      }
    },
  };
}
