/** A process that creates TAXII users, all at once, when its standard input ends. */
import { createAccess } from '../../../server/access/access.ts';
import { openApp } from '../../../server/app.ts';
import { readConfig } from '../../../server/config.ts';
import { AppError } from '../../../server/errors.ts';
import { createTaxiiUser } from '../../../server/features/account-creation/taxii-users.service.ts';
import { report } from './taxii-client.ts';

export type CreatorInput = { users: { userName: string; organization: string }[] };

/** How many were created, and how many were refused for which reason. */
export type CreatorReport = Record<string, number>;

const input = JSON.parse(process.argv[2] ?? '') as CreatorInput;
const app = await openApp(readConfig(process.env));
const caller = { access: createAccess({ kind: 'operator', name: 'operator (creator)' }) };
const result: CreatorReport = {};
const count = (outcome: string) => {
  result[outcome] = (result[outcome] ?? 0) + 1;
};
try {
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.resume().once('end', resolve));
  await Promise.all(
    input.users.map((user) =>
      createTaxiiUser(app, caller, user).then(
        () => count('created'),
        (error: unknown) => count(error instanceof AppError ? error.code : String(error)),
      ),
    ),
  );
} finally {
  await app.close();
}
report(result);
