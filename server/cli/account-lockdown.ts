import type { Command } from 'commander';
import type { LockedDown } from '../../contract/lockdown.ts';
import { lockDownAccount } from '../features/account-changes/lockdown.service.ts';
import { withVersion } from './accounts-fields.ts';
import { CREDENTIALS, LINKS, NAMES } from './accounts-kinds.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';

/** `account lockdown`, for an account of any kind that somebody else may have. */
export function registerLockdown(group: Command): void {
  const command = group
    .command('lockdown')
    .argument('<account>', 'user name: e-mail address, Access ID, or name of a TAXII user')
    .description(
      'put an account out of use at once, and end its sessions, all of its credentials and its one-time links for good',
    )
    .requiredOption('--reason <text>', 'why, for the audit trail');
  withExample(
    withVersion(command).action(
      async (
        account: string,
        { reason, ifVersion }: { reason: string; ifVersion?: number },
        command: Command,
      ) => {
        await answer(command, async (app, caller) => {
          const done = await lockDownAccount(app, caller, { account, reason, version: ifVersion });
          return { data: done, lines: lockdownLines(done) };
        });
      },
    ),
    'taxiway account lockdown jane@example.org --reason "laptop stolen"',
  );
}

function lockdownLines({ kind, userName, ended, letBackInBy }: LockedDown): string[] {
  const { command, title } = NAMES[kind];
  const back = {
    password_reset: `taxiway account password-reset ${userName}`,
    invitation: `taxiway account invite ${userName}`,
    credential: `taxiway ${command} rotate ${userName}`,
  };
  const ends = [
    ...(ended.sessions === 0 ? [] : [`${ended.sessions} ${ended.sessions === 1 ? 'session' : 'sessions'}`]),
    ...ended.credentials.map(
      (each) => `${CREDENTIALS[each.kind]}${each.hint === null ? '' : ` …${each.hint}`}`,
    ),
    ...ended.links.map((purpose) => `one-time link: ${LINKS[purpose]}`),
  ];
  return [
    `The ${title} "${userName}" is locked down: it is disabled.`,
    ...(ends.length === 0 ? ['It had nothing that could end.'] : ['This has ended:']),
    ...ends.map((line) => `  - ${line}`),
    'To let it back in:',
    `  taxiway ${command} enable ${userName}`,
    `  ${back[letBackInBy]}`,
  ];
}
