import type { Command } from 'commander';
import type { GroupDetails } from '../../contract/groups.ts';
import type { App, Caller } from '../context.ts';
import { invalid } from '../errors.ts';
import {
  changeUserGroupMembers,
  createUserGroup,
  deleteUserGroup,
  editUserGroup,
  getUserGroup,
  listUserGroups,
} from '../features/groups/groups.service.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

type In = { organization: string };
type View = { data: unknown; lines: string[] };

const EXAMPLE = '"Night shift" --organization "Acme Power"';

export function registerGroup(program: Command): void {
  const group = program.command('group').description('user groups of an organization');
  withExample(
    inOrganization(group.command('list'))
      .description('list the user groups of an organization')
      .action(async ({ organization }: In, command: Command) => {
        await answer(command, async (app, caller) => {
          const groups = await everyPage((page) => listUserGroups(app, caller, { organization, ...page }));
          return {
            data: { groups },
            lines:
              groups.length === 0
                ? ['There is no user group.']
                : tableLines(
                    ['Group', 'Members', 'Description'],
                    groups.map((each) => [each.name, String(each.memberCount), each.description ?? '']),
                  ),
          };
        });
      }),
    'taxiway group list --organization "Acme Power"',
  );
  about(group, 'show', 'show a user group with its members', async (app, caller, reference) =>
    view(await getUserGroup(app, caller, reference)),
  );
  withExample(
    inOrganization(group.command('create').argument('<name>', 'its name'))
      .description('create a user group')
      .option('--description <text>', 'what it is for')
      .option('--member <account...>', 'users and read-only users who are in it')
      .action(
        async (name: string, options: In & { description?: string; member?: string[] }, command: Command) => {
          const { organization, description, member } = options;
          await answer(command, async (app, caller) =>
            view(
              await createUserGroup(app, caller, {
                organization,
                name,
                ...(description === undefined ? {} : { description }),
                ...(member === undefined ? {} : { members: member }),
              }),
            ),
          );
        },
      ),
    `taxiway group create ${EXAMPLE} --member ana@example.org`,
  );
  withExample(
    inOrganization(
      group.command('rename').argument('<name>', 'its name').argument('<new>', 'the name that it gets'),
    )
      .description('rename a user group')
      .action(async (name: string, to: string, { organization }: In, command: Command) => {
        await answer(command, async (app, caller) =>
          view(await editUserGroup(app, caller, { group: { organization, name }, name: to })),
        );
      }),
    'taxiway group rename "Night shift" "Late shift" --organization "Acme Power"',
  );
  withExample(
    inOrganization(group.command('describe').argument('<name>', 'its name'))
      .argument('[text]', 'what it is for; without it, the description is removed')
      .description('change the description of a user group')
      .action(async (name: string, text: string | undefined, { organization }: In, command: Command) => {
        await answer(command, async (app, caller) =>
          view(
            await editUserGroup(app, caller, { group: { organization, name }, description: text ?? null }),
          ),
        );
      }),
    'taxiway group describe "Night shift" "From ten to six" --organization "Acme Power"',
  );
  about(
    group,
    'delete',
    'delete a user group; its members keep their accounts',
    async (app, caller, reference) => {
      await deleteUserGroup(app, caller, reference);
      return {
        data: { deleted: true, name: reference.name },
        lines: [`Deleted the user group "${reference.name}".`],
      };
    },
  );
  for (const [name, what] of [
    ['add', 'put accounts into a user group'],
    ['remove', 'take accounts out of a user group'],
  ] as const) {
    withExample(
      inOrganization(group.command(name).argument('<name>', 'its name'))
        .argument('<account...>', 'user names')
        .description(what)
        .action(async (groupName: string, accounts: string[], { organization }: In, command: Command) => {
          await answer(command, async (app, caller) =>
            view(
              await changeUserGroupMembers(app, caller, {
                group: { organization, name: groupName },
                [name]: accounts,
              }),
            ),
          );
        }),
      `taxiway group ${name} "Night shift" ana@example.org --organization "Acme Power"`,
    );
  }
}

function inOrganization(command: Command): Command {
  return command.requiredOption('--organization <name>', 'the organization that it belongs to');
}

function about(
  group: Command,
  command: string,
  description: string,
  work: (app: App, caller: Caller, reference: { organization: string; name: string }) => Promise<View>,
): void {
  withExample(
    inOrganization(group.command(command).argument('<name>', 'its name'))
      .description(description)
      .action(async (name: string, { organization }: In, ran: Command) => {
        if (name === '') throw invalid('name', 'must not be empty');
        await answer(ran, (app, caller) => work(app, caller, { organization, name }));
      }),
    `taxiway group ${command} ${EXAMPLE}`,
  );
}

function view(group: GroupDetails): View {
  return {
    data: group,
    lines: [
      `The user group "${group.name}" of "${group.organization.name}" has ${group.memberCount === 1 ? '1 member' : `${group.memberCount} members`}.`,
      ...(group.description === null ? [] : fieldLines([['Description', group.description]])),
      ...group.members.map(
        (member) =>
          `  ${member.userName ?? member.pseudonym}${member.firstName === null ? '' : ` (${[member.firstName, member.lastName].filter(Boolean).join(' ')})`}`,
      ),
    ],
  };
}
