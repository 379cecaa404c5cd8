import { List, SimpleGrid, Title } from '@mantine/core';
import { UNSEEN_PLACE } from '../../../../contract/account-parts.ts';
import type { DeletionPreview } from '../../../../contract/accounts.ts';
import { capital, counted } from './facts.tsx';
import type { Heirs } from './heir-fields.tsx';

/** What a deletion ends, and what stays. */
export function EndsAndStays({ preview, heirs }: { preview: DeletionPreview; heirs: Heirs }) {
  const { ends, seatFreed, kind, responsibilities, userName } = preview;
  const isPerson = kind === 'user' || kind === 'read_only';
  const passedOn = responsibilities.map(({ kind: of, title, items, candidates }) => {
    const heir = candidates.find(({ id }) => id === heirs[of]);
    return `${capital(title)} (${items.length}): go to ${heir?.name ?? heir?.userName ?? 'nobody yet'}`;
  });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <section>
        <Title order={3} size="h5">
          What ends
        </Title>
        <List>
          {isPerson && ends.sessions > 0 && <List.Item>{counted(ends.sessions, 'session')}</List.Item>}
          {ends.credentials > 0 && <List.Item>{counted(ends.credentials, 'credential')}</List.Item>}
          {ends.groups.length > 0 && <List.Item>Membership of {ends.groups.join(', ')}</List.Item>}
          {ends.communityRoles.map(({ owner, role }, index) => (
            <List.Item key={owner ?? index}>
              The role {role} in {owner ?? UNSEEN_PLACE}
            </List.Item>
          ))}
          <List.Item>
            {seatFreed ? 'Its seat becomes free.' : 'No seat becomes free: the account has none.'}
          </List.Item>
          <List.Item>The user name {userName} becomes free; who gets it next inherits nothing.</List.Item>
        </List>
      </section>
      <section>
        <Title order={3} size="h5">
          What stays
        </Title>
        <List>
          <List.Item>Everything that it added: intelligence belongs to owners, not to accounts.</List.Item>
          <List.Item>
            A tombstone with its name, so that the audit trail says who did what, also later.
          </List.Item>
          {passedOn.map((text) => (
            <List.Item key={text}>{text}</List.Item>
          ))}
        </List>
      </section>
    </SimpleGrid>
  );
}
