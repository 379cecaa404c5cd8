import type { Command } from 'commander';
import type { OrganizationView, SeatGauge } from '../../contract/organizations.ts';
import type { App, Caller } from '../context.ts';
import {
  deleteOrganization,
  editOrganization,
  getOrganization,
  getSeats,
  listOrganizations,
  setOrganizationPermissions,
} from '../features/owners/organizations.service.ts';
import { createOrganization, setLimits } from '../features/owners/owners.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample, yesOrNo } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

type LimitOptions = { taxiiUsers?: number; users?: number; apiUsers?: number };
type PermissionOptions = { allowPseudonymChange?: boolean; readOnlyUsersAllowed?: boolean };

export function registerOrganization(program: Command): void {
  const group = program.command('organization').description('organizations, their limits and permissions');
  registerCreate(group);
  withExample(
    group
      .command('list')
      .description('list the organizations, and how much of each limit is used')
      .option('--search <text>', 'only those whose name contains this')
      .action(async ({ search }: { search?: string }, command: Command) => {
        await answer(command, async (app, caller) => {
          const organizations = await everyPage((page) =>
            listOrganizations(app, caller, { ...page, ...(search === undefined ? {} : { search }) }),
          );
          return { data: { organizations }, lines: summaryLines(organizations) };
        });
      }),
    'taxiway organization list --json',
    'taxiway organization list --search power',
  );
  one(group, 'show', 'show an organization', getOrganization, (view) => viewLines(view), [
    'taxiway organization show "Acme Power"',
  ]);
  registerEdits(group);
  registerSettings(group);
  one(
    group,
    'delete',
    'delete an organization that has no accounts, no objects and no memberships',
    async (app, caller, reference) => {
      const view = await getOrganization(app, caller, reference);
      await deleteOrganization(app, caller, reference);
      return { id: view.id, name: view.name, deleted: true };
    },
    (deleted) => [`Deleted the organization "${deleted.name}".`],
    ['taxiway organization delete "Acme Power"'],
  );
  one(
    group,
    'seats',
    'show how many more accounts of each kind fit, and who may raise the limits',
    getSeats,
    ({ users, apiUsers, taxiiUsers, readOnlyUsers }) => [
      ...tableLines(
        ['Kind', 'Used', 'Limit', 'More', 'Raised by', 'Creating'],
        (
          [
            ['TAXII users', taxiiUsers],
            ['Users', users],
            ['API users', apiUsers],
          ] satisfies [string, SeatGauge][]
        ).map(([kind, gauge]) => [
          kind,
          String(gauge.used),
          String(gauge.max),
          String(gauge.remaining),
          gauge.raisedBy.join(', '),
          gauge.whyNot ?? 'possible',
        ]),
      ),
      `Read-only users: ${readOnlyUsers.used}, uncounted. ${readOnlyUsers.whyNot ?? 'More can be created.'}`,
    ],
    ['taxiway organization seats "Acme Power"'],
  );
}

function registerCreate(group: Command): void {
  const create = group
    .command('create')
    .argument('<name>', 'its name')
    .description('create an organization with its collection')
    .option('--description <text>', 'what it is for');
  withExample(
    withLimits(create).action(
      async (
        name: string,
        { description, ...limits }: LimitOptions & { description?: string },
        command: Command,
      ) => {
        await answer(command, async (app, caller) => {
          const created = await createOrganization(app, caller, {
            name,
            limits: limitsOf(limits),
            ...(description === undefined ? {} : { description }),
          });
          return {
            data: created,
            lines: [
              `Created the organization "${created.name}".`,
              ...fieldLines([
                ['Collection', created.collectionId],
                ['TAXII users', String(created.limits.taxiiUsers)],
                ['Users', String(created.limits.users)],
                ['API users', String(created.limits.apiUsers)],
              ]),
              ...created.warnings,
            ],
          };
        });
      },
    ),
    'taxiway organization create "Acme Power" --taxii-users 20',
  );
}

function registerEdits(group: Command): void {
  withExample(
    group
      .command('rename')
      .argument('<organization>', 'its name')
      .argument('<name>', 'the name that it gets')
      .description('rename an organization; its objects stay as they are')
      .action(async (organization: string, name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const data = await editOrganization(app, caller, { organization: organization, name });
          return { data, lines: [`It is called "${data.name}" now.`] };
        });
      }),
    'taxiway organization rename "Acme Power" "Acme Energy"',
  );
  withExample(
    group
      .command('describe')
      .argument('<organization>', 'its name')
      .argument('[text]', 'what it is for; without it, the description is removed')
      .description('set the description of an organization')
      .action(async (organization: string, text: string | undefined, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const input = { organization: organization, description: text ?? null };
          const data = await editOrganization(app, caller, input);
          return { data, lines: viewLines(data) };
        });
      }),
    'taxiway organization describe "Acme Power" "Grid operator in the north"',
  );
}

function registerSettings(group: Command): void {
  const limits = group
    .command('limits')
    .argument('<organization>', 'its name')
    .description('set limits of an organization; without an option, show them');
  withExample(
    withLimits(limits).action(async (name: string, options: LimitOptions, command: Command) => {
      const wanted = limitsOf(options);
      await answer(command, async (app, caller) => {
        const organization = name;
        const data =
          Object.keys(wanted).length > 0
            ? await setLimits(app, caller, { organization, limits: wanted })
            : await getOrganization(app, caller, organization);
        return { data, lines: summaryLines([data]) };
      });
    }),
    'taxiway organization limits "Acme Power" --taxii-users 50',
  );
  withExample(
    group
      .command('permissions')
      .argument('<organization>', 'its name')
      .description('set what the people of an organization may do; without an option, show it')
      .option('--allow-pseudonym-change <yes|no>', 'whether they may change their own pseudonym', yesOrNo)
      .option('--read-only-users-allowed <yes|no>', 'whether read-only users may be created', yesOrNo)
      .action(async (name: string, options: PermissionOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const organization = name;
          const { allowPseudonymChange, readOnlyUsersAllowed } = options;
          const data =
            allowPseudonymChange === undefined && readOnlyUsersAllowed === undefined
              ? await getOrganization(app, caller, organization)
              : await setOrganizationPermissions(app, caller, {
                  organization,
                  ...(allowPseudonymChange === undefined ? {} : { allowPseudonymChange }),
                  ...(readOnlyUsersAllowed === undefined ? {} : { readOnlyUsersAllowed }),
                });
          return { data, lines: viewLines(data) };
        });
      }),
    'taxiway organization permissions "Acme Power" --read-only-users-allowed no',
  );
  for (const [verb, disabled, effect] of [
    ['disable', true, 'put it and all its accounts out of use'],
    ['enable', false, 'put a disabled organization into use again'],
  ] as const)
    one(
      group,
      verb,
      effect,
      (app, caller, organization) => setOrganizationPermissions(app, caller, { organization, disabled }),
      (view) => [`The organization "${view.name}" is ${disabled ? 'disabled' : 'enabled'}.`],
      [`taxiway organization ${verb} "Acme Power"`],
    );
}

/** A command about one organization. */
function one<Data>(
  group: Command,
  verb: string,
  description: string,
  work: (app: App, caller: Caller, reference: string | number) => Promise<Data>,
  lines: (data: Data) => string[],
  examples: string[],
): void {
  withExample(
    group
      .command(verb)
      .argument('<organization>', 'its name')
      .description(description)
      .action(async (organization: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const data = await work(app, caller, organization);
          return { data, lines: lines(data) };
        });
      }),
    ...examples,
  );
}

function withLimits(command: Command): Command {
  return command
    .option('--taxii-users <n>', 'how many TAXII users it may have', wholeNumber)
    .option('--users <n>', 'how many users it may have', wholeNumber)
    .option('--api-users <n>', 'how many API users it may have', wholeNumber);
}

function limitsOf({ taxiiUsers, users, apiUsers }: LimitOptions): LimitOptions {
  return {
    ...(taxiiUsers === undefined ? {} : { taxiiUsers }),
    ...(users === undefined ? {} : { users }),
    ...(apiUsers === undefined ? {} : { apiUsers }),
  };
}

function share(view: OrganizationView, limit: 'users' | 'apiUsers' | 'taxiiUsers'): string | undefined {
  if (view.used === null || view.limits === null) return undefined;
  const over = view.overUse?.[limit] ?? 0;
  return `${view.used[limit]} of ${view.limits[limit]}${over === 0 ? '' : ` (${over} too many)`}`;
}

function summaryLines(organizations: readonly OrganizationView[]): string[] {
  return organizations.length === 0
    ? ['There is no organization yet.']
    : tableLines(
        ['Organization', 'TAXII users', 'Users', 'API users'],
        organizations.map((each) => [
          each.disabled ? `${each.name} (disabled)` : each.name,
          share(each, 'taxiiUsers') ?? '',
          share(each, 'users') ?? '',
          share(each, 'apiUsers') ?? '',
        ]),
      );
}

function viewLines(view: OrganizationView): string[] {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  return [
    `${view.name}${view.disabled ? ' (disabled)' : ''}`,
    ...fieldLines([
      ['Id', String(view.id)],
      ['Description', view.description ?? undefined],
      ['TAXII users', share(view, 'taxiiUsers')],
      ['Users', share(view, 'users')],
      ['API users', share(view, 'apiUsers')],
      ['Pseudonym change allowed', yes(view.allowPseudonymChange)],
      ['Read-only users allowed', yes(view.readOnlyUsersAllowed)],
      ['Disabled since', view.disabledAt ?? undefined],
    ]),
  ];
}
