import cluster from 'node:cluster';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { configOf, globalsOf, namedByOptions, openData, requireNoAccount } from './context.ts';
import { type Address, listenOrClose, logStart, logStop } from './listening.ts';
import { withExample } from './options.ts';
import { printAnswer, quoted } from './output.ts';
import { limitStopping, stopSignal } from './stop-signal.ts';
import { runWorkers, serveAsWorker } from './workers.ts';

export function registerServe(program: Command): void {
  withExample(
    program
      .command('serve')
      .description('run the server')
      .option('--host <address>', 'address to listen on (TAXIWAY_HOST, 127.0.0.1)')
      .option('--port <n>', 'port to listen on; 0 = any that is free (TAXIWAY_PORT, 8080)')
      .option('--public-url <url>', 'address under which clients reach the server (TAXIWAY_PUBLIC_URL)')
      .option('--tls-cert <file>', 'certificate chain, PEM (TAXIWAY_TLS_CERT)')
      .option('--tls-key <file>', 'its private key, PEM (TAXIWAY_TLS_KEY)')
      .option('--tls-self-signed', 'make a certificate, for trying out (TAXIWAY_TLS_SELF_SIGNED)')
      .option('--workers <n>', 'processes that answer requests (TAXIWAY_WORKERS, 1)')
      .option(
        '--trusted-proxies <list>',
        'addresses of reverse proxies, separated by commas (TAXIWAY_TRUSTED_PROXIES)',
      )
      .action(async (_options: object, command: Command) => {
        requireNoAccount(command);
        const config = configOf(command, {});
        const announce = ({ url, listening }: Address, setupCode: string | undefined) =>
          printAnswer(
            globalsOf(command).json ?? false,
            {
              url: `${url}/`,
              listening: `${listening}/`,
              discovery: `${url}/taxii2/`,
              setupCode: setupCode ?? null,
            },
            [
              `Taxiway listens on ${listening}/${url === listening ? '' : `, reached as ${url}/`} (TAXII discovery: ${url}/taxii2/)`,
              ...(setupCode === undefined ? [] : setupLines(url, setupCode, config)),
            ],
          );
        try {
          if (cluster.isWorker) await serveAsWorker(config);
          else if (config.workers > 1) await runWorkers(config, announce);
          else await serveAlone(config, announce);
        } catch (error) {
          throw namedByOptions(error, command);
        }
      }),
    'taxiway serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem',
    'taxiway serve --data /var/lib/taxiway --public-url https://intel.example.org --trusted-proxies 127.0.0.1',
  );
}

async function serveAlone(
  config: Config,
  announce: (address: Address, setupCode: string | undefined) => void,
): Promise<void> {
  const app = await openData(config, { setupCode: true });
  const stop = stopSignal();
  const server = await listenOrClose(app);
  announce(server, app.setupCode);
  logStart(app, { url: server.url, listening: server.listening });
  await stop;
  limitStopping();
  await server.close();
  await app.close();
  logStop(app);
}

/** The placeholder of the password is too short to be taken when the line is pasted as it is. */
function setupLines(url: string, code: string, config: Config): string[] {
  const selfSigned = config.tls === 'self-signed' ? ' -k' : '';
  const data =
    config.databaseUrl === undefined ? ` --data ${quoted(config.dataFolder)}` : ' (with the same settings)';
  return [
    '',
    'There is no Administrator yet. One-time set-up code, until the next start:',
    '',
    `    ${code}`,
    '',
    'It creates the first Administrator, in a browser:',
    '',
    // Browsers bind passkeys to names, and to no address.
    `    ${url.replace('//127.0.0.1:', '//localhost:')}/console/setup`,
    '',
    'or from anywhere that reaches this address:',
    '',
    `    curl${selfSigned} -H 'Content-Type: application/json' -d '{"setupCode":"${code}","email":"YOU@EXAMPLE.ORG","password":"AT LEAST 15 CHARACTERS"}' ${url}/rest/v1/setup`,
    '',
    'This does the same on this machine:',
    '',
    `    ./taxiway administrator create --email YOU@EXAMPLE.ORG${data}`,
    '',
  ];
}
