import type {
  AccountEditForm,
  AccountForm,
  CreationField,
  EditField,
} from '../../../contract/account-forms.ts';
import { FIELD_TEXTS } from '../../../contract/account-texts.ts';
import {
  type AccountChanges,
  accountChanges,
  type ChangeField,
  createApiUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import type { SeatGauges } from '../../../contract/organizations.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import { createTaxiiUserInput } from '../../../contract/taxii.ts';
import type { Access } from '../../access/access.ts';
import type { AccountRow } from '../../db/schema.ts';
import { accountTarget } from '../accounts/account-view.rules.ts';
import {
  aKind,
  creationTarget,
  defaultSystemRole,
  FORM_FIELDS,
  impliedOrganizationRole,
  organizationRolesOf,
  refusalToSet,
  reservedOnCreation,
} from '../accounts/forms.rules.ts';

type Schema = {
  description?: string | undefined;
  safeParse(value: unknown): { success: boolean; data?: unknown };
};

const { service, ...ofTaxiiUser } = createTaxiiUserInput.shape;
/** The fields of each form, in its order: what creating the account takes. The form of a TAXII user begins with its service. */
const FORMS: Readonly<Record<AccountKind, Readonly<Record<string, Schema>>>> = {
  user: createUserInput.shape,
  read_only: createReadOnlyUserInput.shape,
  api: createApiUserInput.shape,
  taxii: { service, ...ofTaxiiUser },
};

/** What the fields of a form depend on beside who asks. */
export type Surroundings = {
  /** The system setting `termsOfServiceRequireNewUserToAccept`. */
  asksForTerms: boolean;
  /** Of TAXII users: what they may be bound to. */
  services: AccountForm['services'];
};

/** The fields of the form for a new account, as this asker may set them. */
export function creationFields(
  access: Access,
  kind: AccountKind,
  organizationId: number,
  systemRole: SystemRole,
  around: Surroundings,
): CreationField[] {
  const target = creationTarget(kind, organizationId);
  const reserved: readonly string[] = reservedOnCreation(kind);
  const fields = Object.entries(FORMS[kind]).filter(([name]) => name !== 'organization');
  return fields.map(([name, schema]) => {
    const refusal = reserved.includes(name) ? refusalToSet(access, name as ChangeField, target) : undefined;
    const left = leftOut(kind, name, schema, systemRole, around);
    return {
      name,
      settable: refusal === undefined,
      whyNot: refusal === undefined ? null : sentence(refusal),
      required: left.required,
      default: left.value as CreationField['default'],
      help: schema.description ?? '',
      note: noteOf(name, around),
    };
  });
}

/** What a field is when it is left out, if it may be. */
function leftOut(
  kind: AccountKind,
  name: string,
  schema: Schema,
  systemRole: SystemRole,
  { asksForTerms, services }: Surroundings,
): { required: boolean; value: unknown } {
  if (name === 'systemRole') return { required: false, value: defaultSystemRole(kind) };
  if (name === 'organizationRole') {
    const value = defaultOrganizationRole(kind, systemRole);
    return { required: value === undefined, value: value ?? null };
  }
  if (name === 'termsOfServiceAcceptanceRequired') return { required: false, value: asksForTerms };
  if (name === 'service') {
    const [only, ...others] = services ?? [];
    const value = others.length === 0 ? (only?.id ?? null) : null;
    return { required: value === null, value };
  }
  const { success, data } = schema.safeParse(undefined);
  return { required: !success, value: data ?? null };
}

/** The Organization role that a new account has when none is given; undefined: one must be. */
export function defaultOrganizationRole(
  kind: AccountKind,
  systemRole: SystemRole,
): OrganizationRole | undefined {
  if (kind === 'api') return undefined;
  if (kind !== 'read_only') return impliedOrganizationRole(systemRole);
  const { data } = createReadOnlyUserInput.shape.organizationRole.safeParse(undefined);
  return data !== undefined && organizationRolesOf(systemRole).includes(data) ? data : undefined;
}

/** What follows from the System role, or is fixed for the kind. */
export function forcedValues(kind: AccountKind, systemRole: SystemRole): AccountForm['forced'] {
  const [only, ...others] = organizationRolesOf(systemRole);
  const role =
    only === undefined || others.length > 0
      ? []
      : [{ field: 'organizationRole', value: only, because: `Every ${systemRole} is ${only}.` }];
  if (kind !== 'taxii') return role;
  const because = `It is fixed for ${aKind(kind)}.`;
  return [{ field: 'systemRole', value: systemRole, because }, ...role.map((each) => ({ ...each, because }))];
}

/** The fields of the form of an account, as this asker may set them. */
export function editFields(
  access: Access,
  row: AccountRow,
  values: Readonly<Record<ChangeField, AccountChanges[ChangeField]>>,
  around: Surroundings,
): EditField[] {
  const target = accountTarget(row);
  const isShown = access.can('account.viewSystemRole', target);
  const isOwn = access.actor.kind === 'account' && access.actor.accountId === row.id;
  return fieldsOf(row.kind).map((name) => {
    const refusal = refusalToSet(access, name, target);
    return {
      name,
      settable: refusal === undefined,
      whyNot: refusal === undefined ? null : sentence(refusal),
      clearable: accountChanges.shape[name].safeParse(null).success,
      value: name === 'systemRole' && !isShown ? null : ((values[name] ?? null) as EditField['value']),
      help: FIELD_TEXTS[name],
      note:
        isOwn && name === 'userName' ? 'To change your own, show who you are first.' : noteOf(name, around),
    };
  });
}

/** The fields that an edit of the kind has, a TAXII user's service first. */
function fieldsOf(kind: AccountKind): ChangeField[] {
  const fields = (Object.keys(FORM_FIELDS) as ChangeField[]).filter((field) =>
    FORM_FIELDS[field].kinds.includes(kind),
  );
  return kind === 'taxii' ? ['service', ...fields.filter((field) => field !== 'service')] : fields;
}

function noteOf(name: string, { asksForTerms, services }: Surroundings): string | null {
  if (name === 'termsOfServiceAcceptanceRequired' && !asksForTerms)
    return 'It can be switched on only while the system setting termsOfServiceRequireNewUserToAccept is on.';
  if (name === 'service' && services?.length === 0) return 'The organization may use no TAXII service.';
  return null;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The seat that a new account of the kind takes, and what is left then. */
export function seatOf(kind: AccountKind, seats: SeatGauges): AccountForm['summary']['seat'] {
  const none = { kind: null, used: null, max: null, remaining: null, remainingAfter: null };
  if (kind === 'read_only') return { ...none, whyNot: seats.readOnlyUsers.whyNot };
  const limit = ({ user: 'users', api: 'apiUsers', taxii: 'taxiiUsers' } as const)[kind];
  const { used, max, remaining, whyNot } = seats[limit];
  return { kind: limit, used, max, remaining, remainingAfter: Math.max(0, remaining - 1), whyNot };
}

/** The Organization roles to choose from, the one that follows by itself first; null: it is fixed, or not the asker's to set. */
export function organizationRoleChoices(
  kind: AccountKind,
  systemRole: SystemRole,
  isSettable: boolean,
): AccountEditForm['organizationRoles'] {
  return kind === 'taxii' || !isSettable ? null : [...organizationRolesOf(systemRole)];
}
