import type { CredentialsTable } from '../../db/schema.ts';

type Bindings = { allowed_networks: string | null; read_only: number; signed_body_required: number };

/** What a new credential is bound to, when it takes the place of another. */
export function carriedOver(before: Bindings | undefined): Bindings {
  return {
    allowed_networks: before?.allowed_networks ?? null,
    read_only: before?.read_only ?? 0,
    signed_body_required: before?.signed_body_required ?? 0,
  };
}

/** From where alone the credential may be used, as an answer shows it. */
export function networksOf({ allowed_networks }: Pick<Bindings, 'allowed_networks'>): string[] | null {
  return allowed_networks === null ? null : (JSON.parse(allowed_networks) as string[]);
}

type Described = Bindings & { expires_at: number | null; kind: CredentialsTable['kind'] };

/** What the audit trail says of an edit: each thing that changed, before and after. */
export function bindingChanges(before: Described, after: Described): Record<string, unknown> {
  const fields = {
    allowedNetworks: [networksOf(before), networksOf(after)],
    readOnly: [before.read_only === 1, after.read_only === 1],
    signedBodyRequired: [before.signed_body_required === 1, after.signed_body_required === 1],
    expiresAt: [before.expires_at, after.expires_at],
  } as const;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, [old, fresh]]) => JSON.stringify(old) !== JSON.stringify(fresh))
      .map(([name, [old, fresh]]) => [name, { before: old, after: fresh }]),
  );
}
