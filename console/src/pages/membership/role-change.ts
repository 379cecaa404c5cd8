import { type AccountEditForm, getAccountFormEndpoint } from '../../../../contract/account-forms.ts';
import { getAccountRightsEndpoint, type Place, type Right } from '../../../../contract/rights.ts';
import type { Asked } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { isSame, type Value, type Values } from './account-form.ts';

/** What other roles change in one place. */
export type Difference = { key: string; title: string; gains: Right[]; loses: Right[] };

/** Other roles of an account, as they stand in its form. */
export type RoleChange = {
  /** Which roles, in sentences. */
  lines: string[];
  /** The seat, in a sentence. */
  seat: string;
  /** What they give and take, by place; undefined while that is asked for, null where it cannot be told. */
  differences: readonly Difference[] | null | undefined;
  /** Whether the System role, which may give rights beside, is not shown to the asker. */
  isSystemRoleHidden: boolean;
};

type Roles = { systemRole: Value; organizationRole: Value };

const rolesOf = (values: Values): Roles => ({
  systemRole: values.systemRole ?? null,
  organizationRole: values.organizationRole ?? null,
});

/** What is changed of the roles, and what comes of it: the rights of new accounts with those roles, compared; null: nothing is. */
export function useRoleChange(form: AccountEditForm, base: Values, values: Values): RoleChange | null {
  const before = rolesOf(base);
  const entered = rolesOf(values);
  const hasNewSystemRole = !isSame(before.systemRole, entered.systemRole);
  const after = hasNewSystemRole ? withFollowingRole(form, entered) : entered;
  const enabled = hasNewSystemRole || !isSame(before.organizationRole, entered.organizationRole);
  const askedFor = ({ systemRole, organizationRole }: Roles) =>
    ({
      params: { organization: String(form.account.organization.id), kind: form.account.kind },
      query: {
        ...(form.systemRoles !== null && typeof systemRole === 'string' ? { systemRole } : {}),
        ...(typeof organizationRole === 'string' ? { organizationRole } : {}),
      },
    }) as Asked<typeof getAccountFormEndpoint>;
  const present = useEndpoint(getAccountFormEndpoint, askedFor(before), { enabled });
  const chosen = useEndpoint(getAccountFormEndpoint, askedFor(after), { enabled });
  const rights = useEndpoint(
    getAccountRightsEndpoint,
    { params: { account: String(form.account.id) } },
    { enabled: enabled && hasNewSystemRole },
  );
  if (!enabled) return null;

  const failed = present.isError || chosen.isError || (hasNewSystemRole && rights.isError);
  const known = [present.data?.summary, chosen.data?.summary, hasNewSystemRole ? rights.data : true];
  const [one, other] = [present.data?.summary, chosen.data?.summary];
  const isAnswered = known.every((each) => each !== undefined) && one !== undefined && other !== undefined;
  // The Community roles given to the account itself are no part of the comparison; the preview says what becomes of them.
  const individual = new Set(
    (rights.data?.places ?? []).filter((place) => place.individualRole !== null).map(keyOf),
  );
  const isTold = isAnswered && isOf(one, before) && isOf(other, after);
  const differences = isTold ? differencesOf(one.places, other.places, individual) : null;
  return {
    lines: linesOf(before, entered),
    seat: seatOf(form.account.kind, other),
    differences: failed || isAnswered ? differences : undefined,
    isSystemRoleHidden: before.systemRole === null,
  };
}

/** The Organization role stays where it goes with the System role; else the one counts that follows by itself. */
function withFollowingRole({ organizationRoles }: AccountEditForm, roles: Roles): Roles {
  const isPossible =
    organizationRoles === null || organizationRoles.some((role) => role === roles.organizationRole);
  return isPossible ? roles : { ...roles, organizationRole: organizationRoles[0] ?? roles.organizationRole };
}

type Summary = { systemRole: string; organizationRole: string | null; places: readonly Place[] };

/** Whether the answer is about these roles: the form counts what does not go together as not chosen. */
const isOf = ({ systemRole, organizationRole }: Summary, roles: Roles) =>
  organizationRole === roles.organizationRole &&
  (roles.systemRole === null || systemRole === roles.systemRole);

const keyOf = ({ kind, owner }: Place) => `${kind}-${owner?.id ?? 'all'}`;

const grantedIn = (place: Place | undefined) =>
  new Map(
    (place?.rights ?? []).filter(({ granted }) => granted === true).map((right) => [right.permission, right]),
  );

/** What differs, by place; null where no roles give anything now, such as in an organization that is disabled. */
function differencesOf(
  before: readonly Place[],
  after: readonly Place[],
  skipped: ReadonlySet<string>,
): Difference[] | null {
  if (![...before, ...after].some((place) => grantedIn(place).size > 0)) return null;
  const was = new Map(before.map((place) => [keyOf(place), place]));
  const is = new Map(after.map((place) => [keyOf(place), place]));
  return [...new Map([...was, ...is])]
    .filter(([key]) => !skipped.has(key))
    .map(([key, { title }]) => {
      const [had, has] = [grantedIn(was.get(key)), grantedIn(is.get(key))];
      return {
        key,
        title,
        gains: [...has.values()].filter(({ permission }) => !had.has(permission)),
        loses: [...had.values()].filter(({ permission }) => !has.has(permission)),
      };
    })
    .filter(({ gains, loses }) => gains.length + loses.length > 0);
}

function linesOf(before: Roles, after: Roles): string[] {
  const named = [
    ['System role', before.systemRole, after.systemRole],
    ['Organization role', before.organizationRole, after.organizationRole],
  ] as const;
  return named
    .filter(([, was, is]) => !isSame(was, is))
    .map(([name, was, is]) => `The ${name} changes from ${was ?? 'none'} to ${is ?? 'none'}.`);
}

function seatOf(
  kind: string,
  after: { kind: string; seat: { used: number | null; max: number | null } } | undefined,
): string {
  if (after === undefined || after.kind === kind)
    return kind === 'read_only' ? 'It takes none.' : 'It keeps the one that it has.';
  if (after.kind === 'read_only') return 'The one of the users that it has becomes free.';
  const { used, max } = after.seat;
  if (used === null || max === null) return 'It takes one of the users, which are not limited.';
  return used < max
    ? `It takes one of the users: after saving, ${used + 1} of ${max} are taken.`
    : `It takes one of the users, and ${used} of ${max} are taken.`;
}
