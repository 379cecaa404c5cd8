import { getTaxiiViewEndpoint } from '../../../../contract/taxii-view.ts';
import { call } from '../../api/client.ts';

/** What came of trying a credential. */
export type Trial = {
  /** What was tried, such as "Password". */
  what: string;
  isGood: boolean;
  /** What was seen, or why not, in sentences. */
  seen: string[];
};

const TAXII = 'application/taxii+json;version=2.1';
const UNREACHABLE = 'The server could not be reached.';

/**
 * Polls as the client of a TAXII user would, with one of its secrets: discovery, API root, collections, and one object of
 * the first collection that it may read. It counts as a use of the account.
 */
export async function tryTaxii(
  account: number,
  what: string,
  { userName, secret }: { userName: string; secret: string },
): Promise<Trial> {
  const { connection } = await call(getTaxiiViewEndpoint, { params: { account: String(account) } });
  const credential = `Basic ${base64(`${userName}:${secret}`)}`;
  const seen: string[] = [];
  const ask = async (url: string) => await fetchAs(credential, url, TAXII);
  try {
    const discovery = await ask(connection.discoveryUrl);
    seen.push(`Discovery answers as “${textOf(discovery.title)}”.`);
    if (connection.apiRootUrl === null)
      return { what, isGood: false, seen: [...seen, 'It has no TAXII service that it may use.'] };
    const root = await ask(connection.apiRootUrl);
    seen.push(`The API root is “${textOf(root.title)}”.`);
    const { collections } = await ask(`${slashed(connection.apiRootUrl)}collections/`);
    const all = Array.isArray(collections) ? (collections as Record<string, unknown>[]) : [];
    const readable = all.filter((one) => one.can_read === true);
    seen.push(
      readable.length === 0
        ? 'It may read no collection.'
        : `It may read ${readable.length} ${readable.length === 1 ? 'collection' : 'collections'}: ${readable.map((one) => textOf(one.title)).join(', ')}.`,
    );
    const [first] = readable;
    if (first !== undefined) {
      const url = `${slashed(connection.apiRootUrl)}collections/${textOf(first.id)}/objects/?limit=1`;
      const { objects } = await ask(url);
      const isThere = Array.isArray(objects) && objects.length > 0;
      seen.push(
        isThere
          ? `Objects of “${textOf(first.title)}” can be read.`
          : `“${textOf(first.title)}” can be read, and holds nothing yet.`,
      );
    }
    return { what, isGood: true, seen };
  } catch (error) {
    return { what, isGood: false, seen: [...seen, error instanceof Error ? error.message : UNREACHABLE] };
  }
}

const WHO_AM_I = '/api/v2/whoami';

/** Asks who it is, as a client with the Secret Key would: by a signature. */
export async function trySecretKey(accessId: string, secretKey: string): Promise<Trial> {
  const what = 'Secret Key';
  if (!window.isSecureContext)
    return {
      what,
      isGood: false,
      seen: ['This browser signs requests only over HTTPS. The key itself was not tried.'],
    };
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = await signed(secretKey, `${WHO_AM_I}:GET:${timestamp}`);
  return await tryApi(what, { Authorization: `TC ${accessId}:${signature}`, Timestamp: timestamp });
}

/** The same with a token. */
export async function tryToken(token: string): Promise<Trial> {
  return await tryApi('Token', { Authorization: `TC-Token ${token}` });
}

async function tryApi(what: string, headers: Record<string, string>): Promise<Trial> {
  try {
    const { data } = await fetchWith(headers, WHO_AM_I);
    const { user } = (data ?? {}) as { user?: Record<string, unknown> };
    const name = [user?.firstName, user?.lastName].filter(Boolean).join(' ');
    return { what, isGood: true, seen: [`The REST API knows it as ${textOf(user?.userName)} (${name}).`] };
  } catch (error) {
    return { what, isGood: false, seen: [error instanceof Error ? error.message : UNREACHABLE] };
  }
}

async function fetchAs(credential: string, url: string, accept: string): Promise<Record<string, unknown>> {
  // Clients may know the server by another name than this window does: the path is the same.
  const { pathname, search } = new URL(url);
  return await fetchWith({ Authorization: credential, Accept: accept }, `${pathname}${search}`);
}

/** Asks as somebody else than the person who is signed in: without the cookie of the session. */
async function fetchWith(headers: Record<string, string>, path: string): Promise<Record<string, unknown>> {
  let response: Response;
  try {
    response = await fetch(path, { headers, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch {
    throw new Error(UNREACHABLE);
  }
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return body;
  const reason = [body.title, body.description, body.message]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(': ');
  throw new Error(
    response.status === 401
      ? 'The server does not let it in: the credential is wrong, replaced or bound to other addresses, or its account is locked, disabled or expired.'
      : `The server refused ${path} with status ${response.status}${reason === '' ? '' : `: ${reason}`}.`,
  );
}

async function signed(key: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const hmac = await crypto.subtle.importKey(
    'raw',
    encoder.encode(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, encoder.encode(text)));
  return btoa(String.fromCharCode(...bytes));
}

/** Of the text in UTF-8, as HTTP Basic wants it. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const slashed = (url: string) => (url.endsWith('/') ? url : `${url}/`);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
