import type {
  CreateTaxiiServiceInput,
  TaxiiServiceChanges,
  TaxiiServiceItem,
} from '../../../../contract/taxii-services.ts';

/** What stands in the form of a TAXII service. */
export type Values = {
  name: string;
  path: string;
  title: string;
  description: string;
  /** Every organization may use it. */
  forAll: boolean;
  /** The ids of those that may, where not every one. */
  organizations: readonly string[];
  defaultPageSize: number | string;
  maxPageSize: number | string;
  maxPageBytes: number | string;
  maxContentLength: number | string;
  strict: boolean;
  /** Its id, or a user name; empty: nobody, and for a new one whoever creates it. */
  responsible: string;
};

export const FIELDS = [
  'name',
  'path',
  'title',
  'description',
  'organizations',
  'defaultPageSize',
  'maxPageSize',
  'maxPageBytes',
  'maxContentLength',
  'responsible',
] as const;

export const NEW: Values = {
  name: '',
  path: '',
  title: '',
  description: '',
  forAll: true,
  organizations: [],
  defaultPageSize: 1000,
  maxPageSize: 10_000,
  maxPageBytes: 20_000_000,
  maxContentLength: 10_485_760,
  strict: false,
  responsible: '',
};

export function valuesOf(service: TaxiiServiceItem): Values {
  const { name, path, title, strict, defaultPageSize, maxPageSize, maxPageBytes, maxContentLength } = service;
  return {
    name,
    path,
    title,
    description: service.description ?? '',
    forAll: service.allOrganizations,
    organizations: service.organizations.map(({ id }) => String(id)),
    defaultPageSize,
    maxPageSize,
    maxPageBytes,
    maxContentLength,
    strict,
    responsible: String(service.responsible?.id ?? ''),
  };
}

/** What stands in a field for an account: an id, or a user name. */
export const referenceOf = (text: string): string | number => (/^\d{1,15}$/.test(text) ? Number(text) : text);

const numbers = (values: Values) => ({
  defaultPageSize: Number(values.defaultPageSize),
  maxPageSize: Number(values.maxPageSize),
  maxPageBytes: Number(values.maxPageBytes),
  maxContentLength: Number(values.maxContentLength),
});

export function creationOf(values: Values): CreateTaxiiServiceInput {
  const [title, description, responsible] = [values.title, values.description, values.responsible].map(
    (text) => text.trim(),
  );
  return {
    name: values.name.trim(),
    path: values.path.trim(),
    ...numbers(values),
    strict: values.strict,
    ...(title === '' ? {} : { title }),
    ...(description === '' ? {} : { description }),
    ...(values.forAll ? {} : { organizations: values.organizations.map(Number) }),
    ...(responsible === undefined || responsible === '' ? {} : { responsible: referenceOf(responsible) }),
  };
}

/** What the form changes of the service as it was when it was opened; undefined: nothing. */
export function changesOf(values: Values, before: Values): TaxiiServiceChanges | undefined {
  const changes: TaxiiServiceChanges = {};
  for (const name of ['name', 'path', 'title'] as const)
    if (values[name] !== before[name]) changes[name] = values[name].trim();
  if (values.description !== before.description) changes.description = values.description.trim() || null;
  const sizes = numbers(values);
  for (const name of ['defaultPageSize', 'maxPageSize', 'maxPageBytes', 'maxContentLength'] as const)
    if (sizes[name] !== Number(before[name])) changes[name] = sizes[name];
  if (values.strict !== before.strict) changes.strict = values.strict;
  if (values.responsible !== before.responsible)
    changes.responsible = values.responsible === '' ? null : referenceOf(values.responsible);
  if (isOtherScope(values, before))
    changes.organizations = values.forAll ? null : values.organizations.map(Number);
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function isOtherScope(a: Values, b: Values): boolean {
  if (a.forAll !== b.forAll) return true;
  return !a.forAll && a.organizations.toSorted().join() !== b.organizations.toSorted().join();
}

/** Whether clients that are configured with the service find it no more. */
export const isOtherPath = (values: Values, before: Values): boolean =>
  values.path.replace(/^\/+|\/+$/g, '').trim() !== before.path;
