import type { Command } from 'commander';
import { createTaxiiService, listTaxiiServices } from '../features/taxii-services/taxii-services.service.ts';
import { answer } from './context.ts';
import { instant, wholeNumber, withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';

type CreateOptions = {
  path: string;
  title?: string;
  description?: string;
  organization?: string[];
  pageSize?: number;
  maxPageSize?: number;
  maxPageBytes?: number;
  maxContentLength?: number;
  strict?: boolean;
};
type Service = Awaited<ReturnType<typeof listTaxiiServices>>[number];

export function registerTaxiiService(program: Command): void {
  const group = program
    .command('taxii-service')
    .description('TAXII services: API roots with their own limits');
  withExample(
    group
      .command('create')
      .argument('<name>', 'its name')
      .description('create a TAXII service')
      .requiredOption('--path <path>', 'path of its API root, of one or more segments')
      .option('--title <title>', 'title that clients show; by default its name')
      .option('--description <text>', 'description that clients show')
      .option('--organization <name...>', 'organizations that may use it; by default all')
      .option('--page-size <n>', 'objects of a page when the client asks for no number', wholeNumber)
      .option('--max-page-size <n>', 'most objects of a page', wholeNumber)
      .option('--max-page-bytes <n>', 'most octets of a page', wholeNumber)
      .option('--max-content-length <n>', 'most octets of a request', wholeNumber)
      .option('--strict', 'slash and Accept exactly as the standard has it')
      .action(async (name: string, options: CreateOptions, command: Command) => {
        await answer(command, async (app, caller) => {
          const service = await createTaxiiService(app, caller, {
            name,
            path: options.path,
            title: options.title,
            description: options.description,
            organizations: options.organization,
            defaultPageSize: options.pageSize,
            maxPageSize: options.maxPageSize,
            maxPageBytes: options.maxPageBytes,
            maxContentLength: options.maxContentLength,
            strict: options.strict,
          });
          return {
            data: { ...shown(service), warnings: service.warnings },
            lines: [
              `Created the TAXII service "${service.name}".`,
              ...fieldLines([
                ['API root', `/${service.path}/`],
                ['Organizations', options.organization?.join(', ') ?? 'all'],
              ]),
              ...service.warnings,
            ],
          };
        });
      }),
    'taxiway taxii-service create "Partner feed" --path api/services/partner --organization "Acme Power"',
  );
  withExample(
    group
      .command('list')
      .description('list the TAXII services')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const services = await listTaxiiServices(app, caller);
          return {
            data: { services: services.map(shown) },
            lines: tableLines(
              ['Service', 'API root', 'Organizations', 'Page', 'Page at most', 'Strict'],
              services.map((each) => [
                each.name,
                `/${each.path}/`,
                each.all_organizations === 1 ? 'all' : 'some',
                String(each.default_page_size),
                String(each.max_page_size),
                each.strict === 1 ? 'yes' : 'no',
              ]),
            ),
          };
        });
      }),
    'taxiway taxii-service list',
  );
}

function shown(service: Service) {
  return {
    id: service.id,
    name: service.name,
    path: service.path,
    title: service.title,
    description: service.description,
    allOrganizations: service.all_organizations === 1,
    defaultPageSize: service.default_page_size,
    maxPageSize: service.max_page_size,
    maxPageBytes: service.max_page_bytes,
    maxContentLength: service.max_content_length,
    strict: service.strict === 1,
    createdAt: instant(service.created_at),
  };
}
