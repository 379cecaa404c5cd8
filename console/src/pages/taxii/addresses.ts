/** Where clients find things, as this window reaches the server. */

/** The URL of the API root of a TAXII service. */
export const apiRootUrl = (path: string): string => `${location.origin}/${path.replace(/^\/+|\/+$/g, '')}/`;

/** The URL of a collection below an API root. */
export const collectionUrl = (path: string, collection: string): string =>
  `${apiRootUrl(path)}collections/${collection}/`;

export const discoveryUrl = (): string => `${location.origin}/taxii2/`;
