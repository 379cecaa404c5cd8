import { setTimeout as sleep } from 'node:timers/promises';
import {
  freePort,
  type RunningProcess,
  type ServerProcess,
  scriptResult,
  startScript,
  startServerProcess,
} from '../../server/testing/processes.ts';
import { type Instance, missingFrom, storedVersions } from './instance.ts';
import type { PollerReport } from './processes/poller.ts';
import { random } from './processes/taxii-client.ts';
import type { WriterReport } from './processes/writer.ts';

const script = (name: string) => new URL(`./processes/${name}.ts`, import.meta.url);

export type KillFigures = {
  kills: number;
  requests: number;
  versions: number;
  unanswered: number;
  /** Of the unanswered envelopes, those that were stored. */
  storedUnanswered: number;
  problems: string[];
};

/**
 * Kills the server with SIGKILL at random moments while two processes write over it and two poll it, and starts it
 * again on the same port; then compares what was acknowledged with what is stored.
 */
export async function killWhileOthersWrite(
  { app, owner, authorization }: Instance,
  { kills, seed, padding }: { kills: number; seed: number; padding: number },
): Promise<KillFigures> {
  const dice = random(seed);
  const started: RunningProcess[] = [];
  const track = <T extends RunningProcess>(process: T): T => {
    started.push(process);
    return process;
  };
  try {
    const port = await freePort();
    const start = async (): Promise<ServerProcess> => track(await startServerProcess(app.config, { port }));
    let server = await start();
    const target = { urls: [server.url], collection: owner.collectionId, authorization };
    const writers = [1, 2].map((writer) =>
      track(
        startScript(script('writer'), {
          target,
          writer,
          seed: seed + writer,
          maxEnvelope: 200,
          padding,
          tolerant: true,
          deletes: false,
        }),
      ),
    );
    const poller = track(
      startScript(script('poller'), {
        target,
        seed,
        tolerant: true,
        pollers: [
          { mode: 'next', resource: 'objects', limit: 100, allVersions: true },
          { mode: 'last', resource: 'manifest', limit: 0, allVersions: true },
        ],
      }),
    );
    // The writers are there when the first kill comes.
    await sleep(700);
    for (let kill = 0; kill < kills; kill++) {
      await sleep(150 + dice.below(700));
      await server.end('SIGKILL');
      server = await start();
    }
    await sleep(300);
    const written = await Promise.all(writers.map((each) => scriptResult<WriterReport>(each)));
    const polled = await scriptResult<PollerReport[]>(poller);
    const stored = await storedVersions(app, owner.id);
    const problems = [...written, ...polled].flatMap((each) => each.problems);
    const complain = (what: string, ids: string[]) => {
      if (ids.length > 0) problems.push(`${what}: ${ids.length}, for instance ${ids.slice(0, 3).join(', ')}`);
    };
    const acknowledged = written.flatMap((each) => each.expected);
    complain('acknowledged, but lost', missingFrom(stored.all, acknowledged));
    const unknown = written.flatMap((each) => each.unknown);
    let storedUnanswered = 0;
    for (const envelope of unknown) {
      const lost = missingFrom(stored.all, envelope);
      if (lost.length === 0) storedUnanswered++;
      // A version that was there before, or was sent again and acknowledged, says nothing of this envelope.
      const own = envelope.filter((each) => !acknowledged.includes(each));
      const present = own.filter((each) => !lost.includes(each));
      if (present.length > 0 && lost.length > 0) complain('a request is half there', present);
    }
    complain('stored, but never sent', missingFrom([...acknowledged, ...unknown.flat()], stored.all));
    for (const each of polled) complain('a poller has missed', missingFrom(each.seen, stored.all));
    return {
      kills,
      requests: written.reduce((sum, each) => sum + each.requests, 0),
      versions: stored.all.length,
      unanswered: unknown.length,
      storedUnanswered,
      problems,
    };
  } finally {
    await Promise.all(started.map((process) => process.end()));
  }
}
