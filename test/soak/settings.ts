import { randomInt } from 'node:crypto';

/** How long each long run takes, and from which seeds; TAXIWAY_TEST_SOAK_SECONDS, TAXIWAY_TEST_SEED. */
export function soakSettings(defaultSeconds: number): { seconds: number; seed: number } {
  return {
    seconds: Number(process.env.TAXIWAY_TEST_SOAK_SECONDS ?? defaultSeconds),
    seed: Number(process.env.TAXIWAY_TEST_SEED ?? randomInt(2 ** 31)),
  };
}

export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
