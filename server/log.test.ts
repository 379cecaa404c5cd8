import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { openLog } from './log.ts';

function opened(level = 'info') {
  const lines: string[] = [];
  return { log: openLog(level, { write: (line: string) => void lines.push(line) }), lines };
}

const CANARY = 'canary-f3a9';

describe('the log', () => {
  it('is one JSON object per line, with the level by name and the time in UTC', () => {
    const { log, lines } = opened();
    log.warn({ requestId: 'r1' }, 'something');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      requestId: 'r1',
      msg: 'something',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = opened('warn');
    log.info('quiet');
    log.debug('quieter');
    expect(lines).toEqual([]);
  });

  it.each([
    'authorization',
    'Authorization',
    'password',
    'secret',
    'token',
    'apiKey',
    'cookie',
    'x-api-key',
    'X-API-Key',
    'setupCode',
  ])('never writes the value of %s, wherever it stands', (name) => {
    const { log, lines } = opened();
    const secret = { [name]: CANARY };
    log.info(secret);
    log.info({ request: secret });
    log.info({ request: { headers: secret } });
    log.info({ request: { headers: { inner: secret } } });
    log.info({ list: [secret, { deeper: secret }] });
    log.info({ err: new AppError('conflict', { message: 'told', ...secret }) }, 'an error');
    log.info({ err: new Error('told', { cause: new AppError('conflict', { inner: secret }) }) }, 'an error');
    expect(lines).toHaveLength(7);
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines.join('')).toContain('told');
  });

  it('writes the rest as it is', () => {
    const { log, lines } = opened();
    log.info({ userName: 'siem', passwordLength: 12, headers: { accept: 'x' } }, 'kept');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      userName: 'siem',
      passwordLength: 12,
      headers: { accept: 'x' },
    });
  });
});
