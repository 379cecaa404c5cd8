import { setImmediate } from 'node:timers/promises';
import { type AuditVerification, type VerifyAuditInput, verifyAuditInput } from '../../../contract/audit.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import {
  CHECKPOINT_CHAIN,
  canonicalEvent,
  chainHash,
  FIRST_HASH,
  INSTANCE_CHAIN,
} from '../../db/audit-chain.ts';
import { parseInput } from '../../input.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { listTrustedPublicKeys } from '../keys/known-keys.ts';
import { findOrganization, findOwner } from '../owners/owners.store.ts';
import { requireScope } from './audit-scope.ts';
import { CHECKPOINT_PURPOSE, checkpointStatement } from './checkpoint-statement.ts';
import { type CheckpointRow, type Head, listCheckpoints } from './checkpoints.store.ts';
import {
  type ChainRow,
  findHead,
  findNextChain,
  hasCheckpointAfterEnd,
  listChain,
  listEventsAt,
  listMarks,
} from './verification.store.ts';

/** Each is read and hashed at one go, while every other request of the process waits. */
const PAGE = 250;
const CHECKPOINT_PAGE = 50;
const HEADS_PAGE = 200;
const MAX_PROBLEMS = 100;

type Run = AuditVerification & { app: App; only: number | undefined; publicKeys: readonly string[] };

/**
 * Recomputes the hash chains, of an organization or of all, and compares them with their heads and the signed checkpoints.
 * Reads in pages, while others go on writing.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`
 */
export async function verifyAudit(
  app: App,
  caller: Caller,
  rawInput: VerifyAuditInput = {},
): Promise<AuditVerification> {
  const input = parseInput(verifyAuditInput, rawInput);
  return await readingAs(app, caller, 'audit.verify', async (about) => {
    const { organization: reference } = input;
    const organization =
      reference === undefined
        ? undefined
        : { reference, row: await findOrganization(app.db.read, reference) };
    const scope = requireScope(caller, organization, about);
    const only = scope === 'instance' ? undefined : scope;
    const run: Run = {
      app,
      only,
      publicKeys: [...(input.publicKeys ?? []), ...(await listTrustedPublicKeys(app.db.read, app.keys))],
      isIntact: true,
      chains: 0,
      events: 0,
      checkpoints: 0,
      problems: [],
      hasMore: false,
    };
    const told = await verifyCheckpoints(run);
    if (only !== undefined) await verifyChain(run, only, told);
    else {
      let chain = await findNextChain(app.db.read, Number.MIN_SAFE_INTEGER);
      while (chain !== undefined) {
        if (chain < INSTANCE_CHAIN) await verifyEmpty(run, chain);
        else await verifyChain(run, chain, told);
        chain = await findNextChain(app.db.read, chain);
      }
      // Of these nothing is left but what checkpoints tell.
      for (const missing of [...told.disagreements.keys()]) await verifyChain(run, missing, told);
    }
    const { isIntact, chains, events, checkpoints, problems, hasMore } = run;
    return { isIntact, chains, events, checkpoints, problems, hasMore };
  });
}

/** A signed statement about a chain that does not hold. */
type Disagreement = { checkpoint: number; head: Head; event: { id: number; at: number } | undefined };

/** What the checkpoints tell of the chains. */
type Told = {
  /** Per chain the first statement that does not hold. */
  disagreements: Map<number, Disagreement>;
  /** Chains that were told up to another event than is noted; up to which. */
  wrongMarks: Map<number, number>;
};

/** Goes through the checkpoints. */
async function verifyCheckpoints(run: Run): Promise<Told> {
  const { app, only } = run;
  const { read } = app.db;
  const disagreements: Told['disagreements'] = new Map();
  const lastTold = new Map<number, number>();
  let end = { sequence: 0, hash: FIRST_HASH };
  let isFirst = true;
  const bad = async (row: Pick<CheckpointRow, 'sequence' | 'at'> | undefined, message: string) => {
    if (isFirst)
      await report(run, { chain: CHECKPOINT_CHAIN, sequence: row?.sequence ?? end.sequence, row, message });
    isFirst = false;
  };
  const marks = await listMarks(read);
  const head = marks.find(({ chain }) => chain === CHECKPOINT_CHAIN);
  // What is written from now on is left to the next verification.
  const last = head?.sequence ?? Number.MAX_SAFE_INTEGER;
  while (end.sequence < last) {
    const page = { after: end.sequence, upTo: last, limit: CHECKPOINT_PAGE };
    const rows = await listCheckpoints(read, page);
    if (rows.length === 0) break;
    for (const row of rows) {
      run.checkpoints++;
      const problem = checkpointProblem(run, row, end);
      end = { sequence: row.sequence, hash: row.hash };
      if (problem !== undefined) await bad(row, problem.message);
      if (problem?.isUntrusted === true) continue;
      const heads = (JSON.parse(row.heads) as Head[]).filter(
        ({ chain }) => (only === undefined || chain === only) && !disagreements.has(chain),
      );
      for (const { chain, sequence } of heads) lastTold.set(chain, sequence);
      await compareHeads(run, row.sequence, heads, disagreements);
    }
    await setImmediate();
  }
  if (head?.sequence !== end.sequence || head.hash !== end.hash)
    await bad(undefined, `The checkpoints after ${end.sequence} are missing.`);
  if (await hasCheckpointAfterEnd(read))
    await bad(undefined, 'A row stands after the checkpoint that was written last.');
  const wrongMarks: Told['wrongMarks'] = new Map();
  // Where checkpoints cannot be trusted, the marks cannot be compared with them.
  if (isFirst)
    for (const { chain, checkpoint_sequence } of marks)
      if (chain !== CHECKPOINT_CHAIN && (only === undefined || chain === only)) {
        const told = lastTold.get(chain) ?? 0;
        if (told !== checkpoint_sequence) wrongMarks.set(chain, told);
      }
  return { disagreements, wrongMarks };
}

function checkpointProblem(
  { app, publicKeys }: Run,
  row: CheckpointRow,
  end: Pick<Head, 'sequence' | 'hash'>,
): { message: string; isUntrusted: boolean } | undefined {
  const untrusted = (message: string) => ({ message, isUntrusted: true });
  const statement = readable(() => checkpointStatement(row));
  if (statement === undefined || chainHash('', statement) !== row.hash)
    return untrusted(`Checkpoint ${row.sequence} was changed: it does not have its hash.`);
  const signature = { keyId: row.key_id, signature: row.signature };
  const answer = app.keys.verify(CHECKPOINT_PURPOSE, Buffer.from(statement), signature, publicKeys);
  if (answer === 'unknown_key')
    return untrusted(
      `Checkpoint ${row.sequence} was signed with a key that is none of this instance's (${row.key_id}).`,
    );
  if (answer === 'invalid')
    return untrusted(`The signature of checkpoint ${row.sequence} does not belong to it.`);
  // Their numbers may have gaps, where somebody put a row that was none; their hashes have none.
  if (row.previous_hash !== end.hash)
    return {
      message: `Between the checkpoints ${end.sequence} and ${row.sequence} something was removed or replaced.`,
      isUntrusted: false,
    };
  return undefined;
}

async function compareHeads(
  { app }: Run,
  checkpoint: number,
  heads: readonly Head[],
  disagreements: Told['disagreements'],
): Promise<void> {
  for (let start = 0; start < heads.length; start += HEADS_PAGE) {
    const page = heads.slice(start, start + HEADS_PAGE);
    const events = await listEventsAt(app.db.read, page);
    for (const head of page) {
      const event = events.find((each) => each.chain === head.chain && each.sequence === head.sequence);
      if (event?.hash !== head.hash) disagreements.set(head.chain, { checkpoint, head, event });
    }
  }
}

/** Where something is wrong in a chain; `row` where there is a row. */
type Finding = {
  chain: number;
  sequence: number;
  row: { id?: number; at: number } | undefined;
  message: string;
  part?: AuditVerification['problems'][number]['part'];
};

/** A chain that there cannot be: nothing of it is proven, and lists would show it. */
async function verifyEmpty(run: Run, chain: number): Promise<void> {
  const [row] = await listChain(run.app.db.read, chain, Number.MIN_SAFE_INTEGER, 1);
  if (row === undefined) return;
  const message = `The event ${row.id} stands in a chain that there cannot be (${chain}).`;
  await report(run, { chain, sequence: row.sequence, row, message, part: 'events' });
}

async function verifyChain(run: Run, chain: number, told: Told): Promise<void> {
  const disagreement = told.disagreements.get(chain);
  const mark = told.wrongMarks.get(chain);
  told.disagreements.delete(chain);
  const { finding, last } = await walkChain(run, chain);
  if (last > 0 || finding !== undefined || disagreement !== undefined) run.chains++;
  if (disagreement === undefined) {
    if (finding !== undefined) await report(run, finding);
    else if (mark !== undefined)
      await report(run, {
        chain,
        sequence: mark,
        row: undefined,
        message: `The mark of what checkpoints tell was changed: they tell of event ${mark}.`,
      });
    return;
  }
  const { checkpoint, head, event } = disagreement;
  if (finding !== undefined && finding.sequence <= head.sequence) await report(run, finding);
  else if (event === undefined)
    await report(run, {
      chain,
      sequence: last + 1,
      row: undefined,
      message: `Event ${last + 1} and those after it are missing: checkpoint ${checkpoint} tells of event ${head.sequence}.`,
    });
  else
    await report(run, {
      chain,
      sequence: head.sequence,
      row: event,
      message: `Event ${head.sequence}, or one before it, was replaced, and the hashes after it made anew: checkpoint ${checkpoint} signed another one.`,
    });
}

/**
 * Recomputes a chain from its beginning up to the head that it has now, or to the first row that is wrong. What is appended
 * meanwhile is left to the next verification: it might never end otherwise.
 */
async function walkChain(run: Run, chain: number): Promise<{ finding: Finding | undefined; last: number }> {
  const { read } = run.app.db;
  let before = { sequence: 0, hash: FIRST_HASH, id: 0 };
  const found = (sequence: number, row: ChainRow | undefined, message: string) => ({
    finding: { chain, sequence, row, message },
    last: before.sequence,
  });
  const [first] = await listChain(read, chain, Number.MIN_SAFE_INTEGER, 1);
  if (first !== undefined && first.sequence < 1)
    return found(first.sequence, first, `The event ${first.id} stands before the first of its chain.`);
  const head = await findHead(read, chain);
  const end = head?.sequence ?? 0;
  while (before.sequence < end) {
    const rows = await listChain(read, chain, before.sequence, PAGE);
    if (rows.length === 0) {
      const missing = before.sequence + 1;
      return found(missing, undefined, `Event ${missing} and those after it up to ${end} are missing.`);
    }
    for (const row of rows) {
      if (before.sequence === end) break;
      run.events++;
      const message = rowProblem(row, before);
      if (message !== undefined) return found(before.sequence + 1, row, message);
      before = row;
    }
    await setImmediate();
  }
  if (head !== undefined && head.hash !== before.hash)
    return found(end, undefined, 'The end of the chain is not the one that was noted.');
  // Events after the head: somebody appended them meanwhile, and moved the head; or the head was put back.
  const [beyond] = await listChain(read, chain, end, 1);
  const now = beyond === undefined ? undefined : await findHead(read, chain);
  if (beyond !== undefined && (now?.sequence ?? 0) < beyond.sequence)
    return found(
      end + 1,
      beyond,
      `Event ${beyond.sequence} stands after the end of the chain that was noted.`,
    );
  return { finding: undefined, last: before.sequence };
}

function rowProblem(
  row: ChainRow,
  before: { sequence: number; hash: string; id: number },
): string | undefined {
  if (row.sequence !== before.sequence + 1) {
    const last = row.sequence - 1;
    return before.sequence + 1 === last
      ? `Event ${last} is missing.`
      : `The events ${before.sequence + 1} to ${last} are missing.`;
  }
  if (row.previous_hash !== before.hash)
    return `Event ${row.sequence} does not follow the one before it: its previous hash is another.`;
  const canonical = readable(() => canonicalEvent(row));
  if (canonical === undefined || chainHash(row.previous_hash, canonical) !== row.hash)
    return `Event ${row.sequence} was changed: it does not have its hash.`;
  if (row.chain !== (row.organization_id ?? INSTANCE_CHAIN) || row.id <= before.id)
    return `Event ${row.sequence} stands in another place than it was written to.`;
  return undefined;
}

/** Undefined where a row was changed so that it cannot even be written down. */
function readable(write: () => string): string | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function report(run: Run, { chain, sequence, row, message, part }: Finding): Promise<void> {
  run.isIntact = false;
  if (run.problems.length >= MAX_PROBLEMS) {
    run.hasMore = true;
    return;
  }
  const organizationId = chain > INSTANCE_CHAIN ? chain : null;
  const organization = organizationId === null ? undefined : await findOwner(run.app.db.read, organizationId);
  run.problems.push({
    organizationId,
    organization: organization?.name ?? null,
    part: part ?? (chain === CHECKPOINT_CHAIN ? 'checkpoints' : 'events'),
    eventId: row?.id ?? null,
    sequence,
    at: row === undefined ? null : (readable(() => formatTimestamp(row.at)) ?? null),
    message,
  });
}
