import { SimpleGrid, Text } from '@mantine/core';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { isPerson } from './account-words.ts';
import { counted, type Fact, Facts, listed, yesNo } from './facts.tsx';
import { GivenReason, StatusActor } from './status-line.tsx';

const LINKS = {
  invitation: 'Invitation',
  password_reset: 'Password reset',
  email_change: 'Change of e-mail',
} as const;

/** All facts of an account, in groups. */
export function OverviewTab({ account }: { account: AccountDetails }) {
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Facts title="Identity" facts={identity(account)} />
      <Facts title="Roles and rights" facts={roles(account)} />
      <Facts title="State" facts={state(account)} />
      <Facts title={isPerson(account) ? 'Signing in' : 'Use'} facts={signingIn(account)} />
      {isPerson(account) && <Facts title="Settings" facts={settings(account)} />}
    </SimpleGrid>
  );
}

const none = (text = 'none') => (
  <Text span inherit c="dimmed">
    {text}
  </Text>
);

function identity(account: AccountDetails): Fact[] {
  const { kind } = account;
  return [
    ['Kind', KIND_WORDS[kind].title],
    [kind === 'api' ? 'Access ID' : isPerson(account) ? 'E-mail address' : 'User name', account.userName],
    ...(kind === 'taxii'
      ? []
      : ([
          ['First name', account.firstName ?? none()],
          ['Last name', account.lastName ?? none()],
        ] as Fact[])),
    ['Pseudonym', account.pseudonym],
    ['Organization', account.organization.name],
    ...(isPerson(account) ? [] : ([['Contact e-mail', account.contactEmail ?? none()]] as Fact[])),
    ['Id', String(account.id)],
    ['Created', <Instant key="created" at={account.createdAt} />],
  ];
}

function roles(account: AccountDetails): Fact[] {
  const { kind, systemRole, service, onlyOwners } = account;
  return [
    ...(systemRole === undefined ? [] : ([['System role', systemRole]] as Fact[])),
    ['Organization role', account.organizationRole],
    ...(isPerson(account)
      ? ([
          [
            'User groups',
            account.groups.length === 0 ? none() : listed(account.groups.map(({ name }) => name)),
          ],
        ] as Fact[])
      : []),
    ...(kind === 'taxii'
      ? ([
          ['TAXII service', service === null ? none() : `${service.name} (${service.path})`],
          [
            'Sees',
            onlyOwners === null ? 'All that its roles allow' : `Only ${listed(ownersShown(onlyOwners))}`,
          ],
        ] as Fact[])
      : ([
          [
            'Custom TQL timeout',
            account.customTqlTimeoutMs === null
              ? none('as the system setting says')
              : `${account.customTqlTimeoutMs.toLocaleString('en')} ms`,
          ],
        ] as Fact[])),
    ...(kind === 'api'
      ? ([
          ['Include in observations', yesNo(account.includeInObservations)],
          ['Exceed API link limit', yesNo(account.exceedApiLinkLimit)],
        ] as Fact[])
      : []),
    [
      'Reasons',
      <ScreenLink
        key="rights"
        inherit
        to="/accounts/$account"
        params={{ account: String(account.id) }}
        search={{ tab: 'rights' }}
      >
        See each right and why
      </ScreenLink>,
    ],
  ];
}

/** The names of owners; those that the asker cannot see are counted. */
function ownersShown(owners: NonNullable<AccountDetails['onlyOwners']>): string[] {
  const names = owners.flatMap(({ name }) => (name === null ? [] : [name]));
  const hidden = owners.length - names.length;
  return hidden === 0
    ? names
    : [...names, counted(hidden, 'owner that you cannot see', 'owners that you cannot see')];
}

function state(account: AccountDetails): Fact[] {
  const { status, statusCause, pendingLink } = account;
  return [
    ['Status', statusCause?.lockdown === true ? 'Disabled by a lockdown.' : status.reason],
    ...(status.since === null || status.state === 'expired'
      ? []
      : ([['Since', <Instant key="since" at={statusCause?.at ?? status.since} />]] as Fact[])),
    ...(statusCause === null ? [] : ([['By', <StatusActor key="by" by={statusCause.by} />]] as Fact[])),
    ...(statusCause?.reason == null
      ? []
      : ([['Reason given', <GivenReason key="reason" reason={statusCause.reason} />]] as Fact[])),
    ...(account.kind === 'api' ? [] : ([['Locked', yesNo(account.locked)]] as Fact[])),
    ['Disabled', yesNo(account.disabled)],
    ['Expires', <Instant key="expires" at={account.expiresAt} />],
    ...(isPerson(account)
      ? ([
          ['Has to set a new password', yesNo(account.passwordResetRequired)],
          ['Has to set up a second factor', yesNo(account.mfaResetRequired)],
          ['Has to accept the terms of service', yesNo(account.termsOfServiceAcceptanceRequired)],
        ] as Fact[])
      : []),
    ...(account.invitation === 'ended'
      ? ([['Invitation', 'Its link has expired or was ended']] as Fact[])
      : []),
    ...(pendingLink === null
      ? []
      : ([
          [
            'Open link',
            <span key="link">
              {LINKS[pendingLink.purpose]}, good until <Instant at={pendingLink.expiresAt} />
            </span>,
          ],
        ] as Fact[])),
  ];
}

function signingIn(account: AccountDetails): Fact[] {
  const { authenticator, credentials, termsAcceptedVersion, termsAcceptedAt } = account;
  const lastUsed: Fact[] = [
    ['Last used', <Instant key="used" at={account.lastUsedAt} />],
    ['Last used from', account.lastUsedFrom ?? none('unknown')],
  ];
  if (!isPerson(account))
    return [
      ...lastUsed,
      ['Credentials', counted(credentials.length, 'credential')],
      ['Next end of a credential', <Instant key="end" at={account.credentialExpiresAt} none="none ends" />],
    ];
  return [
    ...lastUsed,
    ['Password last set', <Instant key="password" at={account.passwordChangedAt} none="none is set yet" />],
    [
      'Second factor',
      authenticator === null ? (
        none()
      ) : (
        <span key="factor">
          since <Instant at={authenticator.since} />
        </span>
      ),
    ],
    [
      'Terms of service',
      termsAcceptedVersion === null ? (
        none('not accepted')
      ) : (
        <span key="terms">
          Version {termsAcceptedVersion}, <Instant at={termsAcceptedAt} />
        </span>
      ),
    ],
  ];
}

function settings(account: AccountDetails): Fact[] {
  const { timeZone, logOutAfterMinutes, summaryEmailTime } = account;
  return [
    ['Time zone', timeZone ?? none('as the browser has it')],
    [
      'Log out after',
      logOutAfterMinutes === null
        ? none('as the system setting says')
        : counted(logOutAfterMinutes, 'minute'),
    ],
    ['Time of summary e-mails', summaryEmailTime ?? none()],
  ];
}
