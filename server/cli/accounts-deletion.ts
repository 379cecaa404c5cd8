import { type Command, InvalidArgumentError } from 'commander';
import { UNSEEN_PLACE } from '../../contract/account-parts.ts';
import { type DeletionPreview, RESPONSIBILITIES, type ResponsibilityKind } from '../../contract/accounts.ts';
import { AppError, invalid } from '../errors.ts';
import {
  type DeletedAccount,
  deleteAccount,
  moveResponsibilities,
  previewDeletion,
} from '../features/account-changes/deletion.service.ts';
import { answerAbout } from './accounts-answer.ts';
import { kebab, withVersion } from './accounts-fields.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { withExample } from './options.ts';
import { quoted } from './output.ts';

const TITLES: Readonly<Record<ResponsibilityKind, string>> = {
  taxiiServices: 'TAXII services',
  collections: 'collections',
};

type Heirs = { [K in ResponsibilityKind]?: string };
type DeleteOptions = { preview?: boolean; heir?: Heirs; ifVersion?: number };

/** `delete`, and `hand-over` of what an account is responsible for. */
export function registerDeletion(group: Command, kind: KindOfAccount): void {
  registerDelete(group, kind);
  if (kind.isResponsible) registerHandOver(group, kind);
}

function registerDelete(group: Command, kind: KindOfAccount): void {
  const remove = group
    .command('delete')
    .argument(`<${kind.reference}>`)
    .description(`delete it: its credentials and sessions end, its seat and its name are free`)
    .option('--preview', 'only say what the deletion would entail');
  if (kind.isResponsible)
    remove.option(
      '--heir <what=account>',
      `who takes over what it is responsible for, once for each of ${RESPONSIBILITIES.map(kebab).join(', ')}`,
      heir,
    );
  withExample(
    withVersion(remove).action(async (account: string, options: DeleteOptions, command: Command) => {
      if (options.preview === true) return await printDeletionPreview(kind, account, command);
      await answerAbout(kind, account, command, { terms: heirTerms('--heir ') }, async (app, caller) => {
        const deleted = await deleteAccount(app, caller, {
          account,
          kind: kind.kind,
          version: options.ifVersion,
          heirs: options.heir,
        }).catch((error: unknown) => {
          throw withHint(error, kind, account);
        });
        return {
          data: { ...deleted, done: 'delete' },
          lines: [`The ${kind.title} "${account}" is deleted.`, ...passedOnLines(deleted)],
        };
      });
    }),
    `taxiway ${kind.command} delete ${kind.example} --preview`,
    kind.isResponsible
      ? `taxiway ${kind.command} delete ${kind.example} --heir taxii-services=joe@example.org --heir collections=joe@example.org`
      : `taxiway ${kind.command} delete ${kind.example}`,
  );
}

/** `collections=joe@example.org`, for `option`. */
function heir(text: string, before: Heirs | undefined): Heirs {
  const [, what, account] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  const kind = RESPONSIBILITIES.find((each) => kebab(each) === what);
  if (kind === undefined || account === undefined) {
    const forms = RESPONSIBILITIES.map((each) => `${kebab(each)}=ACCOUNT`);
    throw new InvalidArgumentError(`It must be ${forms.join(' or ')}.`);
  }
  return { ...before, [kind]: account };
}

function heirTerms(before: string): Record<string, string> {
  return Object.fromEntries(RESPONSIBILITIES.map((each) => [each, before + kebab(each)]));
}

/** What is missing, as it is to be typed. */
function withHint(error: unknown, kind: KindOfAccount, account: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'heirs_required') return error;
  const words = `"taxiway ${kind.command} delete ${quoted(account)} --preview" shows who may, and --heir WHAT=ACCOUNT names them`;
  const message = `${error.message} ${words}.`;
  return new AppError(error.code, { ...error.details, message }, { cause: error });
}

function passedOnLines({ passedOn }: DeletedAccount): string[] {
  return passedOn.map(
    ({ kind, count, heir: to }) => `  - ${to} is responsible for its ${TITLES[kind]} now (${count}).`,
  );
}

function registerHandOver(group: Command, kind: KindOfAccount): void {
  const command = group
    .command('hand-over')
    .argument(`<${kind.reference}>`)
    .description('pass on what it is responsible for; it stays as it is');
  for (const each of RESPONSIBILITIES)
    command.option(`--${kebab(each)} <account>`, `who takes over its ${TITLES[each]}`);
  withExample(
    command.action(async (account: string, heirs: Heirs, self: Command) => {
      if (Object.keys(heirs).length === 0)
        throw invalid(
          '',
          `name who takes over what: ${RESPONSIBILITIES.map((each) => `--${kebab(each)} ACCOUNT`).join(', ')}`,
        );
      await answerAbout(kind, account, self, { terms: heirTerms('--') }, async (app, caller) => {
        const moved = await moveResponsibilities(app, caller, { account, kind: kind.kind, heirs });
        return {
          data: moved,
          lines:
            moved.passedOn.length === 0
              ? [`The ${kind.title} "${account}" is responsible for nothing of that.`]
              : [`The ${kind.title} "${account}" has passed on:`, ...passedOnLines(moved)],
        };
      });
    }),
    `taxiway ${kind.command} hand-over ${kind.example} --taxii-services joe@example.org --collections joe@example.org`,
  );
}

/** Says what the deletion would entail. */
export async function printDeletionPreview(
  kind: KindOfAccount,
  account: string,
  command: Command,
): Promise<void> {
  await answerAbout(kind, account, command, {}, async (app, caller) => {
    const preview = await previewDeletion(app, caller, { account, kind: kind.kind });
    return { data: preview, lines: previewLines(kind, preview) };
  });
}

function previewLines(kind: KindOfAccount, preview: DeletionPreview): string[] {
  const { ends, responsibilities, obstacles, userName } = preview;
  const named = (items: readonly { name: string }[]) => items.map(({ name }) => name).join(', ');
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const heirs = responsibilities.map(({ kind: what, candidates, preselected }) => {
    const first = candidates.find(({ id }) => id === preselected);
    return `--heir ${kebab(what)}=${first === undefined ? 'ACCOUNT' : quoted(first.userName)}`;
  });
  return [
    obstacles.length === 0
      ? `The ${kind.title} "${userName}" can be deleted.`
      : `The ${kind.title} "${userName}" cannot be deleted now:`,
    ...obstacles.map(({ message }) => `  - ${message}`),
    'With it:',
    `  - ${counted(ends.credentials, 'credential')} and ${counted(ends.sessions, 'session')} end at once.`,
    ...(preview.seatFreed ? ['  - Its seat is free.'] : []),
    ...(ends.groups.length === 0 ? [] : [`  - It leaves the user groups ${ends.groups.join(', ')}.`]),
    ...ends.communityRoles.map(
      ({ owner, role }) => `  - Its role in ${owner === null ? UNSEEN_PLACE : `"${owner}"`} ends: ${role}.`,
    ),
    ...responsibilities.flatMap(({ title, items, candidates }) => [
      `It is responsible for ${title}, which need an heir: ${named(items)}.`,
      candidates.length === 0
        ? '  - Nobody can take over yet.'
        : `  - Who may: ${candidates.map(({ userName: name }) => name).join(', ')}.`,
    ]),
    ...(obstacles.length === 0
      ? ['', `  taxiway ${[kind.command, 'delete', quoted(userName), ...heirs].join(' ')}`]
      : []),
  ];
}
