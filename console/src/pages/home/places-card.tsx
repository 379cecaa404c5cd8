import { Card, Group, SimpleGrid, Text, ThemeIcon, Title } from '@mantine/core';
import { useSession } from '../../api/session.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { destinationsOf } from '../../kit/navigation.ts';

/** Where one can go from here. */
export function PlacesCard() {
  const session = useSession();
  const places = destinationsOf(session)
    .flatMap(({ items }) => items)
    .filter(({ to }) => to !== '/');
  return (
    <Card withBorder component="section" aria-label="Where to">
      <Title order={2} size="h5" mb="sm">
        Where to
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {places.map(({ label, icon: Icon, to, params }) => (
          <ScreenLink key={label} to={to ?? '/'} params={params as never} size="sm" underline="hover">
            <Group gap="xs" wrap="nowrap">
              <ThemeIcon variant="light" size="md" aria-hidden>
                <Icon size={16} />
              </ThemeIcon>
              {label}
            </Group>
          </ScreenLink>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="md">
        Ctrl K goes anywhere, ? shows the keys of the screen one is on.
      </Text>
    </Card>
  );
}
