import { type Command, Option } from 'commander';
import type { MemberAccountView, OwnerView, SharedKind } from '../../contract/owners.ts';
import { COMMUNITY_ROLES, type CommunityRole } from '../../contract/roles.ts';
import type { App, Caller } from '../context.ts';
import {
  clearCommunityRole,
  listMemberAccounts,
  listMembers,
  removeMember,
  setCommunityRole,
} from '../features/owners/members.service.ts';
import { addMember, createOwner } from '../features/owners/owners.service.ts';
import { deleteOwner, editOwner, getOwnerView, listOwners } from '../features/owners/shared.service.ts';
import { answer } from './context.ts';
import { withExample, yesOrNo } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

const EXAMPLES: Readonly<Record<SharedKind, string>> = {
  community: '"Power Exchange"',
  source: '"Daily Feed"',
};

type OwnerOptions = { description?: string; anonymous?: boolean };

/** `community` and `source`, which are administered alike. */
export function registerOwnerKinds(program: Command): void {
  for (const kind of ['community', 'source'] as const) {
    const example = EXAMPLES[kind];
    const plural = kind === 'community' ? 'communities' : 'sources';
    const group = program
      .command(kind)
      .description(
        kind === 'community' ? 'communities, in which organizations share' : 'sources, which feed members',
      );
    registerCreate(group, kind);
    withExample(
      group
        .command('list')
        .description(`list the ${plural}`)
        .option('--search <text>', 'only those whose name contains this')
        .action(async ({ search }: { search?: string }, command: Command) => {
          await answer(command, async (app, caller) => {
            const owners = await everyPage((page) =>
              listOwners(app, caller, { kind, ...page, ...(search === undefined ? {} : { search }) }),
            );
            return { data: { [plural]: owners }, lines: ownerLines(owners, `There is no ${kind}.`) };
          });
        }),
      `taxiway ${kind} list --json`,
    );
    about(
      group,
      kind,
      'show',
      `show a ${kind}`,
      (app, caller, owner) => getOwnerView(app, caller, { kind, owner }),
      viewLines,
    );
    withExample(
      group
        .command('rename')
        .argument(`<${kind}>`, 'its name')
        .argument('<name>', 'the name that it gets')
        .description(`rename a ${kind}; its objects stay as they are`)
        .action(async (owner: string, name: string, _options: object, command: Command) => {
          await answer(command, async (app, caller) => {
            const data = await editOwner(app, caller, { kind, owner, name });
            return { data, lines: [`It is called "${data.name}" now.`] };
          });
        }),
      `taxiway ${kind} rename ${example} "Grid Exchange"`,
    );
    withExample(
      withOwnerOptions(group.command('edit').argument(`<${kind}>`, 'its name'))
        .option('--no-description', 'remove the description')
        .description(`change the description or the profile anonymity of a ${kind}`)
        .action(async (owner: string, options: EditOptions, command: Command) => {
          await answer(command, async (app, caller) => {
            const data = await editOwner(app, caller, { kind, owner, ...editOf(options) });
            return { data, lines: viewLines(data) };
          });
        }),
      `taxiway ${kind} edit ${example} --anonymous no`,
    );
    about(
      group,
      kind,
      'delete',
      `delete a ${kind} that has neither objects nor member organizations`,
      async (app, caller, owner) => {
        const { id, name } = await getOwnerView(app, caller, { kind, owner });
        await deleteOwner(app, caller, { kind, owner });
        return { id, name, deleted: true };
      },
      ({ name }) => [`Deleted the ${kind} "${name}".`],
    );
  }
}

type EditOptions = { description?: string | false; anonymous?: boolean };

function editOf({ description, anonymous }: EditOptions) {
  return {
    ...(typeof description === 'string'
      ? { description }
      : description === false
        ? { description: null }
        : {}),
    ...(anonymous === undefined ? {} : { anonymous }),
  };
}

function withOwnerOptions(command: Command): Command {
  return command
    .option('--description <text>', 'what it is for')
    .option('--anonymous <yes|no>', 'whether members are shown by pseudonym only', yesOrNo);
}

function registerCreate(group: Command, kind: SharedKind): void {
  withExample(
    withOwnerOptions(group.command('create').argument('<name>', 'its name'))
      .description(`create a ${kind} with its collection`)
      .action(async (name: string, { description, anonymous }: OwnerOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const created = await createOwner(app, caller, {
            kind,
            name,
            ...(description === undefined ? {} : { description }),
            ...(anonymous === undefined ? {} : { anonymous }),
          });
          return {
            data: { ...created, kind },
            lines: [
              `Created the ${kind} "${created.name}".`,
              ...fieldLines([['Collection', created.collectionId]]),
              ...created.warnings,
            ],
          };
        });
      }),
    `taxiway ${kind} create ${EXAMPLES[kind]}`,
  );
}

/** A command about one community or source. */
function about<Data>(
  group: Command,
  kind: SharedKind,
  verb: string,
  description: string,
  work: (app: App, caller: Caller, owner: string) => Promise<Data>,
  lines: (data: Data) => string[],
): void {
  withExample(
    group
      .command(verb)
      .argument(`<${kind}>`, 'its name')
      .description(description)
      .action(async (owner: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const data = await work(app, caller, owner);
          return { data, lines: lines(data) };
        });
      }),
    `taxiway ${kind} ${verb} ${EXAMPLES[kind]}`,
  );
}

const OWNER = ['<owner>', 'name of the community or source'] as const;

export function registerMember(program: Command): void {
  const group = program
    .command('member')
    .description('member organizations of communities and sources, and the roles of their accounts');
  registerMembers(group);
  registerRoles(group);
}

function registerMembers(group: Command): void {
  withExample(
    group
      .command('add')
      .argument(...OWNER)
      .description('make an organization a member, or change its default role')
      .requiredOption('--organization <name>', 'name of the organization')
      .addOption(
        new Option('--default-role <role>', 'what its accounts may do there')
          .choices(COMMUNITY_ROLES)
          .makeOptionMandatory(),
      )
      .action(
        async (
          owner: string,
          options: { organization: string; defaultRole: CommunityRole },
          command: Command,
        ) => {
          await answer(command, async (app, caller) => {
            const { organization, defaultRole } = options;
            await addMember(app, caller, { owner, organization, defaultRole });
            return {
              data: { owner, organization, defaultRole },
              lines: [
                `"${organization}" is a member of "${owner}"; its default role there is ${defaultRole}.`,
              ],
            };
          });
        },
      ),
    'taxiway member add "Power Exchange" --organization "Acme Power" --default-role Contributor',
  );
  withExample(
    group
      .command('list')
      .argument(...OWNER)
      .description('list the member organizations with their default roles')
      .action(async (owner: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const members = await everyPage((page) => listMembers(app, caller, { owner, ...page }));
          return {
            data: { members },
            lines:
              members.length === 0
                ? ['It has no member organizations.']
                : tableLines(
                    ['Organization', 'Default role'],
                    members.map((member) => [member.organization.name, member.defaultRole]),
                  ),
          };
        });
      }),
    'taxiway member list "Power Exchange"',
  );
  withExample(
    group
      .command('remove')
      .argument(...OWNER)
      .description('end the membership of an organization, with the individual roles of its accounts')
      .requiredOption('--organization <name>', 'name of the organization')
      .action(async (owner: string, { organization }: { organization: string }, command: Command) => {
        await answer(command, async (app, caller) => {
          await removeMember(app, caller, { owner, organization });
          return {
            data: { owner, organization, removed: true },
            lines: [`"${organization}" is no longer a member of "${owner}".`],
          };
        });
      }),
    'taxiway member remove "Power Exchange" --organization "Acme Power"',
  );
}

function registerRoles(group: Command): void {
  withExample(
    group
      .command('accounts')
      .argument(...OWNER)
      .description('list the accounts of the member organizations with their roles')
      .option('--organization <name>', 'only those of this organization')
      .option('--search <text>', 'only those whose shown name contains this')
      .action(
        async (owner: string, options: { organization?: string; search?: string }, command: Command) => {
          await answer(command, async (app, caller) => {
            const accounts = await everyPage((page) =>
              listMemberAccounts(app, caller, { owner, ...page, ...options }),
            );
            return { data: { accounts }, lines: accountLines(accounts) };
          });
        },
      ),
    'taxiway member accounts "Power Exchange" --organization "Acme Power"',
  );
  const account = [
    '<account>',
    'its pseudonym where profile anonymity is on, id:NUMBER where it is off; its user name, if you may see that',
  ] as const;
  withExample(
    group
      .command('role')
      .argument(...OWNER)
      .argument(...account)
      .argument('<role>', `one of ${COMMUNITY_ROLES.join(', ')}`)
      .description('give an account an individual role, which wins over the default role')
      .action(async (owner: string, name: string, role: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const input = { owner, account: accountOf(name), role: role as CommunityRole };
          const data = await setCommunityRole(app, caller, input);
          return { data, lines: accountLines([data]) };
        });
      }),
    'taxiway member role "Power Exchange" amber-otter-3f2k1 Editor',
    'taxiway member role "Power Exchange" id:17 Banned',
  );
  withExample(
    group
      .command('clear-role')
      .argument(...OWNER)
      .argument(...account)
      .description('end the individual role of an account; the default role of its organization counts again')
      .action(async (owner: string, name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const data = await clearCommunityRole(app, caller, { owner, account: accountOf(name) });
          return { data, lines: accountLines([data]) };
        });
      }),
    'taxiway member clear-role "Power Exchange" amber-otter-3f2k1',
  );
}

/** No user name has a colon. */
function accountOf(text: string): string | number {
  const [, id] = /^id:(\d{1,15})$/.exec(text) ?? [];
  return id === undefined ? text : Number(id);
}

function accountLines(accounts: readonly MemberAccountView[]): string[] {
  if (accounts.length === 0) return ['There are no such accounts.'];
  return tableLines(
    ['Id', 'Name', 'Kind', 'Organization', 'Role', ''],
    accounts.map((each) => [
      each.id === null ? '' : String(each.id),
      each.pseudonym ?? `${each.firstName ?? ''} ${each.lastName ?? ''}`.trim(),
      each.kind,
      each.organization.name,
      each.role,
      each.individual ? 'individual' : '',
    ]),
  );
}

function ownerLines(owners: readonly OwnerView[], none: string): string[] {
  return owners.length === 0
    ? [none]
    : tableLines(
        ['Name', 'Profile anonymity', 'Description'],
        owners.map((each) => [each.name, each.anonymous ? 'on' : 'off', each.description ?? '']),
      );
}

function viewLines(view: OwnerView): string[] {
  return [
    view.name,
    ...fieldLines([
      ['Id', String(view.id)],
      ['Description', view.description ?? undefined],
      ['Profile anonymity', view.anonymous ? 'on' : 'off'],
      ['Your role', view.role ?? undefined],
    ]),
  ];
}
