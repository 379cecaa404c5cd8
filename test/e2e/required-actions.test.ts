import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { publishTerms } from '../../server/features/terms/terms.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { codeOf } from '../../server/testing/second-factors.ts';
import { accessibilityProblems, inBothSchemes, picture, type TestConsole } from './console.ts';
import {
  button,
  fitsItsWidth,
  GOOD_PASSWORD,
  heading,
  openSetUpConsole,
  SHOWN_SECRET,
  storeRecoveryCodes,
  typeSignIn,
  virtualAuthenticator,
} from './journeys.ts';

describe('what is required at a sign-in', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    console = await openSetUpConsole();
    organization = await newOrganization(console.app);
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  /** Somebody who must do that, at the first of the steps. */
  async function begin(changes: object) {
    const someone = await newPersonWithPassword(console.app, 'Organization Administrator', organization);
    await inTransaction(console.app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set({ first_name: 'Some', ...changes })
        .where('id', '=', someone.accountId)
        .execute(),
    );
    const user = await console.newUser();
    await user.open('/profile');
    await typeSignIn(user.page, someone);
    return { ...someone, ...user };
  }

  it('is done one after the other, and said where one is', async () => {
    await publishTerms(console.app, console.app.operator, {
      text: `${'Be kind to the intelligence of others.\n\n'.repeat(40)}The end.`,
      mustBeAccepted: false,
    });
    const { page, password, userName } = await begin({
      password_reset_required: 1,
      mfa_reset_required: 1,
      terms_acceptance_required: 1,
    });
    await heading(page, 'Choose a new password').waitFor();
    await page.getByText('Step 2 of 4: Password').waitFor();
    await page.getByLabel(/^Present password/).fill('wrong');
    const [fresh, again] = [page.getByLabel(/^New password \*?$/), page.getByLabel(/^New password again/)];
    await fresh.fill('short');
    await page.getByText(/Still missing: At least 15 characters/).waitFor({ state: 'attached' });
    await again.fill('other');
    await button(page, 'Change password').click();
    await page.getByText('This is not the same password.').waitFor();
    await again.fill('short');
    await button(page, 'Change password').click();
    await page.getByText('Is not the present password.').waitFor();
    await page.getByLabel(/^Present password/).fill(password);
    await button(page, 'Change password').click();
    await page.getByRole('alert').getByText('It must have at least 15 characters.').waitFor();
    expect(await inBothSchemes(page, 'required-password')).toEqual([]);
    for (const input of [fresh, again]) await input.fill(GOOD_PASSWORD);
    await page.getByText('Every rule is met.').waitFor({ state: 'attached' });
    await button(page, 'Change password').click();

    await heading(page, 'Set up a second factor').waitFor();
    await page.getByText('Step 3 of 4: Set-up').waitFor();
    expect(await inBothSchemes(page, 'required-second-factor')).toEqual([]);
    await button(page, 'Authenticator app').click();
    const picked = page.getByAltText(/QR code/);
    await picked.waitFor();
    expect(
      await picked.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(0);
    const secret = (await page.getByText(SHOWN_SECRET).innerText()).replaceAll(' ', '');
    const code = page.getByLabel('Code that the app shows');
    await code.fill('12');
    await button(page, 'Confirm the app').click();
    await page.getByText(/Must be the six digits/).waitFor();
    await code.fill('000 000');
    await button(page, 'Confirm the app').click();
    await page.getByText(/Is not right, or too late/).waitFor();
    expect(await inBothSchemes(page, 'required-authenticator')).toEqual([]);
    await code.fill(codeOf(console.app, secret));
    await button(page, 'Confirm the app').click();

    const panel = page.getByRole('dialog', { name: 'Store your recovery codes' });
    await panel.waitFor();
    expect(await panel.getByRole('listitem').count()).toBe(10);
    const [first = ''] = await panel.getByRole('listitem').allInnerTexts();
    expect(await inBothSchemes(page, 'recovery-codes')).toEqual([]);
    // Neither Esc nor a click beside it loses them.
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await panel.getByText('Not stored yet').waitFor();
    expect(await button(page, 'Done').isDisabled()).toBe(true);
    await button(page, 'Copy all').click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied.split('\n')).toHaveLength(10);
    expect(copied).toContain(first);
    const download = page.waitForEvent('download');
    await button(page, 'Download').click();
    expect((await download).suggestedFilename()).toBe('taxiway-recovery-codes.txt');
    await page.getByLabel('I have stored them').check();
    await button(page, 'Done').click();

    await heading(page, 'Accept the terms of service').waitFor();
    await page.getByRole('region', { name: 'Terms of service' }).getByText('The end.').waitFor();
    expect(await inBothSchemes(page, 'required-terms')).toEqual([]);
    // Nothing that was shown once is anywhere in the browser.
    const kept = await page.evaluate<string>(
      `[location.href, ...Object.values(localStorage), ...Object.values(sessionStorage)].join('\\n')`,
    );
    for (const text of [secret, first, password, GOOD_PASSWORD]) expect(kept).not.toContain(text);
    await button(page, 'Accept the terms').click();
    await heading(page, 'My profile').waitFor();
    await page.getByText(userName).first().waitFor();
  });

  it('takes a passkey for the second factor, and shows the terms that were published meanwhile', async () => {
    const { page } = await begin({ mfa_reset_required: 1, terms_acceptance_required: 1 });
    await virtualAuthenticator(page);
    await button(page, 'Passkey').click();
    await page.getByLabel('Name of the passkey').fill('Security key');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Add passkey').click();
    await storeRecoveryCodes(page);
    await heading(page, 'Accept the terms of service').waitFor();
    await page.getByRole('region', { name: 'Terms of service' }).waitFor();
    await publishTerms(console.app, console.app.operator, { text: 'Newer terms.', mustBeAccepted: false });
    await button(page, 'Accept the terms').click();
    await page.getByRole('alert').filter({ hasText: 'The terms have changed' }).waitFor();
    await page.getByText('Newer terms.').waitFor();
    await button(page, 'Accept the terms').click();
    await heading(page, 'My profile').waitFor();
  });

  it('whoever does not accept the terms signs out, and nothing else is reached before', async () => {
    const { page, open } = await begin({ terms_acceptance_required: 1 });
    await heading(page, 'Accept the terms of service').waitFor();
    await open('/organizations');
    await heading(page, 'Accept the terms of service').waitFor();
    await button(page, 'Sign out').click();
    await heading(page, 'Sign in').waitFor();
  });

  it('fits a phone, and begins again when it took too long', async () => {
    const { page } = await begin({ password_reset_required: 1, mfa_reset_required: 1 });
    await heading(page, 'Choose a new password').waitFor();
    await page.setViewportSize({ width: 360, height: 780 });
    await fitsItsWidth(page);
    await picture(page, 'required-password-phone');
    console.app.clock.advance(16 * 60);
    await page.getByLabel(/^Present password/).fill('whatever');
    for (const label of [/^New password \*?$/, /^New password again/])
      await page.getByLabel(label).fill(GOOD_PASSWORD);
    await button(page, 'Change password').click();
    await page.getByRole('alert').filter({ hasText: 'That took too long' }).waitFor();
    await heading(page, 'Sign in').waitFor();
  });

  it('asks everybody for a second factor where everybody needs one', async () => {
    const setting = (value: boolean) =>
      setSetting(console.app, console.app.operator, { name: 'twoFactorAuthenticationRequired', value });
    await setting(true);
    try {
      const { page } = await begin({});
      await heading(page, 'Set up a second factor').waitFor();
      await button(page, 'Sign in as somebody else').click();
      await heading(page, 'Sign in').waitFor();
    } finally {
      await setting(false);
    }
  });
});
