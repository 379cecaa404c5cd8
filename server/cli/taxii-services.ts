import type { Command } from 'commander';
import type { EditTaxiiServiceInput, TaxiiServiceItem } from '../../contract/taxii-services.ts';
import {
  createTaxiiService,
  deleteTaxiiService,
  editTaxiiService,
  getTaxiiService,
  listTaxiiServices,
} from '../features/taxii-services/taxii-services.service.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample, yesOrNo } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { everyPage } from './pages.ts';

type Options = {
  path?: string;
  title?: string;
  description?: string | false;
  organization?: string[];
  pageSize?: number;
  maxPageSize?: number;
  maxPageBytes?: number;
  maxContentLength?: number;
  responsible?: string | false;
};
type CreateOptions = Options & { path: string; strict?: boolean };
type EditOptions = Options & { name?: string; allOrganizations?: boolean; strict?: boolean };

export function registerTaxiiService(program: Command): void {
  const group = program
    .command('taxii-service')
    .description('TAXII services: API roots with their own limits');
  withExample(
    withLimits(group.command('create').argument('<name>', 'its name'))
      .description('create a TAXII service')
      .requiredOption('--path <path>', 'path of its API root, of one or more segments')
      .option('--title <title>', 'title that clients show; by default its name')
      .option('--description <text>', 'description that clients show')
      .option('--organization <name...>', 'organizations that may use it; by default all')
      .option('--responsible <account>', 'the user who answers for it; by default whoever creates it')
      .option('--strict', 'slash and Accept exactly as the standard has it')
      .action(async (name: string, options: CreateOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const { warnings, ...service } = await createTaxiiService(app, caller, {
            name,
            path: options.path,
            title: options.title,
            description: options.description === false ? undefined : options.description,
            organizations: options.organization,
            ...limitsOf(options),
            strict: options.strict,
            responsible: options.responsible === false ? undefined : options.responsible,
          });
          return {
            data: { ...service, warnings },
            lines: [`Created the TAXII service "${service.name}".`, ...serviceLines(service), ...warnings],
          };
        });
      }),
    'taxiway taxii-service create "Partner feed" --path api/services/partner --organization "Acme Power"',
  );
  withExample(
    group
      .command('list')
      .description('list the TAXII services')
      .option('--organization <name>', 'only those that this organization may use')
      .action(async ({ organization }: { organization?: string }, command: Command) => {
        await answer(command, async (app, caller) => {
          const services = await everyPage((page) =>
            listTaxiiServices(app, caller, {
              ...page,
              ...(organization === undefined ? {} : { organization }),
            }),
          );
          return {
            data: { services },
            lines: tableLines(
              ['Service', 'API root', 'Organizations', 'Page', 'Page at most', 'Strict'],
              services.map((each) => [
                each.name,
                `/${each.path}/`,
                each.allOrganizations ? 'all' : 'some',
                String(each.defaultPageSize),
                String(each.maxPageSize),
                each.strict ? 'yes' : 'no',
              ]),
            ),
          };
        });
      }),
    'taxiway taxii-service list',
  );
  withExample(
    named(group.command('show'))
      .description('show a TAXII service')
      .action(async (name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const service = await getTaxiiService(app, caller, name);
          return { data: service, lines: [service.name, ...serviceLines(service)] };
        });
      }),
    'taxiway taxii-service show intel',
  );
  withExample(
    withLimits(named(group.command('edit')))
      .description('configure a TAXII service; what is not named stays')
      .option('--name <name>', 'another name')
      .option('--path <path>', 'another path of its API root; clients that use the old one break')
      .option('--title <title>', 'title that clients show')
      .option('--description <text>', 'description that clients show')
      .option('--no-description', 'remove the description')
      .option('--organization <name...>', 'the organizations that may use it, and no others')
      .option('--all-organizations', 'every organization may use it')
      .option('--responsible <account>', 'the user who answers for it')
      .option('--no-responsible', 'nobody answers for it')
      .option('--strict <yes|no>', 'slash and Accept exactly as the standard has it', yesOrNo)
      .action(async (service: string, options: EditOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const { warnings, ...changed } = await editTaxiiService(app, caller, {
            service,
            changes: changesOf(options),
          });
          return {
            data: { ...changed, warnings },
            lines: [changed.name, ...serviceLines(changed), ...warnings],
          };
        });
      }),
    'taxiway taxii-service edit intel --max-page-size 5000 --responsible ana@example.org',
  );
  withExample(
    named(group.command('delete'))
      .description('delete a TAXII service that no TAXII user is bound to')
      .action(async (name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          await deleteTaxiiService(app, caller, name);
          return { data: { deleted: true, service: name }, lines: [`Deleted the TAXII service "${name}".`] };
        });
      }),
    'taxiway taxii-service delete "Partner feed"',
  );
}

function named(command: Command): Command {
  return command.argument('<service>', 'its name or path');
}

function withLimits(command: Command): Command {
  return command
    .option('--page-size <n>', 'objects of a page when the client asks for no number', wholeNumber)
    .option('--max-page-size <n>', 'most objects of a page', wholeNumber)
    .option('--max-page-bytes <n>', 'most octets of a page', wholeNumber)
    .option('--max-content-length <n>', 'most octets of a request', wholeNumber);
}

function limitsOf({ pageSize, maxPageSize, maxPageBytes, maxContentLength }: Options) {
  return { defaultPageSize: pageSize, maxPageSize, maxPageBytes, maxContentLength };
}

function changesOf(options: EditOptions): EditTaxiiServiceInput['changes'] {
  const { name, path, title, description, organization, allOrganizations, responsible, strict } = options;
  return {
    name,
    path,
    title,
    description: description === false ? null : description,
    organizations: allOrganizations === true ? null : organization,
    responsible: responsible === false ? null : responsible,
    strict,
    ...limitsOf(options),
  };
}

function serviceLines(service: TaxiiServiceItem): string[] {
  const names = service.organizations.map(({ name }) => name).join(', ');
  return fieldLines([
    ['API root', `/${service.path}/`],
    ['Title', service.title],
    ['Description', service.description ?? undefined],
    ['Organizations', service.allOrganizations ? 'all' : names],
    ['Page', `${service.defaultPageSize} objects, at most ${service.maxPageSize}`],
    ['Page at most', `${service.maxPageBytes} octets`],
    ['Request at most', `${service.maxContentLength} octets`],
    ['Strict', service.strict ? 'yes' : 'no'],
    ['Responsible', service.responsible?.name],
  ]);
}
