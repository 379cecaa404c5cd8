/** Where clients find things, as this window reaches the server. */

/** The URL of the API root of a TAXII service. */
export const apiRootUrl = (path: string): string => `${location.origin}/${path.replace(/^\/+|\/+$/g, '')}/`;

/** The URL of a collection below an API root. */
export const collectionUrl = (path: string, collection: string): string =>
  `${apiRootUrl(path)}collections/${collection}/`;

export const discoveryUrl = (): string => `${location.origin}/taxii2/`;

const UNITS = ['octets', 'kB', 'MB', 'GB'];

/** So many octets, in a unit that people read. */
export function octetsText(octets: number): string {
  let unit = 0;
  let value = octets;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${UNITS[unit]}`;
}
