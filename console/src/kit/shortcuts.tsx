import { Kbd, Modal, Table } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useEffect, useId, useState, useSyncExternalStore } from 'react';

type Shortcut = { id: string; keys: string; what: string };

/** The shortcuts of what is on the screen now, for the help to show. */
let known: readonly Shortcut[] = [];
const listeners = new Set<() => void>();
function change(next: readonly Shortcut[]): void {
  known = next;
  for (const listener of listeners) listener();
}
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells the help of keys that a component sees to itself. */
export function useKnownShortcut(keys: string, what: string, isThere = true): void {
  const id = useId();
  useEffect(() => {
    if (!isThere) return;
    change([...known, { id, keys, what }]);
    return () => change(known.filter((each) => each.id !== id));
  }, [id, keys, what, isThere]);
}

/** A key that does something on this screen, unless one is typing or a dialog stands over it; the help names it. */
export function useShortcut(key: string, what: string, run: () => void, isThere = true): void {
  useKnownShortcut(key, what, isThere);
  const runHere = (event: KeyboardEvent) => {
    if (isBelowDialog(event)) return;
    event.preventDefault();
    run();
  };
  useHotkeys(isThere ? [[key, runHere, { preventDefault: false }]] : []);
}

/** Whether the key was pressed in a dialog; or nowhere in particular, while there is one. */
function isBelowDialog({ target }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  const within = target === document.body || target === document.documentElement ? document : null;
  return (within?.querySelector(DIALOG) ?? target.closest(DIALOG)) !== null;
}

const DIALOG = '[aria-modal="true"]';

/** All keys that work on this screen, under `?`. */
export function ShortcutHelp() {
  const [isOpen, setOpen] = useState(false);
  useShortcut('shift+?', 'Show this help', () => setOpen(true));
  const shortcuts = useSyncExternalStore(subscribe, () => known);
  return (
    <Modal opened={isOpen} onClose={() => setOpen(false)} title="Keys on this screen">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Key</Table.Th>
            <Table.Th>What it does</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shortcuts.map(({ id, keys, what }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Kbd>{shown(keys)}</Kbd>
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

const shown = (keys: string): string =>
  keys === 'shift+?'
    ? '?'
    : keys.replace('mod+', /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘ ' : 'Ctrl ');
