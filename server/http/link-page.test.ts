import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../serving.ts';
import { openTestApp, type TestApp } from '../testing/test-app.ts';

describe('the page behind one-time links', () => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let headers: Headers;
  let html: string;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    server = await startServer(app);
    const response = await fetch(`${server.url}/link`);
    headers = response.headers;
    html = await response.text();
    expect(response.status).toBe(200);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  const between = (tag: string) => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? '';
  const inputs = () => [...html.matchAll(/<input [^>]*>/g)].map(([input]) => input);

  it('is the same with a slash at its end, and for HEAD', async () => {
    expect(await (await fetch(`${server.url}/link/`)).text()).toBe(html);
    expect((await fetch(`${server.url}/link`, { method: 'HEAD' })).status).toBe(200);
  });

  it('runs its own script and style only, by their hashes, and stands in no frame', () => {
    const policy = headers.get('content-security-policy') ?? '';
    for (const [directive, tag] of [
      ['script-src', 'script'],
      ['style-src', 'style'],
    ] as const) {
      const hash = createHash('sha256').update(between(tag)).digest('base64');
      expect(policy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(html.match(/<(script|style)/g)).toHaveLength(2);
    expect(html).not.toMatch(/\son\w+=|\sstyle=|javascript:/);
  });

  it('asks nobody else for anything, is not stored, and tells nobody where it was', () => {
    expect(html).not.toMatch(/(?:src|href|url\()\s*=?\s*["']?(?:https?:)?\/\//);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    });
  });

  it('item 40: takes the token out of the address bar first, and sends it in bodies of POST only', () => {
    const script = between('script');
    const statements = script.split('\n').filter((line) => /^[a-z]/.test(line));
    expect(statements.slice(0, 2).join('\n')).toMatch(/location\.hash.*\n.*history\.replaceState/);
    expect(script.match(/fetch\(/g)).toHaveLength(1);
    expect(script).toMatch(/method: 'POST'/);
    expect(script).not.toMatch(/localStorage|sessionStorage|innerHTML|document\.cookie/);
  });

  it('item 15: password inputs say that they take a new one, can be pasted into, and can be shown', () => {
    const secrets = inputs().filter((input) => input.includes('type="password"'));
    expect(secrets).toHaveLength(2);
    for (const input of secrets) {
      expect(input).toContain('autocomplete="new-password"');
      expect(input).not.toMatch(/maxlength|onpaste|readonly|disabled/);
    }
    expect(inputs().find((input) => input.includes('type="email"'))).toContain('autocomplete="username"');
    expect(between('script')).not.toMatch(/paste/);
    expect(html).toMatch(/<button type="button" id="reveal"[^>]*aria-pressed="false"/);
  });

  it('has a label for every input, and says aloud what goes wrong', () => {
    for (const input of inputs()) {
      const id = /id="([^"]+)"/.exec(input)?.[1];
      expect(html).toContain(`<label for="${id}">`);
      for (const described of (/aria-describedby="([^"]+)"/.exec(input)?.[1] ?? '').split(' '))
        if (described !== '') expect(html).toContain(`id="${described}"`);
    }
    expect(html.match(/role="alert"/g)?.length).toBeGreaterThanOrEqual(3);
    expect(html).toContain('aria-live="polite"');
    expect(html).toContain('<html lang="en">');
  });
});
