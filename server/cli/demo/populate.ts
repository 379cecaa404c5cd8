import { readFileSync } from 'node:fs';
import type { App, Caller } from '../../context.ts';
import { COMMUNITY, emailOf, HOME, SIGN_INS, SOURCE } from './cast.ts';
import { type DemoClock, relive, type Step } from './clock.ts';
import { flush, machineSteps, PARTNER, publicationSteps } from './machines.ts';
import { peopleSteps } from './people.ts';
import { scenerySteps } from './scenery.ts';
import { collectionOf, heldBy, openStage, type Stage } from './stage.ts';

/** Days before the present on which the instance was made. */
export const FIRST_DAY = 241;

export type PopulatedOwner = {
  kind: 'organization' | 'community' | 'source';
  owner: string;
  collectionId: string;
};

export type Populated = {
  owners: readonly PopulatedOwner[];
  signIns: readonly { role: string; name: string; organization: string; email: string; password: string }[];
  /** Of everybody whose sign-in is printed. */
  password: string;
  /** The TAXII user whose credentials are printed. */
  partner: { userName: string; password: string; servicePath: string };
};

const OWNERS = [
  { kind: 'organization', owner: HOME, sample: 'organization', parts: 9, over: 'import' },
  { kind: 'community', owner: COMMUNITY, sample: 'community', parts: 14, over: 'taxii' },
  { kind: 'source', owner: SOURCE, sample: 'source', parts: 34, over: 'taxii' },
] as const;

/**
 * Fills a fresh instance with eight months of history: everything is really done, by those who may do it, on a clock that is set
 * back. It shows the present afterwards.
 */
export async function populate(
  app: App,
  clock: DemoClock,
  operator: Caller,
  { samples, isStopped }: { samples: boolean; isStopped(): boolean },
): Promise<Populated> {
  const stage = openStage(app, clock, operator);
  const password = newPassword(app);
  const steps = [
    ...scenerySteps(stage, password),
    ...peopleSteps(stage),
    ...machineSteps(stage),
    ...(samples ? OWNERS.flatMap((each) => loading(stage, each)) : []),
  ];
  await relive(clock, steps, isStopped);
  clock.release();
  await flush(stage);
  if (isStopped())
    return { owners: [], signIns: [], password, partner: { userName: '', password: '', servicePath: '' } };
  const partner = heldBy(stage, PARTNER);
  return {
    owners: OWNERS.map(({ kind, owner }) => ({ kind, owner, collectionId: collectionOf(stage, owner) })),
    signIns: SIGN_INS.map((each) => ({
      ...{ role: each.role, name: each.name, organization: each.organization },
      ...{ email: emailOf(each), password },
    })),
    password,
    partner: { userName: partner.userName, password: partner.password ?? '', servicePath: 'intel' },
  };
}

function loading(stage: Stage, { owner, sample, parts, over }: (typeof OWNERS)[number]): Step[] {
  const file = new URL(`../../../samples/${sample}.json`, import.meta.url);
  const { objects } = JSON.parse(readFileSync(file, 'utf8')) as { objects: readonly unknown[] };
  return publicationSteps(stage, owner, objects, { parts, over });
}

/** Of four groups that can be read out, with 95 random bits. */
function newPassword({ secrets }: Pick<App, 'secrets'>): string {
  const letters = secrets.generate(256).replace(/[-_]/g, '').slice(0, 16);
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
