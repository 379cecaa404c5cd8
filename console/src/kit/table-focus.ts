import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

/** Marks the search of a list, and says whether the list was asked for what stands in it. */
export const listSearch = (isAskedFor: boolean) => ({ 'data-list-search': isAskedFor ? 'asked' : 'typing' });

const isSearch = (target: EventTarget | null): target is HTMLInputElement =>
  target instanceof HTMLInputElement &&
  'listSearch' in target.dataset &&
  target.closest('[role="dialog"]') === null;

/**
 * The arrow down leads from the search of a list to the first of its rows: of those that were asked for. Until these are
 * there, and where there are none, the focus stays in the search.
 */
export function useArrowFromSearch(isWaiting: boolean, goToFirst: () => void): void {
  const wantedFrom = useRef<HTMLInputElement>(null);
  const arrive = () => {
    if (wantedFrom.current?.dataset.listSearch !== 'asked' || isWaiting) return;
    wantedFrom.current = null;
    goToFirst();
  };
  const latest = useRef(arrive);
  useEffect(() => {
    latest.current = arrive;
    arrive();
  });
  useEffect(() => {
    // Whoever types on, or goes elsewhere meanwhile, stays there.
    const forget = () => {
      wantedFrom.current = null;
    };
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'ArrowDown' || event.defaultPrevented || !isSearch(event.target)) return;
      event.preventDefault();
      wantedFrom.current = event.target;
      latest.current();
    };
    document.addEventListener('input', forget);
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('focusin', forget);
    return () => {
      document.removeEventListener('input', forget);
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('focusin', forget);
    };
  }, []);
}

/** The rows that were opened, by the place in the history and the table. */
const opened = new Map<string, string>();

/** Whoever comes back to a table stands on the row that was opened from it. */
export function useReturnToRow(
  table: string,
  keys: readonly string[] | undefined,
  focusRow: (index: number) => void,
): { onOpened: (key: string) => void } {
  const entry = useRouterState({ select: ({ location }) => location.state.__TSR_key ?? '' });
  const place = `${entry} ${table}`;
  const focus = useRef(focusRow);
  focus.current = focusRow;
  const key = keys === undefined ? undefined : opened.get(place);
  const index = key === undefined ? -1 : (keys?.indexOf(key) ?? -1);
  useEffect(() => {
    if (index < 0) return;
    // After the heading of the screen has been given the focus.
    const frame = requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const { activeElement } = document;
        opened.delete(place);
        if (activeElement === document.body || activeElement?.matches('#main, #main h1') === true)
          focus.current(index);
      }),
    );
    return () => cancelAnimationFrame(frame);
  }, [index, place]);
  return { onOpened: (row) => opened.set(place, row) };
}
