import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';

const ID_CHARACTERS = 24;
const IDS_AT_A_TIME = 256;

/** Gives out ids of 96 random bits in hexadecimal. Random bits cost as much for one id as for hundreds. */
export function createRequestIds(): () => string {
  let supply = '';
  let used = 0;
  return () => {
    if (used === supply.length) {
      supply = randomBytes((ID_CHARACTERS / 2) * IDS_AT_A_TIME).toString('hex');
      used = 0;
    }
    used += ID_CHARACTERS;
    return supply.slice(used - ID_CHARACTERS, used);
  };
}

/** What a line tells of the end of a request, on whichever face. */
type LoggedEnd = {
  method: string;
  status: number;
  account: string | undefined;
  bytes: number;
  count?: number | undefined;
};

export type AccessLog = (
  incoming: IncomingMessage,
  address: string,
  requestId: string,
  end: LoggedEnd,
  ms: number,
) => void;

/** One line for each request. Written without the search for secrets, which costs more than the line: it has these fields and no others. */
export function createAccessLog(log: Logger): AccessLog {
  const lines = log.child({}, { formatters: { log: (fields) => fields } });
  return (incoming, address, requestId, end, ms) => {
    if (!lines.isLevelEnabled('info')) return;
    lines.info(
      {
        requestId,
        method: end.method,
        path: loggedUrl(incoming.url ?? ''),
        status: end.status,
        account: end.account,
        address,
        userAgent: incoming.headers['user-agent']?.slice(0, 200),
        count: end.count,
        bytes: end.bytes,
        ms: Math.round(ms * 10) / 10,
      },
      'request',
    );
  };
}

/** Names under which a client that is configured wrongly sends a secret in the query, where none belongs. */
const SECRET_NAME = /pass|pwd|secret|token|key|auth|cookie|session|credential|signature|code/i;

const MAY_NAME_SECRET = new RegExp(`%|${SECRET_NAME.source}`, 'i');

/** The request's target as the log shows it: without the values of what is called like a secret. */
export function loggedUrl(url: string): string {
  const mark = url.indexOf('?');
  // Nearly every query: without what could be such a name, or spell one in other characters.
  if (mark < 0 || !MAY_NAME_SECRET.test(url)) return url.slice(0, 500);
  const query = url
    .slice(mark + 1, 2000)
    .split('&')
    .map((part) => {
      const [name = ''] = part.split('=', 1);
      return part !== name && SECRET_NAME.test(decoded(name)) ? `${name}=(masked)` : part;
    })
    .join('&');
  return `${url.slice(0, mark)}?${query}`.slice(0, 500);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
