import type { Command } from 'commander';
import { nameKey } from '../../contract/names.ts';
import { AppError } from '../errors.ts';
import {
  createOrganization,
  listOrganizationSummaries,
  type OrganizationSummary,
  setLimits,
} from '../features/owners/owners.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';

type LimitOptions = { taxiiUsers?: number; users?: number; apiUsers?: number };

export function registerOrganization(program: Command): void {
  const group = program.command('organization').description('organizations and their limits');
  const create = group
    .command('create')
    .argument('<name>', 'its name')
    .description('create an organization with its collection');
  withExample(
    withLimits(create).action(async (name: string, limits: LimitOptions, command: Command) => {
      await answer(command, async (app, caller) => {
        const created = await createOrganization(app, caller, { name, limits: limitsOf(limits) });
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
    }),
    'taxiway organization create "Acme Power" --taxii-users 20',
  );
  withExample(
    group
      .command('list')
      .description('list the organizations, and how much of each limit is used')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const organizations = await listOrganizationSummaries(app, caller);
          return { data: { organizations }, lines: summaryLines(organizations) };
        });
      }),
    'taxiway organization list --json',
  );
  const limits = group
    .command('limits')
    .argument('<name>', 'name of the organization')
    .description('set limits of an organization; without an option, show them');
  withExample(
    withLimits(limits).action(async (name: string, options: LimitOptions, command: Command) => {
      const wanted = limitsOf(options);
      await answer(command, async (app, caller) => {
        if (Object.keys(wanted).length > 0)
          await setLimits(app, caller, { organization: name, limits: wanted });
        const organization = (await listOrganizationSummaries(app, caller)).find(
          (each) => nameKey(each.name) === nameKey(name),
        );
        if (organization === undefined)
          throw new AppError('not_found', { message: `There is no organization named "${name}".` });
        return { data: organization, lines: summaryLines([organization]) };
      });
    }),
    'taxiway organization limits "Acme Power" --taxii-users 50',
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

function summaryLines(organizations: readonly OrganizationSummary[]): string[] {
  const share = (organization: OrganizationSummary, limit: 'users' | 'apiUsers' | 'taxiiUsers') =>
    `${organization.used[limit]} of ${organization.limits[limit]}`;
  return organizations.length === 0
    ? ['There is no organization yet.']
    : tableLines(
        ['Organization', 'TAXII users', 'Users', 'API users'],
        organizations.map((each) => [
          each.name,
          share(each, 'taxiiUsers'),
          share(each, 'users'),
          share(each, 'apiUsers'),
        ]),
      );
}
