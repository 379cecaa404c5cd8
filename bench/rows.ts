import { accounts } from './rows-accounts.ts';
import { apiRequests } from './rows-api.ts';
import type { Bench, Prepared } from './rows-common.ts';
import { consoleScreens } from './rows-console.ts';
import { memory, posts, processes, start } from './rows-other.ts';
import { authentication, depth, readsOnce, repeatedReads } from './rows-read.ts';
import { signIns } from './rows-sign-in.ts';

/** The claims, in the order of the table. */
export type Row = {
  name: string;
  claim: string;
  /** Absent: measured while the instances are made. */
  run?: (bench: Bench, prepared: Prepared) => Promise<void>;
};

export const ROWS: readonly Row[] = [
  { name: 'import', claim: 'importing, beside bare inserts of the same rows; its memory' },
  { name: 'repeated', claim: 'a page read again and again, beside bare node:http', run: repeatedReads },
  { name: 'once', claim: 'pages read once each, beside a bare loop over the table', run: readsOnce },
  { name: 'depth', claim: 'a page far into a collection, and in a large one', run: depth },
  { name: 'authentication', claim: 'what credentials and rights cost per request', run: authentication },
  { name: 'post', claim: 'adding objects, and reading meanwhile', run: posts },
  { name: 'start', claim: 'from the start of the process to the first page', run: start },
  { name: 'memory', claim: 'resident memory, idle and under 64 connections', run: memory },
  { name: 'accounts', claim: 'lists of 100,000 accounts, and creating more', run: accounts },
  { name: 'sign-ins', claim: 'people who sign in, and what clients that poll feel of it', run: signIns },
  { name: 'api', claim: 'requests of API users, beside one that nobody signs', run: apiRequests },
  { name: 'console', claim: 'the sign-in screen and a large table in a real browser', run: consoleScreens },
  { name: 'processes', claim: 'the reads with two processes', run: processes },
];
