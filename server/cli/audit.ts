import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  AUDIT_FORMATS,
  AUDIT_OUTCOMES,
  type AuditEventShown,
  type AuditVerification,
  type ListAuditInput,
} from '../../contract/audit.ts';
import { pathReference } from '../../contract/references.ts';
import { AppError } from '../errors.ts';
import { exportAudit, listActivity, listAudit } from '../features/audit/audit.service.ts';
import { writeCheckpoint } from '../features/audit/checkpoints.service.ts';
import { verifyAudit } from '../features/audit/verification.service.ts';
import { formatTimestamp } from '../protocols/timestamp.ts';
import { answer, callerOf, globalsOf, withApp } from './context.ts';
import { collect, duration, wholeNumber, withExample } from './options.ts';
import { fieldLines, printAnswer, tableLines } from './output.ts';
import { writePieces } from './output-file.ts';

type FilterOptions = Pick<
  ListAuditInput,
  'organization' | 'action' | 'outcome' | 'targetKind' | 'targetId' | 'since' | 'until'
> & { actor?: string; actorId?: number; about?: string };
type PageOptions = { limit?: number; after?: string };

export function registerAudit(program: Command): void {
  const group = program
    .command('audit')
    .description('the audit trail: who did what, and the proof that it was not changed');
  withExample(
    withPage(withFilters(group.command('list').description('list events, the newest first'))).action(
      async (options: FilterOptions & PageOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const page = await listAudit(app, caller, { ...filterOf(options), ...pageOf(options) });
          return {
            data: { events: page.items, next: page.next },
            lines: [...eventLines(page.items), ...nextLine(page.next)],
          };
        });
      },
    ),
    'taxiway audit list --organization "Acme Power" --outcome refused --since 7d',
    'taxiway audit list --actor jane@example.org --action taxiiUser.create --json',
    'taxiway audit list --about siem-berlin',
  );
  withExample(
    withFilters(
      group
        .command('export')
        .argument('[file]', 'file to write; by default standard output')
        .description(
          'write events as CSV, or as JSON Lines with the proof of their hash chains, the oldest first',
        )
        .addOption(
          new Option('--format <format>', 'which of the two').choices(AUDIT_FORMATS).default('jsonl'),
        ),
    ).action(
      async (
        file: string | undefined,
        options: FilterOptions & { format: 'csv' | 'jsonl' },
        command: Command,
      ) => {
        const octets = await writeExport(command, file, options);
        if (file !== undefined)
          printAnswer(globalsOf(command).json ?? false, { file, octets }, [
            `Wrote ${file} (${octets} octets).`,
          ]);
      },
    ),
    'taxiway audit export trail.csv --format csv --organization "Acme Power"',
    'taxiway audit export --since 2026-01-01T00:00:00Z | gzip > trail.jsonl.gz',
  );
  withExample(
    group
      .command('verify')
      .description(
        'recompute the hash chains and compare them with the signed checkpoints; ends with 1 when something is wrong',
      )
      .option('--organization <name>', 'only the events of this organization')
      .option(
        '--public-key <key>',
        'also trust checkpoints that another instance signed (may be repeated)',
        collect,
      )
      .action(async (options: { organization?: string; publicKey?: string[] }, command: Command) => {
        const report = await withApp(command, async (app) =>
          verifyAudit(app, await callerOf(app, command), {
            ...(options.organization === undefined ? {} : { organization: options.organization }),
            ...(options.publicKey === undefined ? {} : { publicKeys: [...options.publicKey] }),
          }),
        );
        printAnswer(globalsOf(command).json ?? false, report, verificationLines(report));
        if (!report.isIntact)
          throw new AppError('unprocessable', { message: 'The audit trail is not whole.' });
      }),
    'taxiway audit verify',
    'taxiway audit verify --organization "Acme Power" --json',
  );
  withExample(
    group
      .command('checkpoint')
      .description('sign how far the audit trail goes now; a server that runs does so every hour')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const checkpoint = await writeCheckpoint(app, caller);
          return {
            data: { checkpoint: checkpoint ?? null },
            lines:
              checkpoint === undefined
                ? ['Nothing happened since the last checkpoint.']
                : [
                    `Wrote checkpoint ${checkpoint.sequence}. Keep it where the database's owner cannot change it:`,
                    ...fieldLines([
                      ['Statement', checkpoint.statement],
                      ['Signature', checkpoint.signature],
                      ['Public key', checkpoint.publicKey],
                    ]),
                  ],
          };
        });
      }),
    'taxiway audit checkpoint --json >> /mnt/worm/checkpoints.json',
  );
  withExample(
    withPage(
      group
        .command('activity')
        .argument('<organization>', 'its name')
        .description('list who added or changed what in an organization, as its members see it'),
    ).action(async (organization: string, options: PageOptions, command: Command) => {
      await answer(command, async (app, caller) => {
        const page = await listActivity(app, caller, { organization, ...pageOf(options) });
        const rows = page.items.map((item) => [
          shortInstant(item.at),
          item.who,
          item.action,
          cell(item.targetName ?? item.targetKind),
        ]);
        return {
          data: { activity: page.items, next: page.next },
          lines: [
            ...(rows.length === 0
              ? ['Nothing happened yet.']
              : tableLines(['When', 'Who', 'What', 'To'], rows)),
            ...nextLine(page.next),
          ],
        };
      });
    }),
    'taxiway audit activity "Acme Power" --as jane@example.org',
  );
}

function withFilters(command: Command): Command {
  return command
    .option('--organization <name>', 'only its events; without it, those of the whole instance')
    .option('--actor <name>', 'only what was done under this name')
    .option('--actor-id <n>', 'only what was done by the account with this id', wholeNumber)
    .option('--about <account>', 'only what was done to this account, or by it: its user name, or its id')
    .option('--action <name>', 'only this action, such as organization.create')
    .addOption(new Option('--outcome <outcome>', 'only what ended so').choices(AUDIT_OUTCOMES))
    .option('--target-kind <kind>', 'only what was done to things of this kind, such as taxii_user')
    .option('--target-id <id>', 'only what was done to the thing with this id; goes with --target-kind')
    .option('--since <instant>', 'not before: a timestamp, or a time ago such as 12h or 7d', instantOrAgo)
    .option('--until <instant>', 'before: a timestamp, or a time ago', instantOrAgo);
}

function withPage(command: Command): Command {
  return command
    .option('--limit <n>', 'at most so many (100)', wholeNumber)
    .option('--after <next>', 'go on where a page ended');
}

/** A timestamp as it is, or one so long ago. */
function instantOrAgo(text: string): string {
  if (!/^\d{1,9}[smhd]$/.test(text)) {
    if (/^\d{4}-/.test(text)) return text;
    throw new InvalidArgumentError(
      'It must be a timestamp such as 2026-01-31T00:00:00Z, or a time such as 7d.',
    );
  }
  return formatTimestamp((Date.now() - duration(text) * 1000) * 1000);
}

function filterOf(options: FilterOptions) {
  const { organization, actor, actorId, about, action, outcome, targetKind, targetId, since, until } =
    options;
  const given = {
    organization,
    actor: actorId ?? actor,
    about: about === undefined ? undefined : pathReference.parse(about),
    action,
    outcome,
    targetKind,
    targetId,
    since,
    until,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Omit<
    ListAuditInput,
    'limit' | 'after'
  >;
}

function pageOf({ limit, after }: PageOptions): PageOptions {
  return { ...(limit === undefined ? {} : { limit }), ...(after === undefined ? {} : { after }) };
}

async function writeExport(
  command: Command,
  file: string | undefined,
  options: FilterOptions & { format: 'csv' | 'jsonl' },
): Promise<number> {
  return await withApp(command, async (app) => {
    const caller = await callerOf(app, command);
    const pieces = await exportAudit(app, caller, { ...filterOf(options), format: options.format });
    return await writePieces(pieces, file);
  });
}

/** Names of targets and messages come from elsewhere: none of them may make a line of its own. */
function cell(text: string): string {
  return text.replace(/[\r\n\t\u2028\u2029]+/g, ' ');
}

function shortInstant(text: string): string {
  return text.replace(/\.\d+Z$/, 'Z');
}

function eventLines(events: readonly AuditEventShown[]): string[] {
  if (events.length === 0) return ['There is no such event.'];
  return tableLines(
    ['When', 'Organization', 'No', 'Who', 'What', 'Outcome', 'To', 'From'],
    events.map((event) => [
      shortInstant(event.at),
      event.organization ?? (event.organizationId === null ? '-' : `(${event.organizationId})`),
      String(event.sequence),
      cell(event.actorName),
      event.action,
      event.count === 1 ? event.outcome : `${event.outcome} ×${event.count}`,
      cell(event.targetName ?? event.targetId ?? event.targetKind),
      event.sourceAddress ?? '-',
    ]),
  );
}

function nextLine(next: string | null): string[] {
  return next === null ? [] : ['', `There are more: --after ${next}`];
}

function verificationLines(report: AuditVerification): string[] {
  const { chains, events, checkpoints, problems, hasMore } = report;
  const counted = `${events} events in ${chains} ${chains === 1 ? 'chain' : 'chains'}, ${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`;
  if (report.isIntact) return [`The audit trail is whole: ${counted}.`];
  return [
    `The audit trail was changed (${counted}). The first bad row of each chain:`,
    ...problems.flatMap((problem) => [
      `  ${problem.message}`,
      ...fieldLines([
        [
          '  Chain',
          problem.part === 'checkpoints' ? 'checkpoints' : (problem.organization ?? chainName(problem)),
        ],
        ['  Number', String(problem.sequence)],
        ['  Id', problem.eventId === null ? undefined : String(problem.eventId)],
        ['  When', problem.at ?? undefined],
      ]),
    ]),
    ...(hasMore ? ['  … and more.'] : []),
  ];
}

function chainName({ organizationId }: { organizationId: number | null }): string {
  return organizationId === null ? 'the instance' : `the organization with the id ${organizationId}`;
}
