import { Accordion, Alert, Badge, Group, List, Paper, Progress, Stack, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { AccountForm } from '../../../../contract/account-forms.ts';
import { KINDS, type PasswordChoice } from './account-form.ts';

/** What comes of the form as it is filled in: the account, its seat, its rights, and what happens next. */
export function Summary({ form, next }: { form: AccountForm; next: string }) {
  const { summary } = form;
  return (
    <Paper withBorder p="md" component="section" aria-label="What comes of it">
      <Stack gap="md">
        <Text fw={650}>What comes of it</Text>
        <Group gap="xs">
          <Badge variant="light">{sentence(KINDS[summary.kind].name)}</Badge>
          {form.systemRoles !== null && summary.kind !== 'taxii' && (
            <Badge variant="light" color="grape">
              System role {summary.systemRole}
            </Badge>
          )}
          <Badge variant="light" color={summary.organizationRole === null ? 'gray' : 'teal'}>
            {summary.organizationRole ?? 'Organization role not chosen'}
          </Badge>
          {summary.service !== null && (
            <Badge variant="light" color="blue">
              {summary.service.name}
            </Badge>
          )}
        </Group>
        {summary.kind !== form.kind && (
          <Alert color="blue" title={`It becomes ${aName(KINDS[summary.kind].name)}`}>
            The kind of the account follows from the System role.
          </Alert>
        )}
        <Seat seat={summary.seat} />
        <div>
          <Text size="sm" fw={600}>
            What happens next
          </Text>
          <Text size="sm">{next}</Text>
        </div>
        <Rights form={form} />
      </Stack>
    </Paper>
  );
}

const SEATS = { users: 'users', apiUsers: 'API users', taxiiUsers: 'TAXII users' } as const;

function Seat({ seat }: { seat: AccountForm['summary']['seat'] }) {
  const { kind, used, max, remainingAfter } = seat;
  if (kind === null)
    return (
      <Text size="sm">
        <strong>Seat.</strong> It takes none.
      </Text>
    );
  if (used === null || max === null)
    return (
      <Text size="sm">
        <strong>Seat.</strong> It takes one of the {SEATS[kind]}, which are not limited.
      </Text>
    );
  const after = Math.min(used + 1, max);
  return (
    <div>
      <Text size="sm">
        <strong>Seat.</strong>{' '}
        {seat.whyNot === null
          ? `After saving, ${used + 1} of ${max} ${SEATS[kind]} are taken; ${remainingAfter ?? 0} more would fit.`
          : `${used} of ${max} ${SEATS[kind]} are taken.`}
      </Text>
      <Progress
        mt={6}
        value={max === 0 ? 100 : (100 * after) / max}
        color={seat.whyNot === null ? undefined : 'red'}
        aria-label={`Seats of the ${SEATS[kind]} taken after saving`}
      />
    </div>
  );
}

function Rights({ form: { summary } }: { form: AccountForm }) {
  const places = summary.places.map((place) => ({
    ...place,
    granted: place.rights.filter(({ granted }) => granted === true),
  }));
  const somewhere = places.filter(({ granted }) => granted.length > 0);
  return (
    <div>
      <Text size="sm" fw={600}>
        Rights of the account
      </Text>
      {somewhere.length === 0 ? (
        <Text size="sm" c="dimmed">
          {summary.organizationRole === null
            ? 'Choose an Organization role to see it here.'
            : 'Nothing beyond the own account.'}
        </Text>
      ) : (
        <Accordion variant="contained" mt="xs" order={3} multiple>
          {somewhere.map(({ kind, title, owner, communityRole, note, granted }) => (
            <Accordion.Item key={`${kind}-${owner?.id ?? 'all'}`} value={`${kind}-${owner?.id ?? 'all'}`}>
              <Accordion.Control>
                <Text size="sm" fw={600}>
                  {title}
                </Text>
                <Text size="xs" c="dimmed">
                  {communityRole === null ? '' : `${communityRole} · `}
                  {granted.length} {granted.length === 1 ? 'right' : 'rights'}
                </Text>
              </Accordion.Control>
              <Accordion.Panel>
                <List size="sm" spacing={4} icon={<IconCheck size={14} aria-hidden />}>
                  {granted.map(({ permission, text, only }) => (
                    <List.Item key={permission}>
                      {inWords(text)}
                      {only.map((bound) => (
                        <Text key={bound} size="xs" c="dimmed">
                          {bound}
                        </Text>
                      ))}
                    </List.Item>
                  ))}
                </List>
                {note !== null && (
                  <Text size="xs" c="dimmed" mt="xs">
                    {note}
                  </Text>
                )}
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
      {summary.more && (
        <Text size="xs" c="dimmed" mt={4}>
          There are more communities and sources than those.
        </Text>
      )}
    </div>
  );
}

/** What saving brings, in a sentence or two. */
export function whatHappensNext(
  form: AccountForm,
  password: PasswordChoice,
  { mailConfigured, makesKey }: { mailConfigured: boolean; makesKey: boolean },
): string {
  if (form.kind === 'api')
    return makesKey
      ? 'An Access ID, a Secret Key and a token are generated. The key and the token are shown to you once.'
      : 'An Access ID and a Secret Key are generated. The key is shown to you once.';
  if (form.kind === 'taxii') {
    const key = makesKey ? ' So is the API key.' : '';
    return password === 'typed'
      ? `It can connect at once with the password that you typed.${makesKey ? ' The API key is shown to you once.' : ''}`
      : `A password is generated and shown to you once.${key} Then you see how clients connect.`;
  }
  if (password === 'invitation')
    return mailConfigured
      ? 'The person is sent an invitation by mail, and chooses the password.'
      : 'The invitation is shown to you once, to be passed on: this instance sends no mail.';
  if (password === 'typed') return 'The person can sign in at once with the password that you typed.';
  return 'A password is generated and shown to you once, to be passed on.';
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const aName = (name: string) => `${/^[aeiou]/i.test(name) && name !== 'user' ? 'an' : 'a'} ${name}`;
/** "To read …" as "Read …". */
export const inWords = (text: string) => sentence(text.replace(/^To /, ''));
