import type { Command } from 'commander';
import type { AccountRights, Place, Right } from '../../contract/rights.ts';
import { explainAccount } from '../features/rights/rights.service.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';

type Options = { permission?: string; all?: boolean };

/** `account rights`: what an account may do, where, and through which role. */
export function registerRights(group: Command): void {
  withExample(
    group
      .command('rights')
      .argument('<account>', 'user name of the account; of an API user its Access ID')
      .description('explain what an account may do, where, and through which role, or what takes it away')
      .option('--permission <name>', 'only this permission, also where it is not held')
      .option('--all', 'also what nothing gives to the account')
      .action(async (account: string, { permission, all = false }: Options, command: Command) => {
        await answer(command, async (app, caller) => {
          const rights = await explainAccount(
            app,
            caller,
            account,
            permission === undefined ? {} : { permission },
          );
          return { data: rights, lines: rightsLines(rights, all || permission !== undefined) };
        });
      }),
    'taxiway account rights jane@example.org',
    'taxiway account rights jane@example.org --permission intelligence.create',
  );
}

function rightsLines(rights: AccountRights, showsAll: boolean): string[] {
  const { account, machine } = rights;
  const rows = rights.places.flatMap((place) =>
    place.rights
      .filter((right) => showsAll || right.granted !== false || right.withheld !== null)
      .map((right) => [placeOf(place), right.permission, heldOf(right), why(right), right.text]),
  );
  return [
    `${account.userName} of "${account.organization.name}"`,
    ...fieldLines([
      ['System role', rights.systemRole ?? undefined],
      ['Organization role', rights.organizationRole],
      ['May do nothing now', rights.withheld ?? undefined],
      ['User groups', listed(rights.groups)],
      ['TAXII service', machine?.service ? `${machine.service.name}, /${machine.service.path}/` : undefined],
      ['Only owners', machine?.onlyOwners ? (listed(machine.onlyOwners) ?? 'none') : undefined],
    ]),
    ...(machine?.credentials ?? []).flatMap(({ kind, hint, bounds }) =>
      bounds.map((bound) => `  ${kind}${hint === null ? '' : ` …${hint}`}: ${bound}`),
    ),
    ...(rows.length === 0
      ? ['There is nothing that the account may do.']
      : tableLines(['Where', 'Permission', 'Held', 'Why', 'To do what'], rows)),
    ...(rights.more ? ['', 'It belongs to more communities and sources than are explained here.'] : []),
  ];
}

function placeOf({ title, communityRole }: Place): string {
  return communityRole === null ? title : `${title} (${communityRole})`;
}

function heldOf({ granted }: Right): string {
  if (granted === null) return '?';
  return granted ? 'yes' : 'no';
}

function why({ granted, through, withheld, only }: Right): string {
  if (granted === null) return 'depends on the System role, which you may not see';
  if (withheld !== null) return withheld;
  if (through.length === 0) return 'nothing gives it';
  return [through.map(({ from }) => from).join(', and '), ...only].join('. ').replace(/\.$/, '');
}

function listed(items: readonly { id: number; name: string | null }[]): string | undefined {
  return items.map(({ id, name }) => name ?? `owner ${id}`).join(', ') || undefined;
}
