import type { Command } from 'commander';
import {
  listConfiguredCollections,
  setCollectionStrict,
  setCollectionWritable,
} from '../features/collections/collections.service.ts';
import { answer } from './context.ts';
import { instant, withExample } from './options.ts';
import { tableLines } from './output.ts';

type Collection = Awaited<ReturnType<typeof listConfiguredCollections>>[number];

export function registerCollection(program: Command): void {
  const group = program.command('collection').description('TAXII collections: one for each owner');
  withExample(
    group
      .command('list')
      .description('list the collections, and which accept writes')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const collections = await listConfiguredCollections(app, caller);
          return {
            data: { collections: collections.map(shown) },
            lines:
              collections.length === 0
                ? ['There is no collection to show.']
                : tableLines(
                    ['Collection', 'Owner', 'Kind', 'Writes', 'Strict'],
                    collections.map((each) => [
                      each.id,
                      each.owner_name,
                      each.owner_kind,
                      each.writable === 1 ? 'allowed' : 'off',
                      each.strict === 1 ? 'yes' : 'no',
                    ]),
                  ),
          };
        });
      }),
    'taxiway collection list',
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
            lines: [`The collection of "${collection.owner_name}" ${now}.`],
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
            lines: [`What is added to the collection of "${collection.owner_name}" is checked ${now}.`],
          };
        });
      }),
    'taxiway collection strict 8c1f9a4e-2f3b-4d62-9a65-0d9f1f4c7b11',
  );
}

function shown(collection: Collection) {
  return {
    id: collection.id,
    owner: collection.owner_name,
    ownerKind: collection.owner_kind,
    description: collection.description,
    writable: collection.writable === 1,
    strict: collection.strict === 1,
    createdAt: instant(collection.created_at),
  };
}
