import {
  ActionIcon,
  Alert,
  AppShell,
  Avatar,
  Box,
  Burger,
  Group,
  Kbd,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { openSpotlight } from '@mantine/spotlight';
import { IconDeviceDesktop, IconLogout, IconMoon, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { onlineManager } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useSyncExternalStore } from 'react';
import type { SessionView } from '../../../contract/session.ts';
import { useSession } from '../api/session.ts';
import { Logo } from './logo.tsx';
import { destinationsOf } from './navigation.ts';
import { ShortcutHelp, useKnownShortcut } from './shortcuts.tsx';
import { useSignOut } from './sign-out.ts';
import { Loading } from './states.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));

/** Narrower than the breakpoint `md` of the frame. */
const NARROW = '(max-width: 61.99em)';

/** What stands around every screen: where one can go, who one is, and the keys that work everywhere. */
export function Shell() {
  const session = useSession();
  const [isOpen, { toggle, close }] = useDisclosure();
  // Beside a narrow screen it waits out of sight: nobody gets there by keys or reads it either.
  const isAway = useMediaQuery(NARROW) === true && !isOpen;
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const screen = useRouterState({ select: ({ matches }) => matches[SCREEN]?.pathname ?? '' });
  useKnownShortcut('mod+K', 'Go anywhere, and find accounts');
  useFocusOnNewScreen(screen);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 248, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', lg: 'xl' }}
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
              aria-expanded={isOpen}
            />
            <Logo />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SearchButton />
            <ColorScheme />
            <UserMenu session={session} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Main" style={isAway ? { visibility: 'hidden' } : undefined}>
        <ScrollArea type="hover" scrollbarSize={8} px="xs" py={4}>
          {destinationsOf(session).map(({ title, items }) => (
            <Box key={title ?? ''} mb="xs">
              {title !== null && (
                <Text size="xs" fw={700} c="dimmed" px="sm" pt="xs" pb={4} truncate>
                  {title}
                </Text>
              )}
              {items.map(({ label, icon: Icon, to, params }) => (
                <NavLink
                  key={label}
                  label={label}
                  py={7}
                  style={{ borderRadius: 'var(--mantine-radius-md)' }}
                  leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
                  active={isWithin(pathname, hrefOf(to ?? '/', params))}
                  aria-current={isWithin(pathname, hrefOf(to ?? '/', params)) ? 'page' : undefined}
                  onClick={close}
                  renderRoot={(props) => <Link to={to ?? '/'} params={params as never} {...props} />}
                />
              ))}
            </Box>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Box maw={1500} mx="auto">
          <Offline />
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
      <ShortcutHelp />
      <Suspense>
        <Palette />
      </Suspense>
    </AppShell>
  );
}

const hrefOf = (to: string, params: Record<string, string> = {}): string =>
  to.replaceAll(/\$(\w+)/g, (_, name: string) => params[name] ?? '');

/** Whether the screen is the one that a link of the navigation leads to, or one below it. */
function isWithin(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}

/** Of the routes that match, the screen stands here: after the root and this frame. A drawer over it comes after it. */
const SCREEN = 2;

/** A new screen is read out from its heading on; drawers see to the focus themselves. */
function useFocusOnNewScreen(screen: string): void {
  const before = useRef(screen);
  useEffect(() => {
    if (before.current === screen) return;
    before.current = screen;
    requestAnimationFrame(() => {
      const main = document.getElementById('main');
      (main?.querySelector('h1') ?? main)?.focus();
    });
  }, [screen]);
}

function Offline() {
  const isOnline = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  if (isOnline) return null;
  return (
    <Alert color="orange" title="You are offline" mb="md" role="status">
      What you see may be old. Nothing can be saved until the connection is back.
    </Alert>
  );
}

function SearchButton() {
  return (
    <UnstyledButton
      onClick={openSpotlight}
      aria-keyshortcuts="Control+K Meta+K"
      px="sm"
      py={6}
      style={{
        border: '1px solid var(--mantine-color-default-border)',
        borderRadius: 'var(--mantine-radius-md)',
      }}
    >
      <Group gap="xs" wrap="nowrap">
        <IconSearch size={16} aria-hidden />
        <span className="visually-hidden">Go anywhere</span>
        <Text size="sm" c="dimmed" visibleFrom="sm" aria-hidden>
          Go anywhere
        </Text>
        <Kbd size="xs" visibleFrom="sm" aria-hidden>
          Ctrl K
        </Kbd>
      </Group>
    </UnstyledButton>
  );
}

const SCHEMES = {
  light: { icon: IconSun, label: 'Light' },
  dark: { icon: IconMoon, label: 'Dark' },
  auto: { icon: IconDeviceDesktop, label: 'As the system' },
} as const;

/** Light, dark, or as the system has it. */
export function ColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon: Icon, label } = SCHEMES[colorScheme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={`Colours: ${label.toLowerCase()}`}>
          <ActionIcon variant="default" size="lg" aria-label={`Colours: ${label.toLowerCase()}`}>
            <Icon size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(SCHEMES).map(([scheme, { icon: SchemeIcon, label: text }]) => (
          <Menu.Item
            key={scheme}
            leftSection={<SchemeIcon size={16} aria-hidden />}
            onClick={() => setColorScheme(scheme as keyof typeof SCHEMES)}
          >
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu({ session }: { session: SessionView }) {
  const signOut = useSignOut();
  const name = [session.firstName, session.lastName].filter(Boolean).join(' ') || session.userName;
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <UnstyledButton aria-label={`Your account: ${name}`}>
          <Avatar radius="xl" size={36} color="taxiway">
            <IconUser size={20} aria-hidden />
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py="xs">
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {session.userName}
          </Text>
          <Text size="sm" c="dimmed">
            {session.organization.name}
          </Text>
        </Box>
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser size={16} aria-hidden />} component={Link} to="/profile">
          My profile
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
