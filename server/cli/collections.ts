import type { Command } from 'commander';
import type { CollectionItem } from '../../contract/collections.ts';
import {
  editCollection,
  getConfiguredCollection,
  listConfiguredCollections,
  setCollectionStrict,
  setCollectionWritable,
} from '../features/collections/collections.service.ts';
import { answer } from './context.ts';
import { withExample, yesOrNo } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

type EditOptions = {
  description?: string | false;
  writable?: boolean;
  strict?: boolean;
  responsible?: string | false;
};

export function registerCollection(program: Command): void {
  const group = program.command('collection').description('TAXII collections: one for each owner');
  withExample(
    group
      .command('list')
      .description('list the collections, and which accept writes')
      .option('--owner <name>', 'only that of this organization, community or source')
      .action(async ({ owner }: { owner?: string }, command: Command) => {
        await answer(command, async (app, caller) => {
          const collections = await everyPage((page) =>
            listConfiguredCollections(app, caller, { ...page, ...(owner === undefined ? {} : { owner }) }),
          );
          return {
            data: { collections: collections.map(shown) },
            lines:
              collections.length === 0
                ? ['There is no collection to show.']
                : tableLines(
                    ['Collection', 'Owner', 'Kind', 'Writes', 'Strict'],
                    collections.map((each) => [
                      each.id,
                      each.owner.name,
                      each.owner.kind,
                      each.writable ? 'allowed' : 'off',
                      each.strict ? 'yes' : 'no',
                    ]),
                  ),
          };
        });
      }),
    'taxiway collection list',
  );
  withExample(
    named(group.command('show'))
      .description('show how a collection is configured')
      .action(async (id: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => view(await getConfiguredCollection(app, caller, id)));
      }),
    'taxiway collection show 8c1f9a4e-2f3b-4d62-9a65-0d9f1f4c7b11',
  );
  withExample(
    named(group.command('edit'))
      .description('configure a collection; what is not named stays')
      .option('--description <text>', 'description that clients show')
      .option('--no-description', 'remove the description')
      .option('--writable <yes|no>', 'accept objects from those whose role may create data', yesOrNo)
      .option('--strict <yes|no>', 'refuse objects that break STIX', yesOrNo)
      .option('--responsible <account>', 'the user or API user who answers for it')
      .option('--no-responsible', 'nobody answers for it')
      .action(async (collection: string, options: EditOptions, command: Command) => {
        const { description, writable, strict, responsible } = options;
        await answer(command, async (app, caller) =>
          view(
            await editCollection(app, caller, {
              collection,
              changes: {
                description: description === false ? null : description,
                writable,
                strict,
                responsible: responsible === false ? null : responsible,
              },
            }),
          ),
        );
      }),
    'taxiway collection edit 8c1f9a4e-2f3b-4d62-9a65-0d9f1f4c7b11 --responsible ana@example.org',
  );
  withExample(
    group
      .command('allow-write')
      .argument('<id>', 'UUID of the collection')
      .description('accept objects over TAXII from those whose role may create data')
      .option('--off', 'accept none any more')
      .action(async (id: string, options: { off?: boolean }, command: Command) => {
        await answer(command, async (app, caller) => {
          const collection = await setCollectionWritable(app, caller, id, options.off !== true);
          const now = options.off === true ? 'accepts no writes' : 'accepts writes';
          return {
            data: shown(collection),
            lines: [`The collection of "${collection.owner.name}" ${now}.`],
          };
        });
      }),
    'taxiway collection allow-write 8c1f9a4e-2f3b-4d62-9a65-0d9f1f4c7b11',
  );
  withExample(
    group
      .command('strict')
      .argument('<id>', 'UUID of the collection')
      .description('refuse objects that break STIX in ways that are accepted with a warning otherwise')
      .option('--off', 'accept them with a warning')
      .action(async (id: string, options: { off?: boolean }, command: Command) => {
        await answer(command, async (app, caller) => {
          const collection = await setCollectionStrict(app, caller, id, options.off !== true);
          const now = options.off === true ? 'tolerantly' : 'strictly';
          return {
            data: shown(collection),
            lines: [`What is added to the collection of "${collection.owner.name}" is checked ${now}.`],
          };
        });
      }),
    'taxiway collection strict 8c1f9a4e-2f3b-4d62-9a65-0d9f1f4c7b11',
  );
}

function named(command: Command): Command {
  return command.argument('<id>', 'UUID of the collection');
}

/** The owner by its name, as commands name it. */
function shown({ owner, ...collection }: CollectionItem) {
  return { ...collection, owner: owner.name, ownerKind: owner.kind };
}

function view(collection: CollectionItem): { data: unknown; lines: string[] } {
  return {
    data: shown(collection),
    lines: [
      `The collection of "${collection.owner.name}"`,
      ...fieldLines([
        ['Id', collection.id],
        ['Description', collection.description ?? undefined],
        ['Writes', collection.writable ? 'allowed' : 'off'],
        ['Strict', collection.strict ? 'yes' : 'no'],
        ['Responsible', collection.responsible?.name],
      ]),
    ],
  };
}
