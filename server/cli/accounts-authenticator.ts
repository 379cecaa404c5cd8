import type { Command } from 'commander';
import { resetAuthenticator } from '../features/authenticators/reset.service.ts';
import { mailTrouble } from './account-links.ts';
import { answerAbout } from './accounts-answer.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { withExample } from './options.ts';

/** `reset-authenticator`, for people: also when mail does not work. */
export function registerAuthenticator(group: Command, kind: KindOfAccount): void {
  withExample(
    group
      .command('reset-authenticator')
      .argument(`<${kind.reference}>`)
      .description('remove its second factors and recovery codes, and end its sessions')
      .requiredOption('--reason <text>', 'why: how it was made sure that it is the person who asks')
      .option('--off', 'leave it without one; by default another is set up at the next sign-in')
      .action(async (account: string, { reason, off }: { reason: string; off?: true }, command: Command) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const next = off === true ? 'off' : 'set_up_again';
          const which = { account, kind: kind.kind };
          const reset = await resetAuthenticator(app, caller, which, { reason, next });
          return {
            data: { ...reset, done: 'reset-authenticator', next },
            lines: [
              `The second factor of the ${kind.title} "${reset.userName}" is removed: ${reset.sessionsEnded} ${reset.sessionsEnded === 1 ? 'session' : 'sessions'} ended.`,
              next === 'off'
                ? 'The person signs in without one.'
                : 'The person sets up another at the next sign-in.',
              reset.mailed ? 'The person is told by mail.' : 'No mail server is set up: tell the person.',
              ...(reset.mailed ? await mailTrouble(app) : []),
            ],
          };
        });
      }),
    `taxiway ${kind.command} reset-authenticator ${kind.example} --reason "showed the badge at the desk"`,
  );
}
