import type { Command } from 'commander';
import type { App } from '../context.ts';
import { shownLink } from '../features/links/new-link.ts';
import { inviteAccount, revokeLinks, sendPasswordReset } from '../features/links/requesting.service.ts';
import { areMailsFailing } from '../features/mail/outbox.service.ts';
import { short } from './accounts-kinds.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines } from './output.ts';

const MAKERS = [
  {
    name: 'invite',
    make: inviteAccount,
    title: 'invitation',
    description: 'invite a person who has no password yet: make a link that sets the first one',
  },
  {
    name: 'password-reset',
    make: sendPasswordReset,
    title: 'password reset',
    description: 'make a link for a person that sets a new password; the present one stays good until then',
  },
] as const;

/** `account invite`, `account password-reset` and `account revoke-links`: also when mail and second factors are broken. */
export function registerLinks(group: Command): void {
  for (const { name, make, title, description } of MAKERS) {
    withExample(
      group
        .command(name)
        .argument('<username>', 'the e-mail address that the person signs in with')
        .description(`${description}; mailed where mail is configured, else printed this once`)
        .option('--print', 'print the link, also where it could be mailed')
        .action(async (account: string, { print = false }: { print?: boolean }, command: Command) => {
          await answer(command, async (app, caller) => {
            const made = shownLink(await make(app, caller, { account }, { isPrinted: print }));
            const lines = linkLines(`The ${title} for ${made.to}`, made);
            return { data: made, lines: [...lines, ...(made.sent ? await mailTrouble(app) : [])] };
          });
        }),
      `taxiway account ${name} jane@example.org`,
    );
  }
  withExample(
    group
      .command('revoke-links')
      .argument('<username>', 'the e-mail address that the person signs in with')
      .description('end the invitation, the password reset and the change of e-mail of an account')
      .action(async (account: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const { ended } = await revokeLinks(app, caller, { account });
          const links = ended === 1 ? '1 link' : `${ended} links`;
          return { data: { userName: account, ended }, lines: [`${links} of "${account}" ended.`] };
        });
      }),
    'taxiway account revoke-links jane@example.org',
  );
}

/** What is to be known of a mail that is on its way while others do not arrive. */
export async function mailTrouble(app: App): Promise<string[]> {
  return (await areMailsFailing(app))
    ? ['Mails are failing at the moment: see taxiway mail list. What is urgent is better told another way.']
    : [];
}

/** What is said of a link that was made. */
export function linkLines(what: string, { link, sent, expiresAt }: ReturnType<typeof shownLink>): string[] {
  return [
    sent
      ? `${what} is on its way by mail.`
      : `${what} is to be passed on: whoever has it can take the account.`,
    ...fieldLines([
      ['Link', link === null ? undefined : `${link}  (shown this once)`],
      ['Good until', short(expiresAt)],
    ]),
  ];
}
