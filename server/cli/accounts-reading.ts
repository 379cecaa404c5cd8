import { type Command, Option } from 'commander';
import { ACCOUNT_SORTS, type AccountDetails, type AccountItem, PENDING } from '../../contract/accounts.ts';
import { MAX_PAGE } from '../../contract/paging.ts';
import type { Reference } from '../../contract/references.ts';
import type { App, Caller } from '../context.ts';
import { type AccountQuery, getAccount, listAccounts } from '../features/accounts/listing.service.ts';
import { answerAbout, answerInTerms } from './accounts-answer.ts';
import { CREDENTIALS, fullName, type KindOfAccount, LINKS, short } from './accounts-kinds.ts';
import { wholeNumber, withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';

type ListOptions = Pick<
  AccountQuery,
  | 'authenticator'
  | 'state'
  | 'search'
  | 'sort'
  | 'systemRole'
  | 'organizationRole'
  | 'pending'
  | 'credentialExpiresWithinDays'
  | 'expiresWithinDays'
  | 'unusedForDays'
> & {
  used?: boolean;
  organization?: string;
  limit?: number;
};

const STATES = ['active', 'locked', 'disabled', 'expired'] as const;

/** `list` and `show`. Neither shows a secret. */
export function registerReading(group: Command, kind: KindOfAccount): void {
  registerList(group, kind);
  withExample(
    group
      .command('show')
      .argument(`<${kind.reference}>`)
      .description(`show ${kind.kind === 'api' ? 'an' : 'a'} ${kind.title} with everything that its form has`)
      .action(async (account: string, _options: object, command: Command) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const details = await getAccount(app, caller, { account, kind: kind.kind });
          return { data: details, lines: detailLines(kind, details) };
        });
      }),
    `taxiway ${kind.command} show ${kind.example}`,
  );
}

function registerList(group: Command, kind: KindOfAccount): void {
  const orders = ACCOUNT_SORTS.flatMap((sort) => [sort, `-${sort}`]);
  const list = group
    .command('list')
    .description(`list ${kind.plural}`)
    .option('--organization <name>', 'only those of this organization; by default of all that you may see')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--search <text>', 'only those with this in their user name, name or pseudonym')
    .addOption(
      new Option('--sort <order>', `by one of ${ACCOUNT_SORTS.join(', ')}; -name for the other way round`)
        .choices(orders)
        .default('userName'),
    )
    .option('--expires-within-days <n>', 'only those that expire within so many days', wholeNumber)
    .option(
      '--unused-for-days <n>',
      'only those last used, or created when they never were, longer ago than so many days',
      wholeNumber,
    )
    .option('--used', 'only those that were used')
    .option('--no-used', 'only those that were never used')
    .option('--limit <n>', 'at most so many; by default all', wholeNumber);
  if (kind.hasSessions) {
    list.addOption(
      new Option('--authenticator <state>', 'only those with (on) or without (off) a second factor').choices([
        'on',
        'off',
      ]),
    );
    list.addOption(
      new Option(
        '--pending <what>',
        'only those of whom something is awaited: to follow an invitation, to act at the next sign-in, or any of it',
      ).choices(PENDING),
    );
  }
  if (!kind.hasSessions) {
    list.option(
      '--credential-expires-within-days <n>',
      'only those of which a credential ends within so many days, and nothing has taken its place',
      wholeNumber,
    );
  }
  if (kind.kind !== 'taxii') {
    list
      .option('--organization-role <role>', 'only those with this Organization role')
      .option('--system-role <role>', 'only those with this System role; for those who may see it');
  }
  withExample(
    list.action(async ({ organization, limit, used, ...query }: ListOptions, command: Command) => {
      await answerInTerms(command, {}, async (app, caller) => {
        const where = organization ?? ownOrganization(caller);
        const { items, more } = await listUpTo(app, caller, where, limit, {
          ...query,
          ...(used === undefined ? {} : { neverUsed: !used }),
          kind: kind.kind,
        });
        return {
          data: { [kind.listKey]: items, more },
          lines: items.length === 0 ? [`There is no such ${kind.title}.`] : listLines(kind, items, more),
        };
      });
    }),
    `taxiway ${kind.command} list --organization "Acme Power"`,
    `taxiway ${kind.command} list --state disabled --sort -lastUsedAt --limit 20 --json`,
    `taxiway ${kind.command} list --state active --unused-for-days 90`,
  );
}

/** Where nobody says which: all that there are for those who see them, one's own for the others. */
function ownOrganization({ access }: Caller): number | undefined {
  return access.actor.kind !== 'account' || access.can('account.view', {})
    ? undefined
    : access.actor.organizationId;
}

/** Page by page, up to the limit. */
async function listUpTo(
  app: App,
  caller: Caller,
  organization: Reference | undefined,
  limit = Number.POSITIVE_INFINITY,
  query: AccountQuery,
): Promise<{ items: AccountItem[]; more: boolean }> {
  const items: AccountItem[] = [];
  let after: string | null = null;
  do {
    const page = await listAccounts(app, caller, organization, {
      ...query,
      limit: Math.max(1, Math.min(MAX_PAGE, limit - items.length)),
      ...(after === null ? {} : { after }),
    });
    items.push(...page.items);
    after = page.next;
  } while (after !== null && items.length < limit);
  return { items: items.slice(0, limit), more: after !== null || items.length > limit };
}

function listLines(kind: KindOfAccount, items: readonly AccountItem[], more: boolean): string[] {
  const columns: KindOfAccount['columns'] = [
    [kind.reference === 'access-id' ? 'Access ID' : 'User name', (item) => item.userName],
    ...kind.columns,
    // Only those who may see System roles are answered with them.
    ...(kind.kind !== 'taxii' && items.some((item) => item.systemRole !== undefined)
      ? [['System role', (item: AccountItem) => item.systemRole ?? ''] as const]
      : []),
    ['State', (item) => item.status.state],
    ['Last used', (item) => short(item.lastUsedAt) ?? 'never'],
  ];
  return [
    ...tableLines(
      columns.map(([heading]) => heading),
      items.map((item) => columns.map(([, cell]) => cell(item))),
    ),
    ...(more ? ['', 'There are more: raise --limit, or leave it out.'] : []),
  ];
}

function detailLines(kind: KindOfAccount, account: AccountDetails): string[] {
  const isPerson = account.kind === 'user' || account.kind === 'read_only';
  const when = (value: boolean) => (value ? 'yes' : undefined);
  const listed = (items: readonly { name: string }[]) =>
    items.map(({ name }) => name).join(', ') || undefined;
  return [
    `${account.userName} (${kind.title} of "${account.organization.name}")`,
    ...fieldLines([
      ...statusFields(account),
      ['Name', fullName(account) || undefined],
      ['Pseudonym', account.pseudonym],
      ['System role', account.systemRole],
      ['Organization role', account.organizationRole],
      ['User groups', listed(account.groups)],
      [
        'TAXII service',
        account.service === null ? undefined : `${account.service.name}, /${account.service.path}/`,
      ],
      ['Sees', account.kind === 'taxii' ? seenBy(account) : undefined],
      ['Contact', account.contactEmail ?? undefined],
      ['Expires', short(account.expiresAt)],
      ['New password required', when(account.passwordResetRequired)],
      ['New second factor required', when(account.mfaResetRequired)],
      ['Second factor', isPerson ? factorsOf(account) : undefined],
      ['Terms of service required', when(account.termsOfServiceAcceptanceRequired)],
      [
        'Terms of service accepted',
        account.termsAcceptedVersion === null
          ? undefined
          : `version ${account.termsAcceptedVersion}, ${short(account.termsAcceptedAt)}`,
      ],
      ['TQL timeout', account.customTqlTimeoutMs === null ? undefined : `${account.customTqlTimeoutMs} ms`],
      ['Included in observations', when(account.includeInObservations)],
      ['Exceeds the link limit', when(account.exceedApiLinkLimit)],
      ['Time zone', account.timeZone ?? undefined],
      [
        'Logged out after',
        account.logOutAfterMinutes === null ? undefined : `${account.logOutAfterMinutes} minutes`,
      ],
      ['Daily summary at', account.summaryEmailTime ?? undefined],
      ['Password changed', isPerson ? short(account.passwordChangedAt) : undefined],
      [
        'Open link',
        account.pendingLink === null
          ? undefined
          : `${LINKS[account.pendingLink.purpose]}, until ${short(account.pendingLink.expiresAt)}`,
      ],
      [
        'Invitation',
        account.invitation === 'ended'
          ? // Nobody who is out of use is invited.
            `its link has expired or was ended${account.status.state === 'active' ? `: taxiway account invite ${account.userName}` : ''}`
          : undefined,
      ],
      ['Created', short(account.createdAt)],
      ['Last used', lastUse(account)],
      ['Id', `${account.id}, version ${account.version}`],
    ]),
    ...(account.credentials.length === 0 ? ['It has no credential.'] : ['Credentials:']),
    ...credentialLines(account),
  ];
}

/** Why it is not active, since when, by whom and for what reason, as far as the asker is told. */
function statusFields({ status, statusCause }: AccountDetails): [string, string | undefined][] {
  const { state, reason, since } = status;
  return [
    ['Status', statusCause?.lockdown === true ? 'Disabled by a lockdown.' : reason.replace(/\.\d+Z/g, 'Z')],
    // Of one that expired, the reason names the instant.
    ['Since', state === 'expired' ? undefined : short(statusCause?.at ?? since)],
    ['By', statusCause?.by.name],
    ['Reason given', statusCause?.reason === null ? undefined : statusCause?.reason.replace(/\s+/g, ' ')],
  ];
}

function factorsOf({ authenticator }: AccountDetails): string {
  if (authenticator === null) return 'none';
  const { totp, passkeys, recoveryCodesLeft } = authenticator;
  return [
    ...(totp ? ['authenticator app'] : []),
    ...(passkeys > 0 ? [`${passkeys} ${passkeys === 1 ? 'passkey' : 'passkeys'}`] : []),
    `${recoveryCodesLeft} recovery codes left`,
    `since ${short(authenticator.since)}`,
  ].join(', ');
}

function seenBy({ onlyOwners }: AccountDetails): string {
  if (onlyOwners === null) return 'all that its organization gives it';
  return onlyOwners.length === 0
    ? 'nothing'
    : onlyOwners.map(({ id, name }) => name ?? `owner ${id}`).join(', ');
}

function lastUse({ lastUsedAt, lastUsedFrom }: Pick<AccountDetails, 'lastUsedAt' | 'lastUsedFrom'>): string {
  const at = short(lastUsedAt);
  if (at === undefined) return 'never';
  return lastUsedFrom === null ? at : `${at} from ${lastUsedFrom}`;
}

function credentialLines({ credentials }: AccountDetails): string[] {
  if (credentials.length === 0) return [];
  return tableLines(
    ['  Id', 'Credential', 'Ends in', 'Made', 'Valid until', 'Last used', 'Bound to'],
    credentials.map((credential) => [
      `  ${credential.id}`,
      CREDENTIALS[credential.kind],
      credential.hint === null ? '' : `…${credential.hint}`,
      short(credential.createdAt) ?? '',
      short(credential.expiresAt) ?? 'replaced or revoked',
      lastUse(credential),
      [
        ...(credential.allowedNetworks ?? []),
        ...(credential.readOnly ? ['reads only'] : []),
        ...(credential.signedBodyRequired ? ['signed bodies only'] : []),
      ].join(', '),
    ]),
  );
}
