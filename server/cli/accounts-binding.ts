import type { Command } from 'commander';
import { editCredential } from '../features/credentials/binding.service.ts';
import { answerAbout } from './accounts-answer.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { collect, wholeNumber, withExample, yesOrNo } from './options.ts';

type Options = {
  allow?: readonly string[];
  allowAny?: true;
  readOnly?: boolean;
  signedBody?: boolean;
  expiresDays?: number;
  expiresAt?: string;
  neverExpires?: true;
};

/** `edit-credential`: of the machines, which have credentials that are bound to something. */
export function registerBinding(group: Command, kind: KindOfAccount): void {
  if (kind.kind !== 'api' && kind.kind !== 'taxii') return;
  const edit = group
    .command('edit-credential')
    .argument(`<${kind.reference}>`)
    .argument('<credential-id>', 'its number, which "show" tells', wholeNumber)
    .description(
      'bind one credential to addresses, to reading, to an end; it applies to the very next request',
    )
    .option(
      '--allow <network>',
      'an address or prefix that it may be used from (several times: each of them)',
      collect,
    )
    .option('--allow-any', 'let it be used from everywhere')
    .option('--read-only <yes|no>', 'whether it may only read, whatever the account may', yesOrNo)
    .option('--expires-days <n>', 'let it end in so many days', wholeNumber)
    .option('--expires-at <instant>', 'let it end then, for instance 2027-01-31T00:00:00Z')
    .option('--never-expires', 'let it not end');
  if (kind.kind === 'api')
    edit.option(
      '--signed-body <yes|no>',
      'of a Secret Key: whether only signatures are taken that cover the body and are used once',
      yesOrNo,
    );
  withExample(
    edit.action(async (account: string, credential: number, options: Options, command: Command) => {
      const terms = {
        allowedNetworks: '--allow',
        signedBodyRequired: '--signed-body',
        expirationDays: '--expires-days',
        credential: 'credential-id',
      };
      await answerAbout(kind, account, command, { terms }, async (app, caller) => {
        await editCredential(app, caller, {
          account,
          kind: kind.kind,
          credential,
          ...bindings(options),
        });
        return {
          data: { userName: account, credentialId: credential, done: 'edit-credential' },
          lines: [`The credential ${credential} of the ${kind.title} "${account}" was changed.`],
        };
      });
    }),
    `taxiway ${kind.command} edit-credential ${kind.example} 7 --allow 192.0.2.0/24 --read-only yes --expires-days 90`,
  );
}

function bindings({ allow, allowAny, readOnly, signedBody, expiresDays, expiresAt, neverExpires }: Options) {
  return {
    ...(allowAny === true
      ? { allowedNetworks: null }
      : allow === undefined
        ? {}
        : { allowedNetworks: [...allow] }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(signedBody === undefined ? {} : { signedBodyRequired: signedBody }),
    ...(expiresDays === undefined ? {} : { expirationDays: expiresDays }),
    ...(neverExpires === true ? { expiresAt: null } : expiresAt === undefined ? {} : { expiresAt }),
  };
}
