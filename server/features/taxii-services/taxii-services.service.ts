import { nameKey } from '../../../contract/names.ts';
import { type CreateTaxiiServiceInput, createTaxiiServiceInput } from '../../../contract/taxii.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { checkServicePath } from '../../protocols/taxii/paths.ts';
import { titleWarnings } from '../../protocols/taxii/titles.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { insertService, listServices, listUsableServices, type ServiceRow } from './taxii-services.store.ts';

/**
 * Creates a TAXII service: one API root with its own path, page limits and organizations.
 * @throws AppError `forbidden`, `invalid_input`, `name_taken`
 */
export async function createTaxiiService(
  app: App,
  caller: Caller,
  rawInput: CreateTaxiiServiceInput,
): Promise<ServiceRow & { warnings: string[] }> {
  const input = parseInput(createTaxiiServiceInput, rawInput);
  const path = input.path.replace(/^\/+|\/+$/g, '');
  const check = checkServicePath(path);
  if (!check.ok) throw invalid('path', check.problem);
  if (input.defaultPageSize > input.maxPageSize) throw invalid('defaultPageSize', 'exceeds maxPageSize');
  return await act(app, caller, 'taxiiService.create', async ({ tx, access, now, audit }) => {
    access.require('taxiiService.create', {});
    const organizations: OrganizationRow[] = [];
    for (const name of input.organizations ?? []) {
      organizations.push(requireVisibleOrganization(access, await findOrganization(tx, name), name));
    }
    const row = {
      name: input.name,
      path,
      title: input.title ?? input.name,
      description: input.description ?? null,
      all_organizations: input.organizations === undefined ? 1 : 0,
      default_page_size: input.defaultPageSize,
      max_page_size: input.maxPageSize,
      max_page_bytes: input.maxPageBytes,
      max_content_length: input.maxContentLength,
      strict: input.strict ? 1 : 0,
      responsible_account_id: access.actor.kind === 'account' ? access.actor.accountId : null,
      created_at: now,
    };
    // The instance's lock makes the look-up of a free name and path safe against a concurrent creation.
    await lockInstance(tx);
    // A service is named by its name or its path, so one word must not be the name of one and the path of another.
    const words = [path.toLowerCase(), nameKey(input.name)];
    const taken = (await listServices(tx)).find(
      (service) => words.includes(service.path.toLowerCase()) || words.includes(service.name_key),
    );
    if (taken !== undefined) {
      throw new AppError('name_taken', {
        message: `The TAXII service "${taken.name}" at /${taken.path}/ has that name or path already.`,
      });
    }
    const organizationIds = new Set(organizations.map((organization) => organization.owner_id));
    const service = await insertService(tx, row, [...organizationIds]);
    await audit({
      organizationId: null,
      targetKind: 'taxii_service',
      targetId: service.id,
      targetName: input.name,
      details: { path, organizations: organizations.map((organization) => organization.name) },
    });
    return { ...service, warnings: titleWarnings(service.title) };
  });
}

/** The TAXII services in the order of their creation: all of them, or those that the caller's organization may use. */
export async function listTaxiiServices(app: App, { access }: Caller): Promise<ServiceRow[]> {
  return await reading(async () => {
    const { actor } = access;
    if (actor.kind !== 'account' || access.can('taxiiService.view', {})) {
      access.require('taxiiService.view', {});
      return await listServices(app.db.read);
    }
    access.require('taxiiService.view', { organizationId: actor.organizationId });
    return await listUsableServices(app.db.read, actor.organizationId);
  });
}
