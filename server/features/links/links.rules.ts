import type { LinkPurpose } from '../../../contract/links.ts';
import { nameKey } from '../../../contract/names.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { type Access, createAccess } from '../../access/access.ts';
import type { Actor } from '../../access/can.ts';
import { AppError } from '../../errors.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountTarget } from '../accounts/account-view.rules.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';

const HOUR = 3_600_000_000;

/** For how long a link is good. What somebody else made has to find its way, what one asked for oneself is awaited. */
const LIVES: Readonly<Record<LinkPurpose, Micros>> = {
  invitation: 7 * 24 * HOUR,
  password_reset: 24 * HOUR,
  email_change: 24 * HOUR,
};
const OWN_RESET_LIFE = HOUR;

export function linkEnd(purpose: LinkPurpose, now: Micros, isOwn: boolean): Micros {
  return now + (purpose === 'password_reset' && isOwn ? OWN_RESET_LIFE : LIVES[purpose]);
}

/** Tells a person, or a scanner for secrets, what a found string is. */
export const LINK_PREFIX = 'txwl_';

/** The address behind which a person follows the link. What stands behind `#` reaches no server, and so no log. */
export function linkUrl(baseUrl: string, token: string): string {
  return `${baseUrl.replace(/\/$/, '')}/link#${token}`;
}

/** One sentence whatever is wrong with it, so that trying links tells nothing. */
export function deadLink(): AppError {
  return new AppError('not_found', { message: 'The link is not valid any more.' });
}

export type StoredLink = {
  purpose: LinkPurpose;
  email: string;
  created_by: number | null;
  created_at: Micros;
  expires_at: Micros;
};

export type LinkHolder = {
  id: number;
  kind: AccountKind;
  organization_id: number;
  system_role: Parameters<typeof accountTarget>[0]['system_role'];
  user_name: string;
  password_changed_at: Micros | null;
} & Parameters<typeof accountObstacle>[0];

const PEOPLE: readonly AccountKind[] = ['user', 'read_only'];

/**
 * Why a link is not good, which nobody outside is told; undefined when it is. `maker`: who made it, with the rights of
 * now, undefined where that account may not act any more.
 */
export function linkObstacle(
  link: StoredLink,
  account: LinkHolder,
  { maker, ownEmailChangeAllowed }: { maker: Actor | undefined; ownEmailChangeAllowed: boolean },
  now: Micros,
): string | undefined {
  if (now >= link.expires_at) return 'expired';
  const obstacle = accountObstacle(account, PEOPLE, now);
  if (obstacle !== undefined) return obstacle;
  if (account.password_changed_at !== null && account.password_changed_at >= link.created_at)
    return 'the password was changed since';
  if (link.purpose !== 'email_change' && nameKey(link.email) !== nameKey(account.user_name))
    return 'the e-mail address was changed since';
  if (link.created_by === null) return undefined;
  if (maker === undefined) return 'whoever made it may not act any more';
  const access = createAccess(maker);
  const isAllowed =
    link.purpose === 'email_change'
      ? mayChangeOwnEmail(access, account, ownEmailChangeAllowed)
      : access.can('account.credential', accountTarget(account));
  return isAllowed ? undefined : 'whoever made it may not do so any more';
}

/** Whether a person may change the e-mail address of the own account. */
export function mayChangeOwnEmail(
  access: Access,
  account: Pick<LinkHolder, 'id' | 'organization_id' | 'system_role'>,
  isAllowedToAll: boolean,
): boolean {
  const target = accountTarget(account);
  return access.can('account.userName', target) || (isAllowedToAll && access.can('account.profile', target));
}
