import { randomBytes } from 'node:crypto';
import { type Access, createAccess } from '../../access/access.ts';
import { reading } from '../../action.ts';
import type { App } from '../../context.ts';
import { decrypt, encrypt } from '../../envelope.ts';
import { AppError } from '../../errors.ts';
import { isOnList } from '../../networks.ts';
import { isTimely, SIGNATURE_WINDOW, type SignedRequest } from '../../protocols/signatures/signatures.ts';
import { openSecret } from '../credentials/new-credential.ts';
import { accountObstacle } from './authentication.rules.ts';
import type { AuthenticationStatements, StoredApiCredential } from './authentication.store.ts';
import type { CredentialTerms } from './memory.ts';
import { createNonces } from './nonces.ts';
import {
  type Attempt,
  type From,
  GUESS_AT_MACHINE,
  HOLDER,
  recordFailure,
  requireUnthrottled,
} from './throttling.ts';

/** What an API user presented. */
export type ApiPresented =
  | { scheme: 'signature'; signed: SignedRequest }
  | { scheme: 'token'; token: string };

/** Who an API user is, as stored now. */
export type ApiAdmitted = {
  access: Access & { actor: { kind: 'account' } };
  /** It reads only, whatever the rights of its account. */
  readOnly: boolean;
  /** What the body must be, where the signature covers it: its SHA-256 in base64, and what notes that another one came. */
  signedBody: { digest: string; tellOfAnother(): Promise<void> } | undefined;
};

/** Clocks of several servers on one database differ by less. */
const SKEW = 60_000_000;

/**
 * Lets API users in, whoever presents a Secret Key's signature or a token: nothing is remembered from one request to the
 * next, so that whatever is withdrawn is withdrawn at once. An Argon2id is never spent on them: what they hold cannot be guessed.
 */
export function createApiAuthentication(
  app: App,
  statements: AuthenticationStatements,
  noteUse: (accountId: number, credential: CredentialTerms, address: string) => void,
) {
  const useNonce = createNonces(app);
  // What a request under an unknown Access ID has opened in place of a Secret Key.
  const dummyKey = randomBytes(32);
  const dummy = {
    wrapped: app.keys.wrap('dummy', dummyKey),
    sealed: encrypt(dummyKey, 'dummy', Buffer.from(app.secrets.generate(384))),
  };
  const dummySecret = (): string => {
    const key = app.keys.unwrap('dummy', dummy.wrapped) ?? dummyKey;
    return decrypt(key, 'dummy', dummy.sealed)?.toString() ?? '';
  };

  const findSigner = async (signed: SignedRequest): Promise<StoredApiCredential | undefined> => {
    const candidates = await statements.secretKeysOf(signed.accessId);
    if (candidates.length === 0) app.secrets.isSignature(dummySecret(), signed.texts, signed.signature);
    const signers = candidates.filter((row) =>
      app.secrets.isSignature(
        openSecret(
          app,
          { id: row.account_id, organization_id: row.organization_id },
          row,
          row.wrapped ?? undefined,
        ),
        signed.texts,
        signed.signature,
      ),
    );
    return signers.find((row) => !isOver(row, app.clock.now())) ?? signers[0];
  };

  const find = async (presented: ApiPresented): Promise<StoredApiCredential | undefined> => {
    if (presented.scheme === 'signature') return await findSigner(presented.signed);
    return (await statements.tokensWithDigest(app.secrets.digest(presented.token)))[0];
  };

  const obstacleOf = (row: StoredApiCredential, presented: ApiPresented, from: From): string | undefined => {
    const now = app.clock.now();
    const obstacle = accountObstacle({ ...row, kind: row.account_kind }, ['api'], now);
    if (obstacle !== undefined) return obstacle;
    if (isOver(row, now)) return 'the credential has expired';
    if (!isOnList(row.allowed_networks, from.address)) return 'from an address that is not allowed';
    if (presented.scheme === 'signature' && presented.signed.version === 1 && row.signed_body_required === 1)
      return 'the key wants signatures of the second version';
    return undefined;
  };

  /** Says no to the holder of a right secret: he guesses nothing, so that his neighbours do not pay. */
  const refuseHolder = async (
    row: StoredApiCredential,
    scheme: Attempt['scheme'],
    from: From,
    reason: string,
  ) => {
    const attempt: Attempt = { scheme, userName: row.user_name };
    await requireUnthrottled(app, HOLDER, attempt, from);
    await recordFailure(app, HOLDER, attempt, from, reason);
    throw new AppError('unauthenticated');
  };

  const signedBodyOf = (row: StoredApiCredential, presented: ApiPresented, from: From) => {
    const digest = presented.scheme === 'signature' ? presented.signed.bodyDigest : undefined;
    if (digest === undefined) return undefined;
    const attempt: Attempt = { scheme: 'signature', userName: row.user_name };
    const tellOfAnother = async () =>
      await recordFailure(app, HOLDER, attempt, from, 'the body is not the one that was signed');
    return { digest, tellOfAnother };
  };

  return async (presented: ApiPresented, from: From): Promise<ApiAdmitted> => {
    const scheme = presented.scheme === 'signature' ? 'signature' : 'key';
    if (presented.scheme === 'signature' && !isTimely(presented.signed.timestamp, app.clock.now()))
      throw new AppError('unauthenticated', { message: 'Timestamp out of acceptable time range' });
    return await reading(async () => {
      const row = await find(presented);
      if (row === undefined) {
        const userName = presented.scheme === 'signature' ? presented.signed.accessId : undefined;
        const attempt: Attempt = { scheme, userName };
        await requireUnthrottled(app, GUESS_AT_MACHINE, attempt, from);
        await recordFailure(
          app,
          GUESS_AT_MACHINE,
          attempt,
          from,
          'unknown Access ID, or wrong signature or token',
        );
        throw new AppError('unauthenticated');
      }
      const obstacle = obstacleOf(row, presented, from);
      if (obstacle !== undefined) await refuseHolder(row, scheme, from, obstacle);
      if (presented.scheme === 'signature' && presented.signed.nonce !== undefined) {
        const { nonce, timestamp } = presented.signed;
        const expiresAt = timestamp * 1_000_000 + SIGNATURE_WINDOW + SKEW;
        const isFirst = await useNonce({ credentialId: row.id, nonce, expiresAt });
        if (!isFirst) await refuseHolder(row, scheme, from, 'the nonce was used before');
      }
      noteUse(row.account_id, termsOf(row), from.address);
      return {
        access: createAccess({
          kind: 'account',
          accountId: row.account_id,
          name: row.user_name,
          organizationId: row.organization_id,
          systemRole: row.system_role,
          organizationRole: row.organization_role,
        }) as ApiAdmitted['access'],
        readOnly: row.read_only === 1,
        signedBody: signedBodyOf(row, presented, from),
      };
    });
  };
}

function isOver({ credential_expires_at }: StoredApiCredential, now: number): boolean {
  return credential_expires_at !== null && credential_expires_at <= now;
}

/** What a stored credential is bound to. */
export function termsOf(row: {
  id: number;
  allowed_networks: string | null;
  read_only: number;
}): CredentialTerms {
  return { id: row.id, allowedNetworks: row.allowed_networks, readOnly: row.read_only === 1 };
}
