import type { Command } from 'commander';
import type { EditLicenceInput, Licence } from '../../contract/licence.ts';
import { invalid } from '../errors.ts';
import { editLicence, getLicence } from '../features/instance/licence.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample, yesOrNo } from './options.ts';
import { tableLines } from './output.ts';

type SetOptions = {
  users?: number;
  apiUsers?: number;
  taxiiUsers?: number;
  allowApiUsers?: boolean;
  allowReadOnlyUsers?: boolean;
};

export function registerLicence(program: Command): void {
  const group = program
    .command('licence')
    .description("the licence: the instance's totals per kind of account, and what it allows");
  withExample(
    group
      .command('show')
      .description('show the licence, how much of it is used and how much remains')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => view(await getLicence(app, caller)));
      }),
    'taxiway licence show --json',
  );
  withExample(
    group
      .command('set')
      .description('change the licence; below present use it blocks growth only')
      .option('--users <n>', 'how many users there may be', wholeNumber)
      .option('--api-users <n>', 'how many API users there may be', wholeNumber)
      .option('--taxii-users <n>', 'how many TAXII users there may be', wholeNumber)
      .option('--allow-api-users <yes|no>', 'whether API users may be created', yesOrNo)
      .option('--allow-read-only-users <yes|no>', 'whether read-only users may be created', yesOrNo)
      .action(async (options: SetOptions, command: Command) => {
        const input = inputOf(options);
        await answer(command, async (app, caller) => view(await editLicence(app, caller, input)));
      }),
    'taxiway licence set --taxii-users 500 --allow-api-users no',
  );
}

function inputOf({
  users,
  apiUsers,
  taxiiUsers,
  allowApiUsers,
  allowReadOnlyUsers,
}: SetOptions): EditLicenceInput {
  const limits = {
    ...(users === undefined ? {} : { users }),
    ...(apiUsers === undefined ? {} : { apiUsers }),
    ...(taxiiUsers === undefined ? {} : { taxiiUsers }),
  };
  const input = {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(allowApiUsers === undefined ? {} : { apiUsersAllowed: allowApiUsers }),
    ...(allowReadOnlyUsers === undefined ? {} : { readOnlyUsersAllowed: allowReadOnlyUsers }),
  };
  if (Object.keys(input).length === 0) throw invalid('', 'name at least one thing to set');
  return input;
}

function view(licence: Licence): { data: Licence; lines: string[] } {
  const row = (name: string, kind: 'users' | 'apiUsers' | 'taxiiUsers') => [
    name,
    String(licence.limits[kind]),
    String(licence.used[kind]),
    licence.overUse[kind] > 0 ? `none, ${licence.overUse[kind]} too many` : String(licence.remaining[kind]),
  ];
  return {
    data: licence,
    lines: [
      ...tableLines(
        ['Accounts', 'Allowed', 'Used', 'Remaining'],
        [
          row('Users', 'users'),
          row('API users', 'apiUsers'),
          row('TAXII users', 'taxiiUsers'),
          [
            'Read-only users',
            licence.readOnlyUsersAllowed ? 'any number' : 'no more',
            String(licence.readOnlyUsers),
            '',
          ],
        ],
      ),
      ...(licence.apiUsersAllowed ? [] : ['API users may not be created.']),
      ...(licence.readOnlyUsersAllowed ? [] : ['Read-only users may not be created.']),
    ],
  };
}
