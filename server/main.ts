import { runCli } from './cli/program.ts';

// What is written holds intelligence and hashes of passwords: nobody else on the machine reads it.
process.umask(0o077);

process.exitCode = await runCli(process.argv.slice(2));
