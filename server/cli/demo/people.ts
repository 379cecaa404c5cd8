import { HOTP, Secret } from 'otpauth';
import { deleteAccount } from '../../features/account-changes/deletion.service.ts';
import { editAccount } from '../../features/account-changes/editing.service.ts';
import { createReadOnlyUser, createUser } from '../../features/account-creation/people.service.ts';
import { confirmTotp, startTotp } from '../../features/authenticators/own-factors.service.ts';
import { showSecondFactor } from '../../features/authenticators/second-factor.service.ts';
import { acceptTerms } from '../../features/terms/terms.service.ts';
import {
  emailOf,
  HOME,
  LEFT_DAYS_AGO,
  NORDLYS,
  namesOf,
  PEOPLE,
  SIGN_INS,
  type Somebody,
  STAFF,
} from './cast.ts';
import { DAY, type Step } from './clock.ts';
import { as, heldBy, type Stage, signInAs } from './stage.ts';

const ADMINISTRATOR = 'Mirela Kovac';
/** Codes that are refused at once, and those that each make the next wait twice as long, up to a quarter of an hour. */
const WRONG_CODES = 16;
const FREE_CODES = 5;
const SECOND_IN_DAYS = 1 / 86_400;

/** Everybody of the organizations: how they came, when they signed in, and what their accounts have come to. */
export function peopleSteps(stage: Stage): Step[] {
  return [
    ...PEOPLE.flatMap((person) => stepsOf(stage, person)),
    ...SIGN_INS.flatMap((each) => visits(stage, each, 200)),
  ];
}

function stepsOf(stage: Stage, person: Somebody): Step[] {
  const { name, fate, daysAgo } = person;
  const create: Step = { daysAgo, do: () => createOne(stage, person) };
  const day = (at: number, work: () => Promise<unknown>): Step => ({ daysAgo: at, do: work });
  const edit = (at: number, changes: Parameters<typeof editAccount>[2]['changes']): Step =>
    day(at, async () =>
      editAccount(stage.app, await as(stage, ADMINISTRATOR), { account: heldBy(stage, name).id, changes }),
    );
  switch (fate) {
    case 'invited':
    case 'invitation ended':
    case 'never used':
      return [create];
    case 'terms to be accepted':
      return [create, day(daysAgo - 0.4, () => signInAs(stage, name))];
    case 'not used lately':
      return [create, ...visits(stage, person, daysAgo - 1, 96)];
    case 'locked':
      return [
        create,
        ...visits(stage, person, daysAgo - 1, 27),
        edit(21 + (name.length % 5), { locked: true }),
      ];
    case 'disabled':
      return [create, ...visits(stage, person, daysAgo - 1, 45), edit(40, { disabled: true })];
    case 'expired':
      return [create, ...visits(stage, person, daysAgo - 1, 14), edit(30, { expiresAt: inDays(stage, -9) })];
    case 'expires soon':
      return [
        create,
        ...visits(stage, person, daysAgo - 1),
        edit(18, { expiresAt: inDays(stage, name.length / 2) }),
      ];
    case 'deleted':
      return [
        create,
        ...visits(stage, person, daysAgo - 1, 20),
        day(16, async () =>
          deleteAccount(stage.app, await as(stage, ADMINISTRATOR), { account: heldBy(stage, name).id }),
        ),
      ];
    case 'second factor to be set up':
      return [create, ...visits(stage, person, daysAgo - 1), edit(2, { mfaResetRequired: true })];
    case 'second factor':
      return [create, ...visits(stage, person, daysAgo - 1, 61), day(60, () => setUpFactor(stage, name))];
    case 'locked by the system':
      return [
        create,
        ...visits(stage, person, daysAgo - 1, 3),
        day(2, () => setUpFactor(stage, name)),
        ...guesses(stage, name),
      ];
    default:
      return [create, ...visits(stage, person, daysAgo - 1)];
  }
}

/** An instant so many days after the present. */
function inDays({ clock }: Stage, days: number): string {
  return new Date((clock.present + days * DAY) / 1000).toISOString();
}

async function createOne(stage: Stage, person: Somebody): Promise<void> {
  const { app, operator, held } = stage;
  const { name, organization, role, isReadOnly, fate } = person;
  const isOwn = organization === HOME;
  const invite = fate === 'invited' || fate === 'invitation ended';
  const form = {
    ...namesOf(name),
    organization,
    email: emailOf(person),
    organizationRole: role,
    invite,
    passwordResetRequired: fate === 'never used',
    sendAccountInfoEmail: false,
  };
  const caller = isOwn ? await as(stage, ADMINISTRATOR) : operator;
  const created = await (isReadOnly === true ? createReadOnlyUser : createUser)(app, caller, form);
  const { id, userName, password } = created;
  held.set(name, { id, userName, ...(password === undefined ? {} : { password }) });
}

/** Sign-ins every now and then, the last of them lately, or `until` so many days ago. */
function visits(
  stage: Stage,
  { name, organization }: { name: string; organization: string },
  from: number,
  until = ((name.length * 7) % 19) + (organization === NORDLYS ? LEFT_DAYS_AGO : 0),
): Step[] {
  // The others come and go as well, but the plots are those of one organization.
  const most = organization === HOME || organization === STAFF ? 5 : 2;
  const gap = Math.max(0, Math.min(from, until + 80) - until) / most;
  const hours = ((name.length * 5) % 10) / 24;
  return Array.from({ length: gap === 0 ? 0 : most }, (_, index) => ({
    daysAgo: until + 0.1 + hours + index * gap * 0.95,
    do: async () => {
      const { started, caller } = await signInAs(stage, name);
      // Some read the terms at once, and some do not.
      const version = stage.terms;
      if (version > 0 && index === 0 && name.length % 3 === 0)
        await acceptTerms(stage.app, caller, started.token, { version });
    },
  })).filter(({ daysAgo }) => daysAgo < from);
}

async function setUpFactor(stage: Stage, name: string): Promise<void> {
  const { app, clock } = stage;
  const { started, caller } = await signInAs(stage, name);
  const { secret } = await startTotp(app, caller, started.token);
  const counter = Math.floor(clock.now() / 30_000_000);
  const code = HOTP.generate({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, counter });
  await confirmTotp(app, caller, { code }, started.token);
}

/** Somebody who has the password tries codes, a while ago, and until now: the account is locked for a quarter of an hour. */
function guesses(stage: Stage, name: string): Step[] {
  const waits = Array.from({ length: WRONG_CODES }, (_, index) =>
    index < FREE_CODES ? 1 : 2 ** (index - FREE_CODES) + 1,
  );
  const all = waits.slice(0, -1).reduce((sum, each) => sum + each, 0);
  let passed = 0;
  let visit: Awaited<ReturnType<typeof signInAs>> | undefined;
  return waits.map((wait) => {
    const secondsAgo = all - passed + 5;
    passed += wait;
    return {
      daysAgo: secondsAgo * SECOND_IN_DAYS,
      do: async () => {
        visit ??= await signInAs(stage, name);
        const { started, caller } = visit;
        const side = { token: started.token, userAgent: undefined, device: undefined, reachedAs: '' };
        await showSecondFactor(stage.app, caller, { code: '000000' }, side).catch(() => undefined);
      },
    };
  });
}
