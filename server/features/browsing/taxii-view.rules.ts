import type { TaxiiView } from '../../../contract/taxii-view.ts';
import type { AccountObstacle } from '../authentication/authentication.rules.ts';

type Obstacle = TaxiiView['obstacles'][number];
type Remark = TaxiiView['remarks'][number];

const OF_ACCOUNT: Readonly<Record<AccountObstacle, Obstacle | undefined>> = {
  'not a kind of account that may come this way': undefined,
  deleted: undefined,
  disabled: { code: 'disabled', text: 'It is disabled.' },
  'its organization is disabled': { code: 'organization_disabled', text: 'Its organization is disabled.' },
  locked: { code: 'locked', text: 'It is locked.' },
  expired: { code: 'expired', text: 'It has expired.' },
};

/** Why a TAXII user is not let in; of the account itself the first reason, which is the one that counts. */
export function obstaclesOf(facts: {
  account: AccountObstacle | undefined;
  /** Whether it is bound to a TAXII service, and may use it. */
  service: 'usable' | 'not open' | 'none';
  credentials: number;
}): Obstacle[] {
  const ofAccount = facts.account === undefined ? undefined : OF_ACCOUNT[facts.account];
  return [
    ...(ofAccount === undefined ? [] : [ofAccount]),
    ...(facts.service === 'none'
      ? [{ code: 'no_service', text: 'It is bound to no TAXII service.' } as const]
      : []),
    ...(facts.service === 'not open'
      ? [{ code: 'service_not_open', text: 'Its TAXII service is not open to its organization.' } as const]
      : []),
    ...(facts.credentials === 0
      ? [{ code: 'no_credential', text: 'It has neither a password nor an API key that is valid.' } as const]
      : []),
  ];
}

/** Why a TAXII user is shown no more than it is. */
export function remarksOf(facts: {
  shown: number;
  /** Of these, those that the asker may not know of. */
  unknown: number;
  publishedOnly: number;
  notListed: number;
  byRole: number;
  readOnly: boolean;
}): Remark[] {
  const remarks: (Remark | false)[] = [
    facts.shown === 0 && { code: 'no_collections', text: 'It is shown no collection.' },
    facts.unknown > 0 && {
      code: 'not_known_to_you',
      text: `${collections(facts.unknown)} shown to it besides, of communities or sources that you may not know of.`,
    },
    facts.notListed > 0 && {
      code: 'allow_list',
      text: `${collections(facts.notListed)} not shown, because it sees only the owners on its list.`,
    },
    facts.byRole > 0 && {
      code: 'community_role',
      text: `${collections(facts.byRole)} not shown, because its role there lets it neither read nor write.`,
    },
    facts.publishedOnly > 0 && {
      code: 'published_only',
      text: `Of ${facts.publishedOnly === 1 ? 'one collection' : `${facts.publishedOnly} collections`} it is given only what is published.`,
    },
    facts.readOnly && { code: 'read_only_credential', text: 'All of its credentials are for reading only.' },
  ];
  return remarks.filter((remark) => remark !== false);
}

function collections(count: number): string {
  return count === 1 ? 'One collection is' : `${count} collections are`;
}
