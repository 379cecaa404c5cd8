import type { App } from '../../context.ts';
import type { CredentialKind } from '../../db/schema.ts';
import { AppError } from '../../errors.ts';
import type { StoredSecret } from '../../secrets.ts';
import { requireTypedPassword } from './accounts.rules.ts';

/** A credential on its way to the database: how it is stored, and, if it was generated, what is shown once. */
export type NewCredential = { kind: CredentialKind; stored: StoredSecret; shown: string | undefined };

/** Random bits of a generated password or API key. */
const SECRET_BITS = 192;
/** Tells a person or a secret scanner what a found string is. */
const API_KEY_PREFIX = 'txw_';

/**
 * The typed password, checked and hashed; a generated one where none was typed. Costs time: call it before the transaction.
 * @throws AppError `invalid_input` for a typed password that is too weak
 */
export async function makePassword(
  app: App,
  typed: string | undefined,
  userName: string,
): Promise<NewCredential> {
  if (typed === undefined) return generate(app, 'password', '');
  requireTypedPassword(typed, userName);
  return { kind: 'password', stored: await app.secrets.hash(typed), shown: undefined };
}

/** What is wrong with a typed password, to be said while it is being typed; undefined where nothing is. */
export function typedPasswordProblem(typed: string, userName: string): string | undefined {
  try {
    requireTypedPassword(typed, userName);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.details.problems?.[0]?.message ?? error.message;
    throw error;
  }
}

export function makeApiKey(app: App): NewCredential {
  return generate(app, 'api_key', API_KEY_PREFIX);
}

function generate(app: App, kind: CredentialKind, prefix: string): NewCredential {
  const shown = prefix + app.secrets.generate(SECRET_BITS);
  return { kind, stored: { algorithm: 'sha256', hash: app.secrets.digest(shown) }, shown };
}

/** What was generated, under the name that answers give it. */
export function shownCredential({ kind, shown }: NewCredential): { password?: string; apiKey?: string } {
  if (shown === undefined) return {};
  return kind === 'password' ? { password: shown } : { apiKey: shown };
}
