import type { Command } from 'commander';
import { Option } from 'commander';
import { MAIL_STATES, type MailItem, type MailState } from '../../contract/mail.ts';
import { AppError } from '../errors.ts';
import { listOutbox, retryOutboxMail, sendTestMail } from '../features/mail/outbox.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample } from './options.ts';
import { tableLines } from './output.ts';
import { everyPage } from './pages.ts';

export function registerMail(program: Command): void {
  const group = program.command('mail').description('mails that were sent, wait or were given up');
  withExample(
    group
      .command('list')
      .description('list the mails of the last 30 days, the newest first')
      .addOption(new Option('--state <state>', 'only these').choices(MAIL_STATES))
      .action(async ({ state }: { state?: MailState }, command: Command) => {
        await answer(command, async (app, caller) => {
          const mails = await everyPage((page) =>
            listOutbox(app, caller, { ...page, ...(state === undefined ? {} : { state }) }),
          );
          return {
            data: { mails },
            lines: mails.length === 0 ? ['There is no mail.'] : tableLines(HEADING, mails.map(row)),
          };
        });
      }),
    'taxiway mail list --state failed',
  );
  withExample(
    group
      .command('test')
      .argument('<address>', 'the e-mail address that it goes to')
      .description('send a test mail now, and tell what the mail server answers')
      .action(async (to: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const tested = await sendTestMail(app, caller, { to });
          if (!tested.sent) throw new AppError('unavailable', { message: tested.answer });
          return { data: tested, lines: [tested.answer] };
        });
      }),
    'taxiway mail test you@example.org',
  );
  withExample(
    group
      .command('retry')
      .argument('<id>', 'its id, as the list has it', wholeNumber)
      .description('send a mail at once that waits or was given up; a running server sends it')
      .action(async (id: number, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const mail = await retryOutboxMail(app, caller, id);
          return { data: mail, lines: [`The mail to ${mail.recipient} is tried again.`] };
        });
      }),
    'taxiway mail retry 17',
  );
}

const HEADING = ['Id', 'Created', 'State', 'Purpose', 'To', 'Attempts', 'Next attempt', 'Error'];

function row(mail: MailItem): string[] {
  return [
    String(mail.id),
    mail.createdAt.replace(/\.\d+Z$/, 'Z'),
    mail.state,
    mail.purpose,
    mail.recipient,
    String(mail.attempts),
    mail.nextAttemptAt?.replace(/\.\d+Z$/, 'Z') ?? '',
    mail.error ?? '',
  ];
}
