import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { TermsAcceptance } from '../../contract/terms.ts';
import { invalid } from '../errors.ts';
import { getTerms, listAcceptances, listTerms, publishTerms } from '../features/terms/terms.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

export function registerTerms(program: Command): void {
  const group = program
    .command('terms')
    .description('terms of service: their versions, and who accepted them');
  withExample(
    group
      .command('show')
      .description('show the terms of service that count now')
      .option('--version-number <n>', 'another version', wholeNumber)
      .action(async ({ versionNumber }: { versionNumber?: number }, command: Command) => {
        await answer(command, async (app, caller) => {
          const terms = await getTerms(app, caller, versionNumber);
          return {
            data: terms,
            lines: [
              ...fieldLines([
                ['Version', String(terms.version)],
                ['Published', `${seconds(terms.publishedAt)} by ${terms.publishedBy}`],
                ['Everybody must accept', terms.mustBeAccepted ? 'yes' : 'no'],
              ]),
              '',
              terms.text.trimEnd(),
            ],
          };
        });
      }),
    'taxiway terms show',
  );
  withExample(
    group
      .command('list')
      .description('list the versions of the terms of service, the latest first')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const versions = await everyPage((page) => listTerms(app, caller, page));
          return {
            data: { versions },
            lines:
              versions.length === 0
                ? ['No terms of service were published.']
                : tableLines(
                    ['Version', 'Published', 'By', 'Everybody must accept'],
                    versions.map((each) => [
                      String(each.version),
                      seconds(each.publishedAt),
                      each.publishedBy,
                      each.mustBeAccepted ? 'yes' : 'no',
                    ]),
                  ),
          };
        });
      }),
    'taxiway terms list',
  );
  withExample(
    group
      .command('publish')
      .description('publish the next version of the terms of service')
      .requiredOption('--file <path>', 'a file with the terms, as plain text')
      .option('--must-accept', 'everybody must accept them at the next request, also who accepted older ones')
      .action(async ({ file, mustAccept }: { file: string; mustAccept?: true }, command: Command) => {
        const text = await textOf(file);
        await answer(command, async (app, caller) => {
          const published = await publishTerms(app, caller, { text, mustBeAccepted: mustAccept === true });
          return {
            data: published,
            lines: [`Published version ${published.version} of the terms of service.`],
          };
        });
      }),
    'taxiway terms publish --file terms.md --must-accept',
  );
  withExample(
    group
      .command('acceptances')
      .description('list who accepted which version of the terms of service, the latest first')
      .option('--version-number <n>', 'only this version', wholeNumber)
      .option('--account <id>', 'only the account of this id', wholeNumber)
      .action(async ({ versionNumber, account }: AcceptancesOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const acceptances = await everyPage((page) =>
            listAcceptances(app, caller, {
              ...page,
              ...(versionNumber === undefined ? {} : { version: versionNumber }),
              ...(account === undefined ? {} : { account }),
            }),
          );
          return {
            data: { acceptances },
            lines:
              acceptances.length === 0
                ? ['Nobody has accepted any.']
                : tableLines(
                    ['Version', 'Accepted', 'Account', 'Organization', 'From'],
                    acceptances.map(row),
                  ),
          };
        });
      }),
    'taxiway terms acceptances --version-number 2',
  );
}

type AcceptancesOptions = { versionNumber?: number; account?: number };

function row({ version, acceptedAt, account, address }: TermsAcceptance): string[] {
  return [String(version), seconds(acceptedAt), account.userName, account.organization, address ?? ''];
}

function seconds(at: string): string {
  return at.replace(/\.\d+Z$/, 'Z');
}

/** @throws AppError `invalid_input` for a file that cannot be read or is no UTF-8 */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw invalid('--file', `${file} cannot be read (${String(Reflect.get(Object(error), 'code'))})`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('--file', `${file} is not UTF-8`);
  }
}
