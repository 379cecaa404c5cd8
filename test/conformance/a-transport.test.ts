import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import type { RunningServer } from '../../server/http/server.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectTaxii } from './shapes.ts';
import { createClient, TAXII, talk } from './wire.ts';
import { openWorld, ROOT, type World } from './world.ts';

describe.each(ENGINES)('transport, TLS and root on %s', (engine) => {
  let world: World;
  let tls: RunningServer;
  beforeAll(async () => {
    world = await openWorld(engine);
    tls = await world.serveAlso({ tls: 'self-signed' });
  });
  afterAll(() => world?.close());

  /** A handshake; the name of the protocol that was agreed, or the error. */
  async function handshake(options: ConnectionOptions): Promise<TLSSocket | Error> {
    const socket = connect({ host: '127.0.0.1', port: tls.port, rejectUnauthorized: false, ...options });
    try {
      await once(socket, 'secureConnect');
      return socket;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  async function discoveryOver(
    options: ConnectionOptions,
  ): Promise<{ text: string; protocol: string | null }> {
    const socket = await handshake(options);
    if (socket instanceof Error) throw socket;
    socket.write(
      `GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${world.client.authorization}\r\nConnection: close\r\n\r\n`,
    );
    const protocol = socket.getProtocol();
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return { text, protocol };
  }

  it('items 1, 2, E1 · discovery is served over HTTPS with TLS 1.2', async () => {
    const { text, protocol } = await discoveryOver({ maxVersion: 'TLSv1.2' });
    expect(protocol).toBe('TLSv1.2');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain(`https://localhost/intel/`);
  });

  it('item 3 · TLS 1.3 is accepted', async () => {
    const { text, protocol } = await discoveryOver({ minVersion: 'TLSv1.3' });
    expect(protocol).toBe('TLSv1.3');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('item 4 · no session that the server hands out allows early data', async () => {
    const socket = await handshake({ minVersion: 'TLSv1.3' });
    if (socket instanceof Error) throw socket;
    const session = once(socket, 'session') as Promise<[Buffer]>;
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [bytes] = await session;
    socket.destroy();
    // A session is an ASN.1 sequence; OpenSSL writes its member 15, max_early_data, only when it is not 0.
    expect(membersOf(bytes)).not.toContain(15);
  });

  it.each([
    'AES128-SHA',
    'AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-SHA',
    'ECDHE-ECDSA-AES256-SHA384',
    'DHE-RSA-AES128-SHA',
  ])(
    'item 5 · a TLS 1.2 client that offers only %s is refused, as RFC 7540 appendix A lists it',
    async (ciphers) => {
      const outcome = await handshake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` });
      expect(outcome).toBeInstanceOf(Error);
    },
  );

  it.each(['TLSv1', 'TLSv1.1'] as const)(
    'item 6 · a client that speaks only %s is refused',
    async (version) => {
      const outcome = await handshake({
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT:@SECLEVEL=0',
      });
      expect(outcome).toBeInstanceOf(Error);
    },
  );

  it('item 7 · no client certificate is asked for, and one is no credential', async () => {
    const socket = await handshake({});
    if (socket instanceof Error) throw socket;
    // The server's CertificateRequest would have made this list of acceptable authorities, empty or not.
    expect(socket.getCertificate()).toEqual({});
    socket.destroy();
    const anonymous = createClient(world.port, '');
    expectError(await anonymous.get('/taxii2/', { Authorization: null }), 401);
  });

  it('item 8 · discovery is at /taxii2/ of the server, also for a service with a long path', async () => {
    const client = await world.newService({ name: 'Long', path: 'api/services/deep/feed' });
    const discovery = expectTaxii(await client.get('/taxii2/'), 200);
    expect(discovery.api_roots).toEqual([`http://127.0.0.1:${world.port}/api/services/deep/feed/`]);
  });

  it('item 9 · a fresh installation has an API root', async () => {
    expectTaxii(await world.client.get(ROOT), 200);
  });

  it('item 10 · a request without User-Agent is answered', async () => {
    const { answers } = await talk(
      world.port,
      [
        `GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${world.client.authorization}\r\n\r\n`,
      ],
      { answers: 1 },
    );
    expect(answers[0]?.status).toBe(200);
  });

  it('item 12 · a body with a duplicate member name, NaN or broken UTF-8 is refused, and a number beyond 2^53 is kept as text', async () => {
    const place = await world.newCommunity('I-JSON');
    const good = JSON.stringify(indicator(1));
    const twice = good.replace('{', '{"confidence":1,"confidence":2,');
    const status = await world.client.post(place.objects, `{"objects":[${twice}]}`);
    expect(status.json).toMatchObject({ success_count: 0, failure_count: 1 });
    expect(status.json.failures?.[0]?.message).toContain('twice');
    const nan = good.replace('{', '{"confidence":NaN,');
    const nanAnswer = await world.client.post(place.objects, `{"objects":[${nan}]}`);
    expect(nanAnswer.json.success_count ?? 0).toBe(0);
    const latin1 = Buffer.from(`{"objects":[${good.replace('{', '{"name":"caf\u00e9",')}]}`, 'latin1');
    expect((await world.client.post(place.objects, latin1)).json.success_count ?? 0).toBe(0);
    const twoLists = `{"objects":[${good}],"objects":[${good}]}`;
    expect([400, 422]).toContain((await world.client.post(place.objects, twoLists)).status);
    expect((await world.client.get(place.objects)).json.objects).toBeUndefined();
  });

  it('item 12 · what the server writes is UTF-8 JSON without a byte order mark', async () => {
    const place = await world.newCommunity('Ünïcode 🛰');
    const { body, json } = await world.client.get(place.path);
    expect(json.title).toBe('Ünïcode 🛰');
    expect(body[0]).toBe('{'.charCodeAt(0));
    expect(new TextDecoder('utf-8', { fatal: true }).decode(body)).toContain('🛰');
  });

  it('item 13 · plain HTTP is refused on an address that others reach, unless a proxy that ends TLS is named', async () => {
    await expect(world.serveAlso({ host: '0.0.0.0' })).rejects.toThrow(/plain HTTP/);
    const behind = await world.serveAlso({ host: '0.0.0.0', publicUrl: 'https://intel.example' });
    const { json } = await createClient(behind.port, world.client.authorization).get('/taxii2/');
    expect(json.default).toBe('https://intel.example/intel/');
  });

  it('item 13 · X-Forwarded-Proto and -For are believed from a configured proxy only', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' };
    const direct = await world.client.get('/taxii2/', forwarded);
    expect(direct.json.default).toMatch(/^http:/);
    const proxied = await world.serveAlso({ trustedProxies: ['127.0.0.1'] });
    const through = await createClient(proxied.port, world.client.authorization).get('/taxii2/', forwarded);
    expect(through.json.default).toMatch(/^https:/);
  });

  it('item 13 · a request for HTTPS on the plain port is refused, never redirected', async () => {
    const { text } = await talk(tls.port, ['GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\n\r\n'], {
      timeoutMs: 1000,
    });
    expect(text).not.toMatch(/^HTTP\/1\.1 [23]/);
  });

  it('item 13 · a configuration with a certificate and no key is refused', () => {
    expect(() => readConfig({ TAXIWAY_TLS_CERT: 'cert.pem' })).toThrow(/key/);
  });
});

/** The numbers of the context-specific members of a DER sequence. */
function membersOf(der: Buffer): number[] {
  const lengthAt = (at: number): [length: number, next: number] => {
    const first = der[at] ?? 0;
    if (first < 0x80) return [first, at + 1];
    const count = first & 0x7f;
    return [der.readUIntBE(at + 1, count), at + 1 + count];
  };
  const members: number[] = [];
  // Node.js writes a header of its own before the sequence, whose first member is the version, 1.
  let at = der.indexOf(Buffer.from([2, 1, 1, 2, 2, 3, 4]));
  expect(at).toBeGreaterThan(0);
  while (at < der.length) {
    const tag = der[at] ?? 0;
    if ((tag & 0xc0) === 0x80) members.push(tag & 0x1f);
    const [length, start] = lengthAt(at + 1);
    at = start + length;
  }
  return members;
}
