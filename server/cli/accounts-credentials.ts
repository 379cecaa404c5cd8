import type { Command } from 'commander';
import type { ReplaceCredentialInput } from '../../contract/accounts.ts';
import { replaceCredential, revokeCredential } from '../features/credentials/credentials.service.ts';
import { problemOfAnyPolicy } from '../features/passwords/password-policy.ts';
import { answerAbout } from './accounts-answer.ts';
import { type KindOfAccount, onceOnly } from './accounts-kinds.ts';
import { duration, instant, shownInstant, wholeNumber, withExample } from './options.ts';
import { fieldLines } from './output.ts';
import { readPassword } from './password.ts';

type RotateOptions = {
  apiKey?: boolean;
  tokenDays?: number;
  expiresDays?: number;
  overlap?: number;
  passwordStdin?: boolean;
};
type CredentialKind = ReplaceCredentialInput['credential'];

const WORDS: Readonly<Record<CredentialKind, string>> = {
  password: 'password',
  api_key: 'API key',
  secret_key: 'Secret Key',
  api_token: 'token',
};

/** `rotate` and `revoke`. */
export function registerCredentials(group: Command, kind: KindOfAccount): void {
  registerRotate(group, kind);
  withExample(
    group
      .command('revoke')
      .argument(`<${kind.reference}>`)
      .argument('<credential-id>', 'its number, which "show" tells', wholeNumber)
      .description('end one credential at once')
      .action(async (account: string, credentialId: number, _options: object, command: Command) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          await revokeCredential(app, caller, { account, kind: kind.kind }, credentialId);
          return {
            data: { userName: account, credentialId, done: 'revoke' },
            lines: [`The credential ${credentialId} of the ${kind.title} "${account}" has ended.`],
          };
        });
      }),
    `taxiway ${kind.command} revoke ${kind.example} 7`,
  );
}

const ROTATIONS: Readonly<Record<KindOfAccount['kind'], { help: string; examples: readonly string[] }>> = {
  user: {
    help: 'give it a new password, printed this once; its sessions end, and it chooses another at the next sign-in',
    examples: ['taxiway user rotate jane@example.org'],
  },
  read_only: {
    help: 'give it a new password, printed this once; its sessions end, and it chooses another at the next sign-in',
    examples: ['taxiway read-only-user rotate reader@example.org'],
  },
  api: {
    help: 'replace the Secret Key, or make a token in place of the one before; what is new is printed this once',
    examples: [
      'taxiway api-user rotate 12345678901234567890 --overlap 7d',
      'taxiway api-user rotate 12345678901234567890 --token-days 90 --overlap 1d',
    ],
  },
  taxii: {
    help: 'replace the password, or the API key; what is new is printed this once',
    examples: [
      'taxiway taxii-user rotate partner-siem --overlap 7d',
      'taxiway taxii-user rotate partner-siem --api-key',
    ],
  },
};

function registerRotate(group: Command, kind: KindOfAccount): void {
  const { help, examples } = ROTATIONS[kind.kind];
  const rotate = group.command('rotate').argument(`<${kind.reference}>`).description(help);
  if (kind.kind === 'taxii') rotate.option('--api-key', 'the API key instead of the password');
  if (kind.kind === 'api')
    rotate.option(
      '--token-days <n>',
      'a token, valid for so many days, instead of the Secret Key',
      wholeNumber,
    );
  // A person has one password at a time, without an end of its own.
  if (kind.kind === 'api' || kind.kind === 'taxii') {
    rotate.option('--expires-days <n>', 'let what is new end in so many days', wholeNumber);
    rotate.option(
      '--overlap <duration>',
      'for how long the one before stays valid: 90s, 15m, 12h, 7d',
      duration,
    );
  }
  if (kind.hasPassword)
    rotate.option('--password-stdin', 'read the password from standard input, or ask for it on a terminal');
  withExample(
    rotate.action(async (account: string, options: RotateOptions, command: Command) => {
      const password =
        options.passwordStdin === true
          ? await readPassword(`New password of ${account}`, {
              problem: (typed) => problemOfAnyPolicy(typed, account),
            })
          : undefined;
      const credential = credentialOf(kind, options);
      const terms = {
        password: 'password',
        expirationDays: options.tokenDays === undefined ? '--expires-days' : '--token-days',
        overlapSeconds: '--overlap',
      };
      await answerAbout(kind, account, command, { terms }, async (app, caller) => {
        const rotated = await replaceCredential(app, caller, {
          account,
          kind: kind.kind,
          credential,
          password,
          overlapSeconds: options.overlap,
          expirationDays: options.tokenDays ?? options.expiresDays,
        });
        const validUntil = shownInstant(rotated.previousValidUntil);
        return {
          data: {
            ...rotated,
            expiresAt: instant(rotated.expiresAt) ?? null,
            previousValidUntil: instant(rotated.previousValidUntil) ?? null,
          },
          lines: [
            `The ${kind.title} "${rotated.userName}" has a new ${WORDS[credential]}.`,
            ...fieldLines([
              ['Password', onceOnly(rotated.password)],
              ['API key', onceOnly(rotated.apiKey)],
              ['Secret Key', onceOnly(rotated.secretKey)],
              ['Token', onceOnly(rotated.token)],
              ['Valid until', shownInstant(rotated.expiresAt)],
              ['The one before', validUntil === undefined ? 'ended' : `valid until ${validUntil}`],
            ]),
          ],
        };
      });
    }),
    ...examples,
  );
}

function credentialOf(kind: KindOfAccount, { apiKey, tokenDays }: RotateOptions): CredentialKind {
  if (kind.kind === 'api') return tokenDays === undefined ? 'secret_key' : 'api_token';
  return apiKey === true ? 'api_key' : 'password';
}
