import { editAccount } from '../../features/account-changes/editing.service.ts';
import { createApiUser } from '../../features/account-creation/api-users.service.ts';
import { createTaxiiUser } from '../../features/account-creation/taxii-users.service.ts';
import { getAccount } from '../../features/accounts/listing.service.ts';
import { editCredential } from '../../features/credentials/binding.service.ts';
import { getManifest, getObjects } from '../../features/exchange/reading.service.ts';
import { addEnvelope } from '../../features/exchange/writing.service.ts';
import { importObjects } from '../../features/intelligence/import.service.ts';
import { COMMUNITY, GRAUWERTH, HOME, LEFT_DAYS_AGO, NORDLYS, RESEARCH, SKERRY, SOURCE } from './cast.ts';
import { DAY, type Step } from './clock.ts';
import { as, collectionOf, heldBy, type Stage } from './stage.ts';

/** The TAXII user whose credentials are printed. */
export const PARTNER = 'partner-siem';
const PUBLISHER = 'lanternfish-publisher';
const ORGANIZATION_ADMINISTRATOR = 'Mirela Kovac';

type Poller = {
  name: string;
  organization: string;
  daysAgo: number;
  address: string;
  /** Polls on a usual day, of each of the collections. */
  daily?: number;
  of?: readonly string[];
  /** The last day on which it polls. */
  until?: number;
  form?: { apiKey?: boolean; onlyOwners?: string[]; contactEmail?: string };
};

const ALL = [HOME, COMMUNITY, SOURCE];
const POLLERS: readonly Poller[] = [
  { name: PARTNER, organization: HOME, daysAgo: 228, address: '203.0.113.10', daily: 4, of: ALL },
  { name: 'soc-sentinel', organization: HOME, daysAgo: 160, address: '203.0.113.24', daily: 6, of: ALL },
  {
    name: 'splunk-bridge',
    organization: HOME,
    daysAgo: 120,
    address: '203.0.113.31',
    daily: 3,
    of: [HOME, COMMUNITY],
  },
  {
    ...{
      name: 'misp-sync',
      organization: HOME,
      daysAgo: 90,
      address: '203.0.113.44',
      daily: 3,
      of: [COMMUNITY],
    },
    form: { onlyOwners: [COMMUNITY], contactEmail: 'threat-sharing@tarnholm.example' },
  },
  {
    ...{ name: 'opencti-lab', organization: HOME, daysAgo: 61, address: '2001:db8:40::7', daily: 2, of: ALL },
    form: { apiKey: true },
  },
  {
    ...{
      name: 'edge-firewall',
      organization: HOME,
      daysAgo: 45,
      address: '203.0.113.80',
      daily: 9,
      of: [SOURCE],
    },
    form: { apiKey: true, onlyOwners: [SOURCE] },
  },
  {
    ...{
      name: 'legacy-collector',
      organization: HOME,
      daysAgo: 220,
      address: '203.0.113.99',
      daily: 2,
      of: [SOURCE],
    },
    until: 97,
  },
  { name: 'spare-appliance', organization: HOME, daysAgo: 200, address: '' },
  { name: 'vendor-trial', organization: HOME, daysAgo: 22, address: '203.0.113.120', daily: 1, of: [SOURCE] },
  {
    ...{
      name: 'old-splunk',
      organization: HOME,
      daysAgo: 180,
      address: '203.0.113.32',
      daily: 2,
      of: [HOME],
    },
    until: 58,
  },
  {
    ...{
      name: 'night-watch',
      organization: HOME,
      daysAgo: 140,
      address: '203.0.113.55',
      daily: 2,
      of: [COMMUNITY],
    },
    until: 19,
  },
  {
    name: 'grauwerth-siem',
    organization: GRAUWERTH,
    daysAgo: 200,
    address: '192.0.2.14',
    daily: 5,
    of: [COMMUNITY, SOURCE],
  },
  {
    name: 'grauwerth-vts',
    organization: GRAUWERTH,
    daysAgo: 88,
    address: '192.0.2.19',
    daily: 2,
    of: [SOURCE],
  },
  {
    name: 'skerry-xdr',
    organization: SKERRY,
    daysAgo: 150,
    address: '192.0.2.77',
    daily: 2,
    of: [COMMUNITY],
  },
  {
    ...{
      name: 'nordlys-siem',
      organization: NORDLYS,
      daysAgo: 150,
      address: '192.0.2.130',
      daily: 3,
      of: [NORDLYS],
    },
    until: LEFT_DAYS_AGO + 1,
  },
  { name: PUBLISHER, organization: RESEARCH, daysAgo: 220, address: '192.0.2.200' },
];

/** The days that plots show, and a few before those of whoever has stopped. */
const PLOTTED_DAYS = 34;
const LAST_DAYS_OF_A_STOPPED_ONE = 6;

/** TAXII users and API users, what happened to them, and what they polled. */
export function machineSteps(stage: Stage): Step[] {
  return [
    ...POLLERS.map((poller): Step => ({ daysAgo: poller.daysAgo, do: () => createPoller(stage, poller) })),
    ...POLLERS.flatMap((poller) => pollsOf(stage, poller)),
    ...changes(stage),
    ...apiUserSteps(stage),
    ...Array.from({ length: 12 }, (_, index) => index * 3 + 0.01).map((daysAgo): Step => {
      return { daysAgo, do: () => flush(stage) };
    }),
  ];
}

/** Writes what is only for show: last uses and usage figures. */
export async function flush({ authentication, exchange }: Stage): Promise<void> {
  await authentication.flush();
  await exchange.usage.flush();
}

async function createPoller(stage: Stage, { name, organization, form = {} }: Poller): Promise<void> {
  const caller = organization === HOME ? await as(stage, ORGANIZATION_ADMINISTRATOR) : stage.operator;
  const created = await createTaxiiUser(stage.app, caller, { userName: name, organization, ...form });
  const { id, userName, password, apiKey } = created;
  stage.held.set(name, {
    ...{ id, userName },
    ...(password === undefined ? {} : { password }),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
}

function pollsOf(stage: Stage, poller: Poller): Step[] {
  const { daysAgo, daily = 0, of = [], until = 0 } = poller;
  const first = Math.min(
    daysAgo - 1,
    until > PLOTTED_DAYS ? until + LAST_DAYS_OF_A_STOPPED_ONE : PLOTTED_DAYS,
  );
  const steps: Step[] = [];
  const seed = poller.name.length;
  for (let day = Math.floor(first); day >= until; day--) {
    const isSunday = (day + 2) % 7 === 0;
    const polls = Math.max(1, Math.round(daily * (isSunday ? 0.4 : 0.8 + ((day * seed) % 5) / 10)));
    for (const [index, owner] of (daily === 0 ? [] : of).entries()) {
      for (let poll = 0; poll < polls; poll++) {
        const ago = day + 0.02 + (0.96 * (poll + 0.2 + ((index * 3 + seed) % 7) / 10)) / polls;
        steps.push({ daysAgo: ago, do: () => pollOnce(stage, poller, owner, poll) });
      }
    }
  }
  return steps;
}

/** As a client does: what is new since the day before, page by page; and the manifest now and then. */
async function pollOnce(stage: Stage, { name, address }: Poller, owner: string, poll: number): Promise<void> {
  const { exchange, clock } = stage;
  const session = await openTaxii(stage, name, address, owner);
  const since = new Date((clock.now() - DAY * (poll === 0 ? 7 : 1)) / 1000).toISOString();
  const rawQuery = `added_after=${since}&limit=100`;
  const asked = { rawQuery, address, reserve: () => Promise.resolve() };
  await (poll % 5 === 4 ? getManifest(exchange, session, asked) : getObjects(exchange, session, asked));
}

async function openTaxii(stage: Stage, name: string, address: string, owner: string) {
  const { userName, password = '', apiKey } = heldBy(stage, name);
  const presented =
    apiKey === undefined
      ? ({ scheme: 'basic', userName, password } as const)
      : ({ scheme: 'key', key: apiKey } as const);
  return await stage.taxii.open(presented, { address, requestId: 'demo' }, collectionOf(stage, owner));
}

function changes(stage: Stage): Step[] {
  const { app, clock } = stage;
  const administrator = () => as(stage, ORGANIZATION_ADMINISTRATOR);
  const inDays = (days: number) => new Date((clock.present + days * DAY) / 1000).toISOString();
  const edit = (
    daysAgo: number,
    name: string,
    change: Parameters<typeof editAccount>[2]['changes'],
  ): Step => ({
    daysAgo,
    do: async () =>
      editAccount(app, await administrator(), { account: heldBy(stage, name).id, changes: change }),
  });
  const bind = (
    daysAgo: number,
    name: string,
    change: Omit<Parameters<typeof editCredential>[2], 'account' | 'credential'>,
  ): Step => ({
    daysAgo,
    do: async () => {
      const caller = await administrator();
      const { id } = heldBy(stage, name);
      const { credentials } = await getAccount(app, caller, { account: id });
      const key = credentials.find(({ kind }) => kind === 'api_key');
      if (key !== undefined)
        await editCredential(app, caller, { account: id, credential: key.id, ...change });
    },
  });
  return [
    bind(44, 'edge-firewall', { allowedNetworks: ['203.0.113.80/32', '203.0.113.81/32'], readOnly: true }),
    bind(33, 'opencti-lab', { readOnly: true, expiresAt: inDays(4.5) }),
    edit(57, 'old-splunk', { locked: true }),
    edit(18, 'night-watch', { disabled: true }),
    edit(20, 'vendor-trial', { expiresAt: inDays(9) }),
  ];
}

type Script = { name: string; daysAgo: number; tokenDays?: number; isUsed: boolean };
const SCRIPTS: readonly Script[] = [
  { name: 'Ticket Bridge', daysAgo: 130, tokenDays: 365, isUsed: true },
  { name: 'Nightly Enrichment', daysAgo: 25, tokenDays: 30, isUsed: true },
  { name: 'Report Export', daysAgo: 100, tokenDays: 60, isUsed: false },
  { name: 'Asset Sync', daysAgo: 75, isUsed: false },
];

function apiUserSteps(stage: Stage): Step[] {
  const { app, authentication, held } = stage;
  return SCRIPTS.flatMap(({ name, daysAgo, tokenDays, isUsed }): Step[] => {
    const [firstName = '', lastName = ''] = name.split(' ');
    const create: Step = {
      daysAgo,
      do: async () => {
        const form = { firstName, lastName, organization: HOME, organizationRole: 'Standard User' } as const;
        const created = await createApiUser(app, await as(stage, ORGANIZATION_ADMINISTRATOR), {
          ...form,
          ...(tokenDays === undefined ? {} : { tokenExpirationDays: tokenDays }),
        });
        const { id, accessId, token } = created;
        held.set(name, { id, userName: accessId, ...(token === undefined ? {} : { token }) });
      },
    };
    const uses = (isUsed ? [20, 9, 0.3] : []).map(
      (ago): Step => ({
        daysAgo: ago,
        do: async () => {
          const { token = '' } = heldBy(stage, name);
          await authentication.admitApi(
            { scheme: 'token', token },
            { address: '203.0.113.210', requestId: 'demo' },
          );
        },
      }),
    );
    return [create, ...uses];
  });
}

/** Objects that enter an owner bit by bit over the days that plots show. */
export function publicationSteps(
  stage: Stage,
  owner: string,
  objects: readonly unknown[],
  { parts, over }: { parts: number; over: 'taxii' | 'import' },
): Step[] {
  const size = Math.ceil(objects.length / parts);
  return Array.from({ length: Math.ceil(objects.length / size) }, (_, index) => ({
    daysAgo: PLOTTED_DAYS + 1 - ((PLOTTED_DAYS + 0.5) * index) / parts,
    do: async () => {
      const part = objects.slice(index * size, (index + 1) * size);
      if (over === 'taxii') await publish(stage, owner, part);
      else await importPart(stage, owner, part, index);
    },
  }));
}

async function publish(stage: Stage, owner: string, objects: readonly unknown[]): Promise<void> {
  const { address = '' } = POLLERS.find(({ name }) => name === PUBLISHER) ?? {};
  const session = await openTaxii(stage, PUBLISHER, address, owner);
  const caller = { access: session.access, address };
  const body = Buffer.from(JSON.stringify({ objects }));
  await addEnvelope(stage.app, caller, session, () => once(body));
}

async function importPart(
  stage: Stage,
  owner: string,
  objects: readonly unknown[],
  part: number,
): Promise<void> {
  const file = `${owner.toLowerCase().replaceAll(' ', '-')}-${part + 1}.json`;
  await importObjects(
    stage.app,
    stage.operator,
    { owner, file },
    once(Buffer.from(JSON.stringify(objects))),
    {},
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
