import type { AccountRights } from '../../../contract/rights.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import type { CredentialKind } from '../../db/schema.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { networksOf } from '../credentials/credentials.rules.ts';
import type { Bounds } from './rights.rules.ts';

type Credential = {
  id: number;
  kind: CredentialKind;
  hint: string | null;
  expires_at: number | null;
  allowed_networks: string | null;
  read_only: number;
  signed_body_required: number;
};

type CredentialScope = NonNullable<AccountRights['machine']>['credentials'][number];

/** What a credential of a machine is bound to. */
export function credentialScope(credential: Credential): CredentialScope {
  const networks = networksOf(credential);
  const readOnly = credential.read_only === 1;
  const signedBodyRequired = credential.signed_body_required === 1;
  const expiresAt = credential.expires_at === null ? null : formatTimestamp(credential.expires_at);
  return {
    id: credential.id,
    kind: credential.kind,
    hint: credential.hint,
    expiresAt,
    readOnly,
    allowedNetworks: networks,
    signedBodyRequired,
    bounds: [
      ...(readOnly ? ['It may only read.'] : []),
      ...(networks === null ? [] : [`It may only be used from ${networks.join(', ')}.`]),
      ...(signedBodyRequired ? ['Only signatures are taken that cover the body and are used once.'] : []),
      ...(expiresAt === null ? [] : [`It ceases to be valid at ${expiresAt}.`]),
    ],
  };
}

export function readOnlyCredentials(
  credentials: readonly Pick<Credential, 'read_only'>[],
): Bounds['readOnlyCredentials'] {
  const reading = credentials.filter((credential) => credential.read_only === 1).length;
  if (reading === 0) return 'none';
  return reading === credentials.length ? 'all' : 'some';
}

/** Why an account may do nothing at all now, in a sentence. `obstacle`: what keeps its credentials from being used. */
export function whyNothing(
  kind: AccountKind,
  obstacle: string | undefined,
  machine: { hasCredential: boolean; serviceWhyNot: string | null } | undefined,
): string | null {
  if (obstacle !== undefined)
    return obstacle === 'its organization is disabled'
      ? `${kind === 'user' || kind === 'read_only' ? 'Their' : 'Its'} organization is disabled.`
      : `The account is ${obstacle}.`;
  if (machine === undefined) return null;
  if (kind === 'taxii' && machine.serviceWhyNot !== null) return machine.serviceWhyNot;
  return machine.hasCredential ? null : 'It has no credential that is valid.';
}
