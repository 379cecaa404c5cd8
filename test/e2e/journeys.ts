import type { CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import { type ConsoleUser, openTestConsole, type TestConsole } from './console.ts';

/** Those who may administer accounts by the two articles; each with the least that it needs for it. */
export const ADMINISTRATORS = [
  'Organization Administrator',
  'Accounts Administrator',
  'Operations Administrator',
  'Administrator',
] as const;
type AdministratorRole = (typeof ADMINISTRATORS)[number];

/** Whether the System role and what goes with it are for them to see and to set. */
export const setsSystemRoles = (role: AdministratorRole) =>
  role === 'Operations Administrator' || role === 'Administrator';

export type Organization = Awaited<ReturnType<typeof newOrganization>>;
/** A password that fits every rule. */
export const GOOD_PASSWORD = 'a lantern under seven bridges';
/** Somebody at the console. */
export type Somebody = ConsoleUser & { userName: string; password: string; accountId: number };

/** A console over an instance that is set up: there is an Administrator, so that the first screen is the sign-in. */
export async function openSetUpConsole(): Promise<TestConsole> {
  const console = await openTestConsole();
  await newPerson(console.app, 'Administrator', await newOrganization(console.app, { users: 5 }));
  return console;
}

let number = 0;
/** A name that nothing has yet. */
export const fresh = (word: string) => `${word}.${++number}`;
export const freshEmail = (word: string) => `${fresh(word)}@example.com`;

/**
 * Somebody of that role, signed in: an Organization Administrator of the organization, and anybody else from another one, so
 * that only the System role lets in.
 */
export async function somebody(
  console: TestConsole,
  role: Parameters<typeof newPersonWithPassword>[1],
  organization: { id: number },
  { isOfIts = role === 'Organization Administrator', address = '/' } = {},
): Promise<Somebody> {
  const own = isOfIts ? organization : await newOrganization(console.app, { users: 5 });
  const person = await newPersonWithPassword(console.app, role, own);
  const user = await console.newUser();
  await user.signIn(person, address);
  return { ...user, ...person };
}

export const membershipOf = ({ id }: { id: number }, rest = '') => `/organizations/${id}/membership${rest}`;

/** Goes to the membership of the organization as a person does: by the navigation. */
export async function goToMembership(
  { page }: ConsoleUser,
  role: AdministratorRole,
  organization: Organization,
): Promise<void> {
  const main = page.getByRole('navigation', { name: 'Main' });
  if (role === 'Organization Administrator')
    await main.getByRole('link', { name: 'Membership', exact: true }).click();
  else {
    await main.getByRole('link', { name: 'Organizations', exact: true }).click();
    await page.getByRole('link', { name: organization.name, exact: true }).click();
    await page.getByRole('main').getByRole('link', { name: 'Membership', exact: true }).click();
  }
  await page.getByRole('heading', { level: 1, name: 'Membership' }).waitFor();
  await loaded(page);
}

/** Once the table of the accounts shows what it was asked for. */
export const loaded = (page: Page) => page.locator('table[aria-busy="false"]').first().waitFor();

/** Opens the form of a kind by its button. */
export async function openForm(page: Page, title: string): Promise<void> {
  await page
    .getByRole('main')
    .getByRole('link', { name: title, exact: true })
    .or(page.getByRole('main').getByRole('button', { name: title, exact: true }))
    .first()
    .click();
  await page.getByRole('form', { name: title }).waitFor();
}

export async function choose(page: Page, label: string | RegExp, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  const exact = typeof option === 'string';
  await page.getByRole('option', { name: option, exact }).first().click();
}

/** What can be chosen. */
export async function optionsOf(page: Page, label: string | RegExp): Promise<string[]> {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option').first().waitFor();
  const found = await page.getByRole('option').allInnerTexts();
  await page.keyboard.press('Escape');
  return found;
}

export async function fillPerson(page: Page, email: string): Promise<void> {
  await page.getByLabel(/^E-mail address/).fill(email);
  await page.getByLabel(/^First name/).fill('Jane');
  await page.getByLabel(/^Last name/).fill('Doe');
}

const LABELS = `[...document.querySelectorAll('[role="dialog"] form input:not([type="hidden"])')]
  .map((input) => input.labels?.[0]?.textContent?.replace(/\\s*\\*$/, '') ?? '')
  .filter((label) => label !== '')`;
/** The labels of everything that can be filled in, in the drawer. */
export const labelsOf = (page: Page) => page.evaluate<string[]>(LABELS);

/** What the panel shows once, by its label; then it is stored, and the panel is gone. */
export async function takeSecrets(page: Page): Promise<Record<string, string>> {
  const panel = page.getByRole('dialog').filter({ hasText: 'This is shown once' });
  await panel.getByRole('button', { name: 'Show all' }).click();
  const lines = panel.getByRole('group');
  const found = Object.fromEntries(
    await Promise.all(
      (await lines.all()).map(async (line) => [
        (await line.getAttribute('aria-label')) ?? '',
        await line.innerText(),
      ]),
    ),
  ) as Record<string, string>;
  await panel.getByRole('checkbox', { name: 'I have stored it' }).check();
  await panel.getByRole('button', { name: 'Done' }).click();
  await page.getByText('This is shown once').waitFor({ state: 'detached' });
  return found;
}

/** Back from the form to the table. */
export async function backToAccounts(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Back to the accounts' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** What stands behind `Actions for …` of an account in the table. */
export async function openRowMenu(page: Page, userName: string): Promise<string[]> {
  await page.getByRole('button', { name: `Actions for ${userName}`, exact: true }).click();
  await page.getByRole('menuitem').first().waitFor();
  return await page.getByRole('menuitem').allInnerTexts();
}

/** Chooses it, and confirms it where that is asked for. */
export async function actOn(page: Page, userName: string, deed: string): Promise<void> {
  await openRowMenu(page, userName);
  // By key: what was done last may be told just there, over the menu.
  await page.getByRole('menuitem', { name: deed, exact: true }).press('Enter');
  const dialog = page.getByRole('dialog', { name: `${deed} ${userName}?` });
  await dialog.getByRole('button', { name: deed, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await loaded(page);
}

/** What the REST API tells this very person, in the same session. */
async function asked<Body>({ page }: ConsoleUser, path: string): Promise<Body> {
  const { status, text } = await page.evaluate(async (address) => {
    const response = await fetch(address);
    return { status: response.status, text: await response.text() };
  }, `/rest/v1${path}`);
  expect(status, path).toBe(200);
  return JSON.parse(text) as Body;
}

/** What is sent and answered, as the REST API has it: to see that what is not offered is refused as well. */
export async function sent(
  { page }: ConsoleUser,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; code: string | undefined; message: string | undefined }> {
  const reply = await page.evaluate(
    async ([verb, address, text]) => {
      const response = await fetch(address ?? '', {
        method: verb ?? '',
        headers: { 'Content-Type': 'application/json' },
        ...(text === '' ? {} : { body: text ?? '' }),
      });
      return { status: response.status, text: await response.text() };
    },
    [method, `/rest/v1${path}`, body === undefined ? '' : JSON.stringify(body)],
  );
  const { error } = (reply.text === '' ? {} : JSON.parse(reply.text)) as {
    error?: { code: string; message: string };
  };
  return { status: reply.status, code: error?.code, message: error?.message };
}

type Account = { id: number; userName: string } & Record<string, unknown>;

/** The account of that name, as that person sees it. */
export async function accountNamed(
  user: ConsoleUser,
  organization: { id: number },
  userName: string,
): Promise<Account> {
  const { items } = await asked<{ items: Account[] }>(
    user,
    `/organizations/${organization.id}/accounts?search=${encodeURIComponent(userName)}&limit=100`,
  );
  const { id } = items.find((item) => item.userName === userName) ?? { id: 0 };
  return await asked<Account>(user, `/accounts/${id}`);
}

export async function existsNamed(
  user: ConsoleUser,
  organization: { id: number },
  userName: string,
): Promise<boolean> {
  const { items } = await asked<{ items: Account[] }>(
    user,
    `/organizations/${organization.id}/accounts?search=${encodeURIComponent(userName)}&limit=100`,
  );
  return items.some((item) => item.userName === userName);
}

/** Signs in by hand, in a browser of its own. */
export async function signInByHand(
  console: TestConsole,
  person: { userName: string; password: string },
): Promise<ConsoleUser> {
  const user = await console.newUser();
  await user.open('/sign-in');
  await typeSignIn(user.page, person);
  return user;
}

/** Fills in the form of the sign-in that is shown. */
export async function typeSignIn(
  page: Page,
  { userName, password }: { userName: string; password: string },
): Promise<void> {
  await page.getByLabel('E-mail address').fill(userName);
  await page.getByLabel(/^Password/).fill(password);
  await button(page, 'Sign in').click();
}

export const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name, exact: typeof name === 'string' });
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** The page is no wider than its window, and so needs no scrolling sideways. */
export async function fitsItsWidth(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'))
    .toBeLessThanOrEqual(0);
}

/** Copies the recovery codes that are shown once, and says that they are stored. */
export async function storeRecoveryCodes(page: Page): Promise<void> {
  await button(page, 'Copy all').click();
  await page.getByLabel('I have stored them').check();
  await button(page, 'Done').click();
}

/** The secret of an app, as it stands under its picture. */
export const SHOWN_SECRET = /^([A-Z2-7]{4} )+[A-Z2-7]+$/;

/** A device with passkeys: one of the browser of the page, whose person is there unless told. */
export async function virtualAuthenticator(
  page: Page,
  session?: CDPSession,
  answers = true,
): Promise<CDPSession> {
  const device = session ?? (await page.context().newCDPSession(page));
  await device.send('WebAuthn.enable');
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: answers,
      automaticPresenceSimulation: true,
    },
  });
  return device;
}

/** What a TAXII client is answered that asks for the collections with that. */
export async function poll(
  console: TestConsole,
  authorization: string,
  path = 'intel/collections/',
): Promise<number> {
  const response = await fetch(`${console.url}/${path}`, {
    headers: { Authorization: authorization, Accept: 'application/taxii+json;version=2.1' },
  });
  await response.arrayBuffer();
  return response.status;
}

export const basic = (userName = '', password = '') =>
  `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`;

/** Saves what stands in the form of an account, and confirms what comes of it. */
export async function save(page: Page, consequence?: RegExp): Promise<void> {
  const form = page.getByRole('form', { name: 'Edit account' });
  await form.getByRole('button', { name: 'Save changes' }).click();
  if (consequence !== undefined) {
    const confirm = page.getByRole('dialog', { name: 'Save the changes?' });
    await confirm.getByRole('listitem').filter({ hasText: consequence }).first().waitFor();
    await confirm.getByRole('button', { name: 'Save changes' }).click();
  }
  await form.waitFor({ state: 'detached' });
}

/** Opens the form of an account from its row. */
export async function edit(page: Page, userName: string): Promise<void> {
  await openRowMenu(page, userName);
  await page.getByRole('menuitem', { name: 'Edit', exact: true }).click();
  await page.getByRole('form', { name: 'Edit account' }).waitFor();
}
