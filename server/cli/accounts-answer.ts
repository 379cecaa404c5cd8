import type { Command } from 'commander';
import type { App, Caller } from '../context.ts';
import { AppError } from '../errors.ts';
import { getAccount } from '../features/accounts/listing.service.ts';
import { kebab } from './accounts-fields.ts';
import { type Answer, type KindOfAccount, NAMES } from './accounts-kinds.ts';
import { answer } from './context.ts';

/** How the parts of an input are called by somebody who types a command. */
export type Terms = {
  /** Names of what is no option of its own name. */
  terms?: Readonly<Record<string, string>>;
  /** What has to be given: of what was not, it is said that it is missing. */
  needed?: Readonly<Record<string, unknown>>;
};

/** Answers a command about accounts; what it refuses is said in terms of the command: `--first-name: must not be empty`. */
export async function answerInTerms(
  command: Command,
  { terms = {}, needed = {} }: Terms,
  work: (app: App, caller: Caller) => Promise<Answer>,
): Promise<void> {
  try {
    await answer(command, work);
  } catch (error) {
    if (!(error instanceof AppError) || error.details.problems === undefined) throw error;
    const problems = error.details.problems.map(({ path, message }) => {
      const [name = ''] = path.split('.').filter((part) => part !== 'changes' && part !== 'heirs');
      const isMissing = name in needed && needed[name] === undefined;
      return {
        path: terms[name] ?? (name === '' ? '' : `--${kebab(name)}`),
        message: isMissing ? 'is missing' : message,
      };
    });
    const message = problems
      .map((each) => (each.path === '' ? each.message : `${each.path}: ${each.message}`))
      .join('; ');
    throw new AppError(error.code, { ...error.details, message, problems }, { cause: error });
  }
}

/** The same for a command about one account. Of an account of another kind it says which command is for it. */
export async function answerAbout(
  kind: KindOfAccount,
  account: string,
  command: Command,
  terms: Terms,
  work: (app: App, caller: Caller) => Promise<Answer>,
): Promise<void> {
  await answerInTerms(command, terms, async (app, caller) => {
    try {
      return await work(app, caller);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found')
        throw (await ofAnotherKind(kind, account, command, { app, caller })) ?? error;
      throw error;
    }
  });
}

async function ofAnotherKind(
  kind: KindOfAccount,
  account: string,
  command: Command,
  { app, caller }: { app: App; caller: Caller },
): Promise<AppError | undefined> {
  // Only of what the caller may see.
  const found = await getAccount(app, caller, { account }).catch(() => undefined);
  if (found === undefined || found.kind === kind.kind) return undefined;
  const { title, command: group } = NAMES[found.kind];
  return new AppError('not_found', {
    message: `There is no ${kind.title} "${account}": it names a ${title}, and "taxiway ${group} ${command.name()}" is for those.`,
  });
}
