import type { Engine } from './dialect.ts';
import type { Transaction } from './transaction.ts';

/** One step from a version of the database to the next; it runs once, inside the transaction of all steps. */
export type Migration = { name: string; up(tx: Transaction, engine: Engine): Promise<void> };
