import { Card, Group, Stack, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { SETTING_GROUPS } from '../../../../contract/setting-definition.ts';
import { listSettingsEndpoint, type Setting } from '../../../../contract/settings.ts';
import { useEndpoint } from '../../api/queries.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { SettingRow } from './setting-row.tsx';

/** The values that count for the whole instance, each saved by itself. */
export function SettingsPage() {
  const { search = '' } = useSearch({ from: '/inside/settings' });
  const change = useSearchChange();
  const settings = useEndpoint(listSettingsEndpoint, {});
  return (
    <Page
      title="System settings"
      lead="They count for the whole instance: every organization, every process. Each says when a new value begins to count."
    >
      <Answered query={settings}>
        {({ items }) => (
          <>
            <Group>
              <SearchField
                value={search}
                onChange={(text) => change({ search: text })}
                label="Search settings"
                placeholder="Password, session, mail …"
              />
            </Group>
            <Groups settings={items} search={search} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function isFound({ name, title, meaning, group }: Setting, search: string): boolean {
  const text = `${name} ${title} ${meaning} ${group}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What is not looked for is hidden only: what has been entered there stays. */
function Groups({ settings, search }: { settings: readonly Setting[]; search: string }) {
  const [dirty, setDirty] = useState<ReadonlySet<string>>(new Set());
  const onDirty = useCallback(
    (name: string, isDirty: boolean) =>
      setDirty((before) => {
        const next = new Set(before);
        if (isDirty) next.add(name);
        else next.delete(name);
        return next;
      }),
    [],
  );
  const found = new Set(
    settings.filter((setting) => isFound(setting, search)).map((setting) => setting.name),
  );
  return (
    <>
      <UnsavedGuard isDirty={dirty.size > 0} isSearchFree />
      {found.size === 0 && <Empty title="No setting is called so">Try another word, or fewer of them.</Empty>}
      {SETTING_GROUPS.map((group) => {
        const items = settings.filter((setting) => setting.group === group);
        return (
          <Card
            key={group}
            withBorder
            component="section"
            aria-label={group}
            padding="lg"
            display={items.some(({ name }) => found.has(name)) ? undefined : 'none'}
          >
            <Title order={2} size="h4">
              {group}
            </Title>
            {group === 'Mail' && (
              <Text size="sm" c="dimmed" mt={4}>
                What was sent, and a test:{' '}
                <ScreenLink to="/mail" size="sm" underline="always">
                  Mail
                </ScreenLink>
                .
              </Text>
            )}
            <Stack gap={0} mt="xs">
              {items.map((setting) => (
                <SettingRow
                  key={setting.name}
                  setting={setting}
                  isHidden={!found.has(setting.name)}
                  onDirty={onDirty}
                />
              ))}
            </Stack>
          </Card>
        );
      })}
    </>
  );
}
