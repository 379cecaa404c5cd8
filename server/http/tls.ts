import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import path from 'node:path';
import { generate } from 'selfsigned';
import type { Config } from '../config.ts';
import { invalid } from '../errors.ts';

/**
 * TAXII 2.1 §8.2.2: TLS 1.2 and 1.3 only, and of 1.2 only suites that RFC 7540 appendix A does not list: ephemeral
 * keys and authenticated encryption. Node's server accepts no early data.
 */
const POLICY = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: true,
} as const satisfies ServerOptions;

const CERTIFICATE_FILE = 'tls-self-signed.pem';
const VALID_MS = 397 * 86_400_000;

/**
 * Options of the TLS listener; undefined = plain HTTP. A self-signed certificate is made at the first start, for trying
 * out, and kept beside the data.
 * @throws AppError `invalid_input` when certificate or key cannot be read
 */
export async function tlsOptions(config: Config): Promise<ServerOptions | undefined> {
  if (config.tls === undefined) return undefined;
  if (config.tls === 'self-signed') {
    const pem = await loadSelfSigned(config);
    return { ...POLICY, cert: pem, key: pem };
  }
  return {
    ...POLICY,
    cert: readTlsFile('TAXIWAY_TLS_CERT', config.tls.certificateFile),
    key: readTlsFile('TAXIWAY_TLS_KEY', config.tls.keyFile),
  };
}

function readTlsFile(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(setting, `${file} cannot be read (${String(Reflect.get(Object(error), 'code'))})`);
  }
}

async function loadSelfSigned(config: Config): Promise<string> {
  const file = path.join(config.dataFolder, CERTIFICATE_FILE);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // made below
  }
  const names = new Set([
    'localhost',
    config.host,
    ...(config.publicUrl === undefined ? [] : [new URL(config.publicUrl).hostname]),
  ]);
  const made = await generate([{ name: 'commonName', value: 'Taxiway (self-signed)' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 60_000),
    notAfterDate: new Date(Date.now() + VALID_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          ...[...names]
            .filter((name) => !/^[\d.:]+$/.test(name))
            .map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const pem = `${made.private}\n${made.cert}\n`;
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
    return pem;
  } catch {
    return readFileSync(file, 'utf8'); // another process was first
  }
}
