import { TrieRouter } from 'hono/router/trie-router';

export type Found<R> = {
  /** The route of method and path, with the path's parameters as they came, percent-decoded. */
  route: R | undefined;
  params: Record<string, string>;
  /** The methods that the path offers. */
  allowed: string[];
};

/** Finds routes by method and path; where several paths fit, the one with the literal segment before the one with the parameter. */
export function createRestPaths<R extends { endpoint: { method: string; path: string } }>(
  routes: readonly R[],
): (method: string, path: string) => Found<R> {
  const router = new TrieRouter<R>();
  // The router answers in the order of adding. A colon sorts after what a literal segment may begin with only by this.
  const rank = ({ endpoint }: R) => endpoint.path.replaceAll('/:', '/\uffff');
  const sorted = [...routes].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  for (const route of sorted) router.add(route.endpoint.method, route.endpoint.path, route);
  const methods = [...new Set(routes.map(({ endpoint }) => endpoint.method))];
  const none = { route: undefined, params: {}, allowed: [] };
  return (method, path) => {
    if (path.includes('//') || path.includes('*')) return none;
    const matches = methods.flatMap((each) => {
      const [first] = router.match(each, path)[0];
      return first === undefined ? [] : [{ method: each, route: first[0], params: first[1] }];
    });
    const allowed = matches
      .flatMap((match) => (match.method === 'GET' ? ['GET', 'HEAD'] : [match.method]))
      .sort();
    const wanted = method === 'HEAD' ? 'GET' : method;
    const match = matches.find((each) => each.method === wanted);
    if (match === undefined) return { ...none, allowed };
    const params = decodedParams(match.params as Record<string, string>);
    // What is not percent-encoded UTF-8 names nothing.
    return params === undefined ? none : { route: match.route, params, allowed };
  };
}

function decodedParams(raw: Record<string, string>): Record<string, string> | undefined {
  try {
    return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
