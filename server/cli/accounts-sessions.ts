import type { Command } from 'commander';
import { getAccount } from '../features/accounts/listing.service.ts';
import { endSessions, listSessions } from '../features/sessions/sessions.service.ts';
import { answerAbout } from './accounts-answer.ts';
import { type KindOfAccount, short } from './accounts-kinds.ts';
import { withExample } from './options.ts';
import { tableLines } from './output.ts';

/** `sessions` and `sign-out`, for people. */
export function registerSessions(group: Command, kind: KindOfAccount): void {
  withExample(
    group
      .command('sessions')
      .argument(`<${kind.reference}>`)
      .description('list the sessions in which it is signed in, the latest first')
      .action(async (account: string, _options: object, command: Command) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          // By its id: another account may get the name in between.
          const { id } = await getAccount(app, caller, { account, kind: kind.kind });
          const { items } = await listSessions(app, caller, id);
          return {
            data: { sessions: items },
            lines:
              items.length === 0
                ? [`The ${kind.title} "${account}" is not signed in.`]
                : tableLines(
                    ['Id', 'Signed in', 'Last seen', 'From', 'With'],
                    items.map((session) => [
                      session.id,
                      short(session.createdAt) ?? '',
                      short(session.lastSeenAt) ?? '',
                      session.address ?? '',
                      session.userAgent ?? '',
                    ]),
                  ),
          };
        });
      }),
    `taxiway ${kind.command} sessions ${kind.example}`,
  );
  withExample(
    group
      .command('sign-out')
      .argument(`<${kind.reference}>`)
      .description('end all its sessions, or one of them')
      .option('--session <id>', 'only this one, by its id, which "sessions" tells')
      .action(async (account: string, { session }: { session?: string }, command: Command) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const { id } = await getAccount(app, caller, { account, kind: kind.kind });
          const { ended } = await endSessions(app, caller, id, session ?? 'all');
          return {
            data: { userName: account, done: 'sign-out', ended },
            lines: [
              `The ${kind.title} "${account}" is signed out: ${ended} ${ended === 1 ? 'session' : 'sessions'} ended.`,
            ],
          };
        });
      }),
    `taxiway ${kind.command} sign-out ${kind.example}`,
  );
}
