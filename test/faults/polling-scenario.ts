import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../server/db/dialect.ts';
import {
  environmentOf,
  type RunningProcess,
  type ServerProcess,
  scriptResult,
  startScript,
  startServerProcess,
} from '../../server/testing/processes.ts';
import { missingFrom, openInstance, storedVersions } from './instance.ts';
import type { ImporterReport } from './processes/importer.ts';
import type { PollerInput, PollerReport } from './processes/poller.ts';
import type { WriterReport } from './processes/writer.ts';

export type PollingFigures = {
  objects: number;
  versions: number;
  pollers: number;
  requests: number;
  /** What must not be: empty. */
  problems: string[];
};

const script = (name: string) => new URL(`./processes/${name}.ts`, import.meta.url);

/** Versions that must have been there before the time runs, for the pollers to have something to miss. */
export const ENOUGH = 50;

/** Every way in which a client keeps its place, each with other limits and other filters. */
const POLLERS: PollerInput['pollers'][] = [
  [
    { mode: 'next', resource: 'objects', limit: 7, allVersions: false },
    { mode: 'last', resource: 'objects', limit: 50, allVersions: true },
    { mode: 'milliseconds', resource: 'objects', limit: 100, allVersions: false },
    { mode: 'next', resource: 'manifest', limit: 0, allVersions: true },
  ],
  [
    { mode: 'last', resource: 'objects', limit: 0, allVersions: false },
    { mode: 'milliseconds', resource: 'objects', limit: 0, allVersions: true },
    { mode: 'last', resource: 'manifest', limit: 20, allVersions: false },
    { mode: 'next', resource: 'objects', limit: 1000, allVersions: true },
  ],
];

/**
 * Writers over two servers, an importer past them, and pollers, each a process of its own, for so many seconds; then
 * every poller is asked what it has seen, and what is stored is compared with it.
 */
export async function pollWhileOthersWrite(
  engine: Engine,
  { seconds, seed, servers: serverCount }: { seconds: number; seed: number; servers: number },
): Promise<PollingFigures> {
  const instance = await openInstance(engine);
  const { app, owner, authorization } = instance;
  const started: RunningProcess[] = [];
  const track = <T extends RunningProcess>(process: T): T => {
    started.push(process);
    return process;
  };
  try {
    const servers: ServerProcess[] = [];
    for (let count = 0; count < serverCount; count++)
      servers.push(track(await startServerProcess(app.config)));
    const target = {
      urls: servers.map((server) => server.url),
      collection: owner.collectionId,
      authorization,
    };
    const pollers = POLLERS.map((pollers, index) =>
      track(startScript(script('poller'), { target, seed: seed + 100 * index, pollers })),
    );
    const writers = [1, 2].map((writer) =>
      track(
        startScript(script('writer'), {
          target,
          writer,
          seed: seed + writer,
          maxEnvelope: 30,
          deletes: true,
        }),
      ),
    );
    const importer = track(
      startScript(
        script('importer'),
        { owner: owner.name, writer: 3, seed: seed + 3, maxBatch: 60, pauseMs: 40 },
        environmentOf(app.config),
      ),
    );
    // On a busy machine it takes a while until all of them are at work.
    for (let tries = 0; tries < 200 && (await storedVersions(app, owner.id)).all.length < ENOUGH; tries++)
      await sleep(100);
    await sleep(seconds * 1000);

    const written = await Promise.all(writers.map((each) => scriptResult<WriterReport>(each)));
    const imported = await scriptResult<ImporterReport>(importer);
    const polled = (await Promise.all(pollers.map((each) => scriptResult<PollerReport[]>(each)))).flat();
    const stored = await storedVersions(app, owner.id);
    const problems = [...written, ...polled].flatMap((each) => each.problems);
    const complain = (what: string, ids: string[]) => {
      if (ids.length > 0) problems.push(`${what}: ${ids.length}, for instance ${ids.slice(0, 3).join(', ')}`);
    };
    const expected = [...written.flatMap((each) => each.expected), ...imported.expected];
    complain('acknowledged, but not stored', missingFrom(stored.all, expected));
    complain('stored, but never acknowledged or deleted', missingFrom(expected, stored.all));
    for (const [index, poller] of POLLERS.flat().entries()) {
      const wanted = poller.allVersions ? stored.all : stored.latest;
      const name = `${poller.mode} ${poller.resource} ${poller.limit} ${poller.allVersions ? 'all' : 'latest'}`;
      complain(`${name} has missed`, missingFrom(polled[index]?.seen ?? [], wanted));
    }
    const repeated = stored.stamps.filter((stamp, index) => stamp === stored.stamps[index - 1]);
    complain('stamps given twice', repeated.map(String));
    const requests = [...written, ...polled].reduce((sum, each) => sum + each.requests, 0);
    return {
      objects: stored.latest.length,
      versions: stored.all.length,
      pollers: POLLERS.flat().length,
      requests,
      problems,
    };
  } finally {
    await Promise.all(started.map((process) => process.end()));
    await instance.close();
  }
}
