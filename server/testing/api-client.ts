import { createHash, createHmac, randomUUID } from 'node:crypto';

/** What an API user signs with. */
export type ApiKey = { accessId: string; secretKey?: string | undefined };

export type SignOptions = {
  /** Seconds since 1970; now unless told. */
  timestamp?: number;
  /** What is signed in place of what is sent. */
  method?: string;
  target?: string;
};

/** The headers of a request that is signed as clients of the reference product do. */
export function signedOnce(
  { accessId, secretKey = '' }: ApiKey,
  method: string,
  target: string,
  options: SignOptions = {},
): Record<string, string> {
  const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
  const text = `${options.target ?? target}:${options.method ?? method}:${timestamp}`;
  const signature = createHmac('sha256', secretKey).update(text).digest('base64');
  return { Timestamp: String(timestamp), Authorization: `TC ${accessId}:${signature}` };
}

/** The headers of a request that is signed with its body, under the second version. */
export function signedWithBody(
  { accessId, secretKey = '' }: ApiKey,
  method: string,
  target: string,
  options: SignOptions & { body?: string; nonce?: string } = {},
): Record<string, string> {
  const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
  const nonce = options.nonce ?? randomUUID();
  const digest = createHash('sha256')
    .update(options.body ?? '')
    .digest('base64');
  const text = ['TC2', options.method ?? method, options.target ?? target, timestamp, nonce, digest].join(
    '\n',
  );
  const signature = createHmac('sha256', secretKey).update(text).digest('base64');
  return {
    Timestamp: String(timestamp),
    Nonce: nonce,
    'Content-Digest': `sha-256=:${digest}:`,
    Authorization: `TC2 ${accessId}:${signature}`,
  };
}
