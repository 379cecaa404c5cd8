import { Card, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useRef } from 'react';
import { SETTING_GROUPS } from '../../../../contract/setting-definition.ts';
import { listSettingsEndpoint, type Setting } from '../../../../contract/settings.ts';
import { useEndpoint } from '../../api/queries.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { SettingRow } from './setting-row.tsx';

/** The values that count for the whole instance, each saved by itself. */
export function SettingsPage() {
  const { search = '' } = useSearch({ from: '/inside/settings' });
  const change = useSearchChange();
  const field = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Search the settings', () => field.current?.focus());
  const settings = useEndpoint(listSettingsEndpoint, {});
  return (
    <Page
      title="System settings"
      lead="They count for the whole instance: every organization, every process. Each says when a new value begins to count."
    >
      <TextInput
        ref={field}
        type="search"
        label="Search"
        placeholder="Password, session, mail …"
        leftSection={<IconSearch size={16} aria-hidden />}
        maw={420}
        defaultValue={search}
        onChange={({ currentTarget }) => change({ search: currentTarget.value })}
      />
      <Answered query={settings}>
        {({ items }) => {
          const found = items.filter((setting) => isFound(setting, search));
          if (found.length === 0)
            return <Empty title="No setting is called so">Try another word, or fewer of them.</Empty>;
          return <Groups settings={found} />;
        }}
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

function Groups({ settings }: { settings: readonly Setting[] }) {
  return SETTING_GROUPS.map((group) => ({
    group,
    items: settings.filter((setting) => setting.group === group),
  }))
    .filter(({ items }) => items.length > 0)
    .map(({ group, items }) => (
      <Card key={group} withBorder component="section" aria-label={group} padding="lg">
        <Title order={2} size="h4">
          {group}
        </Title>
        {group === 'Mail' && (
          <Text size="sm" c="dimmed" mt={4}>
            What was sent, and a test:{' '}
            <ScreenLink to="/mail" size="sm">
              Mail
            </ScreenLink>
            .
          </Text>
        )}
        <Stack gap={0} mt="xs">
          {items.map((setting) => (
            <SettingRow key={setting.name} setting={setting} />
          ))}
        </Stack>
      </Card>
    ));
}
