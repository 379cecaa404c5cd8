import { hash } from 'node:crypto';
import type { App } from '../context.ts';
import { inTransaction } from '../db/transaction.ts';
import { type Candidate, type Outcome, toCandidate } from '../features/intelligence/intelligence.rules.ts';
import { addObjects } from '../features/intelligence/intelligence.store.ts';
import { checkObject } from '../protocols/stix/check.ts';

/** The object as the exchange store takes it. Flat: it has no members within members. */
function candidate(object: Record<string, unknown>): Candidate {
  const text = JSON.stringify(object);
  const check = checkObject({ text, members: Object.keys(object).length, depth: 1 }, { strict: false });
  if (!check.ok) throw new Error(check.reasons.join('; '));
  const checked = { head: check.head, text, size: Buffer.byteLength(text), warnings: check.warnings };
  return toCandidate(checked, (content) => hash('sha256', content));
}

/** Adds objects to an owner, as an import would. */
export async function addTo(
  app: App,
  owner: { id: number },
  objects: readonly Record<string, unknown>[],
): Promise<Outcome[]> {
  return await inTransaction(app.db, (tx) =>
    addObjects(tx, { id: owner.id, strict: false }, objects.map(candidate), {
      accountId: null,
      now: app.clock.now(),
    }),
  );
}
