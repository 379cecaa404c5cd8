import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { accessibilityProblems, openTestConsole, picture, type TestConsole } from './console.ts';

describe('signing in to the console', () => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await openTestConsole();
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('with e-mail address and password opens the home page, and signing out ends it', async () => {
    const organization = await newOrganization(console.app);
    const person = await newPersonWithPassword(console.app, 'Organization Administrator', organization);
    const { page, open } = await console.newUser();
    await open('/');
    await page.getByLabel('E-mail address').fill(person.userName);
    await page.getByLabel(/^Password/).fill('wrong');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel(/^Password/).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'home-light');
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  });
});
