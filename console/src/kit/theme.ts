import {
  type CSSVariablesResolver,
  createTheme,
  DEFAULT_THEME,
  type MantineColorsTuple,
} from '@mantine/core';

/** The blue of the lights along a taxiway. */
const blue: MantineColorsTuple = [
  '#eaf1fe',
  '#d3e0fa',
  '#a5bff3',
  '#749ced',
  '#4b7ee7',
  '#316ae4',
  '#225fe3',
  '#154fca',
  '#0b46b5',
  '#003ca0',
];

/** Of what stands over a screen. A long user name in it leaves its place to the button that closes. */
const TITLE = { fw: 650, fz: 'lg', miw: 0, style: { overflowWrap: 'anywhere' } };

export const theme = createTheme({
  colors: { taxiway: blue },
  primaryColor: 'taxiway',
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' } } },
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Drawer: { defaultProps: { position: 'right', size: 'xl', overlayProps: { backgroundOpacity: 0.35 } } },
    ModalTitle: { defaultProps: TITLE },
    DrawerTitle: { defaultProps: TITLE },
    ModalCloseButton: { defaultProps: { 'aria-label': 'Close' } },
    DrawerCloseButton: { defaultProps: { 'aria-label': 'Close' } },
    // A header of a dialog is no banner of the page.
    ModalHeader: { defaultProps: { component: 'div' } },
    DrawerHeader: { defaultProps: { component: 'div' } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } } },
    Tooltip: {
      defaultProps: {
        withArrow: true,
        multiline: true,
        maw: 320,
        openDelay: 200,
        events: { hover: true, focus: true, touch: true },
      },
    },
    Notification: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' } },
      styles: { description: { color: 'var(--mantine-color-dimmed)' } },
    },
    Table: { defaultProps: { verticalSpacing: 'xs', highlightOnHover: true } },
    Badge: { defaultProps: { tt: 'none', fw: 600 } },
  },
});

const NAMES = [...Object.keys(DEFAULT_THEME.colors).filter((name) => name !== 'dark'), 'taxiway'];
const shades = (shade: number) => (name: string) => `var(--mantine-color-${name}-${shade})`;
const each = (suffix: string, value: (name: string) => string) =>
  Object.fromEntries(NAMES.map((name) => [`--mantine-color-${name}-${suffix}`, value(name)]));

/** White on the library's own red is too faint. */
const FILLED = {
  '--mantine-color-red-filled': 'var(--mantine-color-red-9)',
  '--mantine-color-red-filled-hover': '#b02525',
};

/** Where the library's own colours have less contrast with their ground than WCAG 2.2 §1.4.3 and §1.4.11 want. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--edge': 'var(--mantine-color-gray-6)',
    '--edge-focus': 'var(--mantine-color-taxiway-7)',
    '--mantine-color-dimmed': '#4f565e',
    '--mantine-color-placeholder': '#646b73',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-anchor': 'var(--mantine-color-taxiway-8)',
    ...each('text', shades(9)),
    ...FILLED,
    ...each('light-color', (name) => (name === 'yellow' || name === 'lime' ? '#5f4b00' : shades(9)(name))),
    '--mantine-color-orange-light-color': '#8a3300',
    '--mantine-color-green-light-color': '#1b5e2a',
    '--mantine-color-teal-light-color': '#005a44',
    '--mantine-color-cyan-light-color': '#0a4f5c',
  },
  dark: {
    '--edge': 'var(--mantine-color-dark-2)',
    '--edge-focus': 'var(--mantine-color-taxiway-3)',
    '--mantine-color-dimmed': '#aab0b8',
    '--mantine-color-placeholder': '#9aa1aa',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    // The library's own is the ground of a card, on which a disabled button has no edge.
    '--mantine-color-disabled': 'var(--mantine-color-dark-5)',
    '--mantine-color-anchor': 'var(--mantine-color-taxiway-2)',
    ...each('text', shades(3)),
    ...FILLED,
    ...each('light-color', shades(2)),
  },
});
