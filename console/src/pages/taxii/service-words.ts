import type { TaxiiServiceItem } from '../../../../contract/taxii-services.ts';
import { formatBytes } from '../../kit/bytes.ts';
import type { Difference } from './meanwhile.tsx';
import { type Values, valuesOf } from './service-values.ts';

const count = (value: unknown) => Number(value).toLocaleString('en');
const orNone = (text: string) => (text === '' ? 'none' : text);

/** What of the form is not as it is stored now. */
export function differencesOf(stored: TaxiiServiceItem, mine: Values): Difference[] {
  const theirs = valuesOf(stored);
  const names = new Map(stored.organizations.map(({ id, name }) => [String(id), name]));
  const scope = ({ forAll, organizations }: Values) =>
    forAll
      ? 'every organization'
      : orNone(organizations.map((id) => names.get(id) ?? `no. ${id}`).join(', '));
  const account = (value: string) =>
    value === String(stored.responsible?.id) ? (stored.responsible?.name ?? value) : orNone(value);
  const shown: readonly (readonly [label: string, text: (values: Values) => string])[] = [
    ['Name', ({ name }) => name],
    ['Path', ({ path }) => path],
    ['Title', ({ title }) => title],
    ['Description', ({ description }) => orNone(description)],
    ['Who may use it', scope],
    ['Objects on a page', ({ defaultPageSize }) => count(defaultPageSize)],
    ['Objects on a page at most', ({ maxPageSize }) => count(maxPageSize)],
    ['Size of a page at most', ({ maxPageBytes }) => formatBytes(Number(maxPageBytes))],
    ['Size of a request at most', ({ maxContentLength }) => formatBytes(Number(maxContentLength))],
    ['Strict', ({ strict }) => (strict ? 'on' : 'off')],
    ['Responsible account', ({ responsible }) => account(responsible)],
  ];
  return shown
    .map(([label, text]) => ({ label, stored: text(theirs), mine: text(mine) }))
    .filter((each) => each.stored !== each.mine);
}

/** Which organizations may use it, in a few words. */
export function scopeText({ allOrganizations, organizations }: TaxiiServiceItem): string {
  if (allOrganizations) return 'Every organization';
  if (organizations.length === 0) return 'None that you may see';
  const [first, second, ...others] = organizations.map(({ name }) => name);
  const shown = [first, second].filter((name) => name !== undefined).join(', ');
  return others.length === 0 ? shown : `${shown} and ${others.length.toLocaleString('en')} more`;
}
