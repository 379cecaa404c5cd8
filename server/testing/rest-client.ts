/** An answer of the REST API; `body` is parsed JSON, or text where it is none, or undefined where there is none. */
export type RestReply<Body = unknown> = { status: number; headers: Headers; body: Body };

export type RestClient = {
  /** Signs in and keeps the cookie. Throws unless it works. */
  signIn(email: string, password: string): Promise<RestReply>;
  /** `path` is below `/rest/v1`, such as `/session?x=1`. A body is sent as JSON. */
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<RestReply<Body>>;
  /** The value of the `Cookie` header that is sent; undefined while signed out. */
  cookie: string | undefined;
  /** The cookie by which the browser is known again, likewise. */
  device: string | undefined;
};

/** A client of the REST API that keeps its session's cookie, as a script would. */
export function restClient(url: string): RestClient {
  const client: RestClient = {
    cookie: undefined,
    device: undefined,
    async signIn(email, password) {
      const reply = await client.request('POST', '/session', { email, password });
      if (reply.status !== 201) throw new Error(`the sign-in of ${email} was answered with ${reply.status}`);
      return reply;
    },
    async request<Body>(
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<RestReply<Body>> {
      const cookies = [client.cookie, client.device].filter((each) => each !== undefined);
      const response = await fetch(`${url}/rest/v1${path}`, {
        method,
        headers: {
          ...(cookies.length === 0 ? {} : { Cookie: cookies.join('; ') }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const value = /Max-Age=0(?!\d)/.test(cookie) ? undefined : cookie.replace(/;.*/s, '');
        if (cookie.startsWith('__Host-taxiway-device=')) client.device = value;
        else client.cookie = value;
      }
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? undefined : isJson ? JSON.parse(text) : text) as Body,
      };
    },
  };
  return client;
}
