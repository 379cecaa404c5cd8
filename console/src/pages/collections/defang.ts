/**
 * Text of threat intelligence as people may see it without harm: what programs would take for a link, or for the name of a
 * host, no longer works as one. Copying gives the original.
 */

const URL_IN_TEXT = /\b(https?|ftp|wss?):\/\/([^\s/?#'"<>\])]*)/gi;

/** What turns the direction of writing, so that a text is read otherwise than it is stored. */
const DIRECTION_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with what would turn its direction written out. */
export function withVisibleControls(text: string): string {
  return text.replace(
    DIRECTION_CONTROLS,
    (control) => `[U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** The same for JSON, as JSON writes it. */
export function withEscapedControls(json: string): string {
  return json.replace(
    DIRECTION_CONTROLS,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Every URL in the text with another scheme and brackets around the dots of its host. */
export function defangUrls(text: string): string {
  return withVisibleControls(text).replace(
    URL_IN_TEXT,
    (_, scheme: string, host: string) => `${harmlessScheme(scheme)}://${bracketed(host)}`,
  );
}

/** The name of a host, an address of the network, or an e-mail address. */
export function defangHost(text: string): string {
  return bracketed(withVisibleControls(text).replaceAll('@', '[@]'));
}

const HOSTS: ReadonlySet<string> = new Set(['domain-name', 'ipv4-addr', 'ipv6-addr', 'email-addr']);

/** What an object of that type is called. */
export function defangLabel(type: string, label: string): string {
  return HOSTS.has(type) ? defangHost(label) : defangUrls(label);
}

/** Whether the whole text is a URL that a browser would open. */
export function isWebUrl(text: string): boolean {
  return hostOf(text) !== undefined;
}

/** The host of a URL that a browser would open. */
export function hostOf(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.host !== '' ? url.host : undefined;
}

const harmlessScheme = (scheme: string) =>
  scheme.replace(/tt/gi, (letters) => (letters === 'TT' ? 'XX' : 'xx'));
const bracketed = (host: string) => host.replace(/(?<!\[)\.(?!\])/g, '[.]');
