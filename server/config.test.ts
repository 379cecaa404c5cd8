import { describe, expect, it } from 'vitest';
import { type Environment, readConfig } from './config.ts';
import { AppError } from './errors.ts';

function problemsOf(environment: Environment): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_input')
      return (error.details.problems ?? []).map((problem) => problem.path).sort();
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      databaseUrl: undefined,
      host: '127.0.0.1',
      port: 8080,
      publicUrl: undefined,
      trustedProxies: [],
      tls: undefined,
      workers: 1,
      logLevel: 'info',
      statusDays: 7,
    });
    expect(readConfig({}).dataFolder).toMatch(/\/data$/);
  });

  it('takes what is given', () => {
    const config = readConfig({
      PATH: '/bin',
      TAXIWAY_DATA: '/srv/taxiway',
      TAXIWAY_DATABASE_URL: 'postgresql://taxiway@db/taxiway',
      TAXIWAY_MASTER_KEY: 'key',
      TAXIWAY_PORT: '0',
      TAXIWAY_PUBLIC_URL: 'https://ti.example.org/taxii//',
      TAXIWAY_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1\n192.0.2.1',
      TAXIWAY_TLS_CERT: '/srv/cert.pem',
      TAXIWAY_TLS_KEY: '/srv/key.pem',
    });
    expect(config).toMatchObject({
      dataFolder: '/srv/taxiway',
      databaseUrl: 'postgresql://taxiway@db/taxiway',
      masterKeys: 'key',
      port: 0,
      publicUrl: 'https://ti.example.org/taxii',
      trustedProxies: ['10.0.0.0/8', '2001:db8::1', '192.0.2.1'],
      tls: { certificateFile: '/srv/cert.pem', keyFile: '/srv/key.pem' },
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(readConfig({ TAXIWAY_PORT: '', TAXIWAY_DATABASE_URL: '', TAXIWAY_TLS_CERT: '' })).toEqual(
      readConfig({}),
    );
  });

  it('may ask for a certificate of its own making', () => {
    expect(readConfig({ TAXIWAY_TLS_SELF_SIGNED: 'true' }).tls).toBe('self-signed');
    expect(readConfig({ TAXIWAY_TLS_SELF_SIGNED: 'false' }).tls).toBeUndefined();
  });

  it('is refused with a variable that is no setting, which is a typing error', () => {
    expect(problemsOf({ TAXIWAY_PROT: '8080' })).toEqual(['TAXIWAY_PROT']);
    expect(problemsOf({ OTHER_PROT: '8080', TAXIWAY_TEST_SEED: '1' })).toEqual([]);
  });

  it('is refused with every problem at once, those between settings among them', () => {
    expect(
      problemsOf({
        TAXIWAY_PROT: '8080',
        TAXIWAY_PORT: '65536',
        TAXIWAY_WORKERS: 'two',
        TAXIWAY_PUBLIC_URL: 'ftp://ti.example.org',
        TAXIWAY_LOG_LEVEL: 'loud',
        TAXIWAY_TLS_CERT: '/srv/cert.pem',
        TAXIWAY_TLS_SELF_SIGNED: 'true',
        TAXIWAY_DATABASE_URL: 'mysql://db',
      }),
    ).toEqual([
      'TAXIWAY_DATABASE_URL',
      'TAXIWAY_LOG_LEVEL',
      'TAXIWAY_MASTER_KEY',
      'TAXIWAY_PORT',
      'TAXIWAY_PROT',
      'TAXIWAY_PUBLIC_URL',
      'TAXIWAY_TLS_CERT',
      'TAXIWAY_TLS_SELF_SIGNED',
      'TAXIWAY_WORKERS',
    ]);
  });

  it.each<[string, Environment, string]>([
    ['a key without its certificate', { TAXIWAY_TLS_KEY: '/srv/key.pem' }, 'TAXIWAY_TLS_CERT'],
    [
      'PostgreSQL without a master key, which all processes need',
      { TAXIWAY_DATABASE_URL: 'postgres://db/taxiway' },
      'TAXIWAY_MASTER_KEY',
    ],
    ['no time at all for statuses', { TAXIWAY_STATUS_DAYS: '0' }, 'TAXIWAY_STATUS_DAYS'],
    ['a port that is no whole number', { TAXIWAY_PORT: '80.5' }, 'TAXIWAY_PORT'],
  ])('is refused with %s', (_, environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('repeats no secret in what it complains of', () => {
    const environment = {
      TAXIWAY_DATABASE_URL: 'mysql://taxiway:canary@db/taxiway',
      TAXIWAY_MASTER_KEY: 'canary',
      TAXIWAY_PORT: 'canary',
    };
    try {
      readConfig(environment);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    }
  });
});
