import { type Command, Option } from 'commander';
import { COMMUNITY_ROLES, type CommunityRole } from '../../contract/roles.ts';
import { addMember, createOwner } from '../features/owners/owners.service.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines } from './output.ts';

/** `community` and `source`, which are created alike. */
export function registerOwnerKinds(program: Command): void {
  for (const kind of ['community', 'source'] as const) {
    const group = program
      .command(kind)
      .description(
        kind === 'community' ? 'communities, in which organizations share' : 'sources, which feed members',
      );
    withExample(
      group
        .command('create')
        .argument('<name>', 'its name')
        .description(`create a ${kind} with its collection`)
        .action(async (name: string, _options: object, command: Command) => {
          await answer(command, async (app, caller) => {
            const created = await createOwner(app, caller, { kind, name });
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
      `taxiway ${kind} create ${kind === 'community' ? '"Power Exchange"' : '"Daily Feed"'}`,
    );
  }
}

export function registerMember(program: Command): void {
  const group = program.command('member').description('member organizations of communities and sources');
  withExample(
    group
      .command('add')
      .argument('<owner>', 'name of the community or source')
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
}
